"""The tables of the record. Times are UTC; the audit table can only grow.

`UtcDateTime` is made here a second time: rooms do not see each other, and a database column type
is too small a thing to found a common room on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment in UTC. Refuses naive datetimes; SQLite forgets the zone, this gives it back."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC for the database. Raises ValueError for a datetime without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: pass an aware datetime")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """An aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


entries = sa.Table(
    "blacklist_entries",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),  # number, prefix, allow
    sa.Column("subject", sa.String(16), nullable=False),  # E.164, or the first digits of it
    sa.Column("disposition", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("calls", sa.JSON, nullable=False),
    sa.Column("recordings", sa.JSON, nullable=False),
    sa.Column("source", sa.String(16), nullable=False),  # person, strikes, import
    sa.Column("who", sa.String(100), nullable=False),
    sa.Column("approved_by", sa.String(100)),  # a prefix: None until the second person agrees
    sa.Column("replay", sa.JSON, nullable=False),  # a prefix: what it would have done
    sa.Column("added_at", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime),  # None only for kind allow
    sa.Column("review_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("ended_why", sa.String(16), nullable=False),  # replaced, lifted, review
)
_standing = entries.c.ended_at.is_(None)
sa.Index(
    "uq_blacklist_entries_standing",
    entries.c.kind,
    entries.c.subject,
    unique=True,
    sqlite_where=_standing,
    postgresql_where=_standing,
)
"""One entry of a kind stands for a subject; the ended ones are kept as its past."""
sa.Index("ix_blacklist_entries_subject", entries.c.subject)

strikes = sa.Table(
    "blacklist_strikes",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("number", sa.String(16), nullable=False),
    sa.Column("operator", sa.String(100), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("threat", sa.Boolean, nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("call_id", sa.String(100), nullable=False),
    sa.Column("recording", sa.String(200), nullable=False),
    sa.Column("served", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lifted_at", UtcDateTime),
    sa.Index(None, "number", "at"),
    sa.Index(None, "at"),
)

reviews = sa.Table(
    "blacklist_reviews",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("number", sa.String(16), nullable=False),
    sa.Column("call_id", sa.String(100), nullable=False),
    sa.Column("recording_ref", sa.String(200), nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # open, accepted, refused
    sa.Column("decided_at", UtcDateTime),
    sa.Column("decided_by", sa.String(100)),
    sa.Column("why", sa.String(500), nullable=False),
    sa.Index(None, "state", "due_at"),
)
_open = reviews.c.state == "open"
sa.Index(
    "uq_blacklist_reviews_open",
    reviews.c.number,
    unique=True,
    sqlite_where=_open,
    postgresql_where=_open,
)

audit = sa.Table(
    "blacklist_audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("who", sa.String(100), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("subject", sa.String(16), nullable=False, index=True),
    sa.Column("details", sa.JSON, nullable=False),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
)


pins = sa.Table(
    "pins",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("number", sa.String(3), nullable=False),
    sa.Column("hash", sa.String(200), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
    sa.Index(None, "number"),
)


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection for reads only: no transaction, so on SQLite no write lock is taken."""
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


def one_at_a_time(connection: sa.Connection, subject: str) -> None:
    """Transactions on one subject wait for each other; on SQLite all transactions do."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(subject))))
