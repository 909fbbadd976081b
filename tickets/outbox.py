"""The outbox as people see it: list the deliveries, look at one, count what waits."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa

from store.sql import clock_of, database_now, reading
from tickets.circuit import OPEN_STATES
from tickets.open import of_reference
from tickets.schema import UNDONE, deliveries, delivery_attempts, tickets
from tickets.spoken import DRAFTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One ticket on its way to one destination. Datetimes are UTC."""

    id: str
    service_request_id: str
    destination: str
    event: str
    state: str
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    queued_at: datetime | None
    lease_until: datetime | None
    last_status: int | None
    last_error: str | None
    acknowledged_at: datetime | None
    remote_id: str | None
    ticket_version: int = 1
    accepted_at: datetime | None = None
    early: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One push. `outcome` is None when its worker died or is still at it."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    status: int | None
    error: str | None
    answer: str | None = None


DELIVERY_COLUMNS = [
    tickets.c.service_request_id,
    *(deliveries.c[f.name] for f in fields(Delivery) if f.name != "service_request_id"),
]
"""Of deliveries that are joined with their tickets."""


def list_deliveries(
    engine: sa.Engine,
    *,
    state: str | None = None,
    states: Collection[str] | None = None,
    reference: str | None = None,
    destination: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Delivery]:
    """Deliveries, newest first, that match all that is given."""
    statement = sa.select(*DELIVERY_COLUMNS).join(tickets)
    if state is not None:
        statement = statement.where(deliveries.c.state == state)
    if states is not None:
        statement = statement.where(deliveries.c.state.in_(states))
    if reference is not None:
        statement = statement.where(of_reference(reference))
    if destination is not None:
        statement = statement.where(deliveries.c.destination == destination)
    statement = statement.order_by(deliveries.c.created_at.desc(), deliveries.c.id)
    with reading(engine) as connection:
        rows = connection.execute(statement.limit(limit).offset(offset))
        return [Delivery(**row._mapping) for row in rows]


def list_attempts(engine: sa.Engine, delivery_id: str) -> list[Attempt]:
    """Every push of a delivery, first to last."""
    with reading(engine) as connection:
        return _attempts(connection, (delivery_id,)).get(delivery_id, [])


def explain(engine: sa.Engine, reference: str) -> list[tuple[Delivery, list[Attempt]]]:
    """All that became of a ticket on its ways, each with every attempt; in the order of the ways.

    Told earlier first. Raises SQLAlchemyError.
    """
    with reading(engine) as connection:
        return ways_of(connection, reference)


def ways_of(connection: sa.Connection, reference: str) -> list[tuple[Delivery, list[Attempt]]]:
    """The same, by what this connection sees; two questions, however many ways there are."""
    columns = deliveries.c
    statement = sa.select(*DELIVERY_COLUMNS).join(tickets).where(of_reference(reference))
    in_order = (columns.ticket_version, columns.created_at, columns.destination)
    found = [Delivery(**row._mapping) for row in connection.execute(statement.order_by(*in_order))]
    made = _attempts(connection, [one.id for one in found])
    return [(one, made.get(one.id, [])) for one in found]


def _attempts(connection: sa.Connection, delivery_ids: Sequence[str]) -> dict[str, list[Attempt]]:
    of = delivery_attempts.c.delivery_id
    columns = [delivery_attempts.c[f.name] for f in fields(Attempt)]
    statement = sa.select(of, *columns).where(of.in_(delivery_ids))
    made: dict[str, list[Attempt]] = {}
    for row in connection.execute(statement.order_by(of, delivery_attempts.c.number)):
        told = dict(row._mapping)
        made.setdefault(told.pop("delivery_id"), []).append(Attempt(**told))
    return made


def count_by_state(engine: sa.Engine) -> dict[str, int]:
    """How many deliveries are in each state; states without any are left out.

    It goes through all that were ever delivered.
    """
    statement = sa.select(deliveries.c.state, sa.func.count()).group_by(deliveries.c.state)
    with reading(engine) as connection:
        return {row[0]: row[1] for row in connection.execute(statement)}


@dataclass(frozen=True, slots=True)
class Backlog:
    """Of one destination and one state: how many deliveries, and the age of the oldest (s).

    `accepted` are those among them that the destination has, and has still to say so.
    """

    destination: str
    state: str
    count: int
    oldest_s: float
    accepted: int


def backlog(engine: sa.Engine) -> list[Backlog]:
    """What is not delivered, by destination and state; however much was, it costs nothing more."""
    columns = deliveries.c
    statement = (
        sa.select(
            columns.destination,
            columns.state,
            sa.func.count(),
            sa.func.min(columns.created_at),
            sa.func.count(columns.accepted_at),
            clock_of(engine),
        )
        .where(sa.text(UNDONE))
        .group_by(columns.destination, columns.state)
    )
    with reading(engine) as connection:
        rows = connection.execute(statement).all()
    return [
        Backlog(name, state, count, max(0.0, (now - oldest).total_seconds()), accepted)
        for name, state, count, oldest, accepted, now in rows
    ]


def oldest_waiting(engine: sa.Engine) -> float | None:
    """Age in seconds of the oldest delivery that waits for an attempt; None when none does.

    Machines' drafts are no tickets: nobody waits for one, and no lane may take them any more. What
    a destination has accepted is there.
    """
    statement = sa.select(sa.func.min(deliveries.c.created_at)).where(
        deliveries.c.state.in_(OPEN_STATES),
        deliveries.c.destination != DRAFTS,
        deliveries.c.accepted_at.is_(None),
    )
    with reading(engine) as connection:
        oldest = connection.execute(statement).scalar_one()
        return None if oldest is None else (database_now(connection) - oldest).total_seconds()
