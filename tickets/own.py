"""What a caller has reported before: for them to follow up, and to report from the same place."""

import sqlalchemy as sa

from store.fields import record_of
from store.sql import reading
from tickets.model import CLOSED_STATUSES, Ticket
from tickets.schema import tickets as table

_PLACED = sa.or_(
    table.c.address_string.is_not(None),
    table.c.lat.is_not(None),
    table.c.sub_municipality.is_not(None),
)


def _reported_from(e164: str) -> sa.ColumnElement[bool]:
    """Tickets that were reported by a call from this number.

    A ticket of an earlier release does not say from where, but whom it has as its contact; that is
    another's where the attributes name who called.
    """
    called_from = table.c.attributes["called_from"].as_string()
    unsaid = (table.c.reported_from.is_(None), table.c.phone == e164, called_from.is_(None))
    return sa.or_(table.c.reported_from == e164, sa.and_(*unsaid))


def open_tickets(engine: sa.Engine, e164: str, limit: int) -> list[Ticket]:
    """The newest `limit` of those that are not done, newest first. Raises SQLAlchemyError."""
    return _newest(engine, limit, _reported_from(e164), table.c.status.not_in(CLOSED_STATUSES))


def count_open(engine: sa.Engine, e164: str) -> int:
    """How many of those are not done. Raises SQLAlchemyError."""
    wanted = (_reported_from(e164), table.c.status.not_in(CLOSED_STATUSES))
    statement = sa.select(sa.func.count()).select_from(table).where(*wanted)
    with reading(engine) as connection:
        return int(connection.execute(statement).scalar_one())


def last_with_a_place(engine: sa.Engine, e164: str) -> Ticket | None:
    """The newest that has a place, done or not. Raises SQLAlchemyError."""
    return next(iter(_newest(engine, 1, _reported_from(e164), _PLACED)), None)


def _newest(engine: sa.Engine, limit: int, *wanted: sa.ColumnElement[bool]) -> list[Ticket]:
    statement = (
        sa.select(table)
        .where(*wanted)
        .order_by(table.c.requested_datetime.desc(), table.c.idempotency_key)
        .limit(limit)
    )
    with reading(engine) as connection:
        return [record_of(Ticket, row) for row in connection.execute(statement)]
