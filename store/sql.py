"""What the tables of every room share: their names, moments, reading, one at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect


def room_metadata() -> sa.MetaData:
    """A room's own collection of tables; indexes and constraints are named as the revisions do."""
    return sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


_NAIVE = "{!r} has no time zone: pass an aware datetime"
_LENGTH = len("2026-11-30 09:40:00.000000")


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment in UTC. Refuses naive datetimes; SQLite forgets the zone, this gives it back."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC for the database. Raises ValueError for a datetime without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(_NAIVE.format(value))
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """An aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def text_of_moment(value: datetime | None) -> str | None:
    """The text by which SQLite keeps a moment, in half the time that SQLAlchemy takes for it.

    Raises ValueError for a datetime without a zone.
    """
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(_NAIVE.format(value))
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat(" ", "microseconds")[:_LENGTH]


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection for reads only: no transaction, so on SQLite no write lock is taken."""
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


def database_now(connection: sa.Connection) -> datetime:
    """The moment by the database's clock: one clock for all workers, whatever their hosts show.

    SQLite is a library in this process, so its clock is this machine's.
    """
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    moment: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return moment.astimezone(UTC)


def clock_of(engine: sa.Engine) -> sa.ColumnElement[datetime]:
    """The same as a column of a question that asks for more. On SQLite it is the moment of now."""
    if engine.dialect.name == "sqlite":
        return sa.literal(datetime.now(UTC), UtcDateTime)
    return sa.func.clock_timestamp(type_=UtcDateTime)


def beyond(
    order: Sequence[sa.ColumnElement[Any]], place: Sequence[object], *, falling: bool = False
) -> sa.ColumnElement[bool]:
    """The condition of rows behind `place` in this order, rising or `falling`: keyset pagination.

    What comes or goes meanwhile moves nothing. No column of `order` is ever NULL.
    """
    values = (sa.literal(value, key.type) for key, value in zip(order, place, strict=True))
    rows, edge = sa.tuple_(*order), sa.tuple_(*values)
    return rows < edge if falling else rows > edge


def one_at_a_time(connection: sa.Connection, subject: str) -> None:
    """Transactions on one subject wait for each other; on SQLite all transactions do."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(subject))))
