"""What waits and what was given up, a page at a time: along the index by which the outbox works."""

import heapq
from datetime import datetime

import sqlalchemy as sa

from store.sql import beyond, reading
from tickets.circuit import OPEN_STATES
from tickets.outbox import DELIVERY_COLUMNS, Delivery
from tickets.schema import deliveries, tickets

Place = tuple[datetime, str]
"""Behind which delivery a page begins: its `next_attempt_at`, and its id."""


def waiting_page(
    engine: sa.Engine, *, to: str = "", limit: int = 50, after: Place | None = None
) -> list[Delivery]:
    """At most `limit` that are on their way, what is tried next first; `to` one destination.

    Raises SQLAlchemyError.
    """
    with reading(engine) as connection:
        # Each state has its place in the index: the page is the first of the first of each.
        pages = [_page(connection, state, to, limit, after) for state in OPEN_STATES]
    return list(heapq.merge(*pages, key=place_of))[:limit]


def dead_page(
    engine: sa.Engine, *, to: str = "", limit: int = 50, after: Place | None = None
) -> list[Delivery]:
    """At most `limit` that were given up, the last of them first. Raises SQLAlchemyError."""
    with reading(engine) as connection:
        return _page(connection, "dead", to, limit, after, falling=True)


def place_of(delivery: Delivery) -> Place:
    """Where a delivery stands: what the page behind it begins with."""
    return delivery.next_attempt_at, delivery.id


def _page(
    connection: sa.Connection,
    state: str,
    to: str,
    limit: int,
    after: Place | None,
    *,
    falling: bool = False,
) -> list[Delivery]:
    columns = deliveries.c
    order = (columns.next_attempt_at, columns.id)
    conditions = [columns.state == state]
    if to:
        conditions.append(columns.destination == to)
    if after is not None:
        conditions.append(beyond(order, after, falling=falling))
    asked = sa.select(*DELIVERY_COLUMNS).join_from(deliveries, tickets).where(*conditions)
    asked = asked.order_by(*(one.desc() if falling else one for one in order))
    return [Delivery(**row._mapping) for row in connection.execute(asked.limit(limit))]
