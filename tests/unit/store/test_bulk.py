"""Rows by the short way are the rows that SQLAlchemy writes."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from store.bulk import RowsInsert
from store.sql import UtcDateTime, room_metadata, text_of_moment

TABLE = sa.Table(
    "visits",
    room_metadata(),
    sa.Column("id", sa.String(8), primary_key=True),
    sa.Column("at", UtcDateTime),
    sa.Column("rooms", sa.JSON),
    sa.Column("open", sa.Boolean),
    sa.Column("minutes", sa.Integer),
)
DIALECT = sa.create_engine("sqlite://").dialect
USUAL = TABLE.c.at.type.dialect_impl(DIALECT).bind_processor(DIALECT)
NOON = datetime(2026, 11, 30, 9, 40, tzinfo=UTC)
MOMENTS = st.builds(
    lambda years, minutes: (NOON + years).astimezone(timezone(timedelta(minutes=minutes))),
    st.timedeltas(timedelta(days=-300_000), timedelta(days=300_000)),
    st.integers(-1439, 1439),
)
ROWS: list[Mapping[str, Any]] = [
    {
        "id": "a",
        "at": NOON,
        "rooms": ["hall", "سقف"],
        "open": True,
        "minutes": 5,
    },
    {"id": "b", "at": None, "rooms": [], "open": False, "minutes": None},
]


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    """An empty table."""
    engine = sa.create_engine("sqlite://")
    TABLE.create(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@given(MOMENTS)
def test_a_moment_is_the_text_that_sqlalchemy_writes(moment: datetime) -> None:
    """Of whatever zone, to the microsecond."""
    assert USUAL is not None
    assert text_of_moment(moment) == USUAL(moment)


def test_a_moment_without_a_zone_is_refused() -> None:
    """Nobody knows when that is; no moment is none."""
    with pytest.raises(ValueError, match="has no time zone"):
        text_of_moment(NOON.replace(tzinfo=None))
    assert text_of_moment(None) is None


def test_rows_are_read_as_they_were_given(connection: sa.Connection) -> None:
    """Whatever the order of their names; a second time too, and none at all."""
    insert = RowsInsert(TABLE.insert())
    insert(connection, [])
    insert(connection, ROWS[:1])
    insert(connection, [dict(reversed(list(ROWS[1].items())))])
    found = connection.execute(sa.select(TABLE).order_by(TABLE.c.id)).mappings().all()
    assert [dict(row) for row in found] == ROWS
