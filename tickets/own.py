"""What a caller has reported before: for them to follow up, and to report from the same place."""

from typing import Any

import sqlalchemy as sa

from store.fields import record_of
from store.lookup import Lookup
from store.sql import reading
from tickets.model import CLOSED_STATUSES, Ticket
from tickets.schema import tickets as table

_PLACED = sa.or_(
    table.c.address_string.is_not(None),
    table.c.lat.is_not(None),
    table.c.sub_municipality.is_not(None),
)


_CALLED_FROM = table.c.attributes["called_from"].as_string()
_NUMBER = sa.bindparam("e164", type_=sa.String())
_REPORTED = sa.or_(
    table.c.reported_from == _NUMBER,
    sa.and_(table.c.reported_from.is_(None), table.c.phone == _NUMBER, _CALLED_FROM.is_(None)),
)
"""Tickets that were reported by a call from this number.

A ticket of an earlier release does not say from where, but whom it has as its contact; that is
another's where the attributes name who called.
"""
_OPEN = table.c.status.not_in(CLOSED_STATUSES)
_NEWEST = (
    sa.select(table)
    .where(_REPORTED)
    .order_by(table.c.requested_datetime.desc(), table.c.idempotency_key)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
# Made once: to make such a question takes longer than to ask it, and every call asks one.
_NEWEST_OPEN, _NEWEST_PLACED = _NEWEST.where(_OPEN), _NEWEST.where(_PLACED)
_ANY_PLACED = Lookup(sa.select(table.c.idempotency_key).where(_REPORTED, _PLACED).limit(1))
_HOW_MANY_OPEN = sa.select(sa.func.count()).select_from(table).where(_REPORTED, _OPEN)


def open_tickets(engine: sa.Engine, e164: str, limit: int) -> list[Ticket]:
    """The newest `limit` of those that are not done, newest first. Raises SQLAlchemyError."""
    return _newest(engine, _NEWEST_OPEN, e164, limit)


def count_open(engine: sa.Engine, e164: str) -> int:
    """How many of those are not done. Raises SQLAlchemyError."""
    with reading(engine) as connection:
        return int(connection.execute(_HOW_MANY_OPEN, {"e164": e164}).scalar_one())


def last_with_a_place(engine: sa.Engine, e164: str) -> Ticket | None:
    """The newest that has a place, done or not. Raises SQLAlchemyError."""
    if _ANY_PLACED.is_quickly_empty(engine, {"e164": e164}):  # as for most who call
        return None
    return next(iter(_newest(engine, _NEWEST_PLACED, e164, 1)), None)


def _newest(engine: sa.Engine, asked: sa.Select[Any], e164: str, limit: int) -> list[Ticket]:
    with reading(engine) as connection:
        rows = connection.execute(asked, {"e164": e164, "most": limit})
        return [record_of(Ticket, row) for row in rows]
