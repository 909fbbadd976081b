"""A record's fields are listed once: its table, its rows and what is read back follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import pytest
import sqlalchemy as sa

from store.fields import Kept, columns_of, lengths_of, record_of, row_of, table_of
from store.sql import UtcDateTime, room_metadata


@dataclass(frozen=True, slots=True)
class Visit:
    """A record of the tests."""

    id: Annotated[str, Kept(8, key=True)]
    at: Annotated[datetime, Kept(index=True)]
    note: Annotated[str | None, Kept(20)]
    rooms: tuple[str, ...]
    facts: Mapping[str, int]
    open: bool
    minutes: int | None
    way: Annotated[str, Kept(4, earlier="")] = ""


HALL = Visit("a", datetime(2026, 1, 2, tzinfo=UTC), None, ("hall", "roof"), {"n": 1}, True, 5)


def test_a_column_is_what_its_field_says() -> None:
    """Type, length, key, index, whether it may be empty, and what earlier releases have there."""
    columns = {column.name: column for column in columns_of(Visit)}
    assert list(columns) == ["id", "at", "note", "rooms", "facts", "open", "minutes", "way"]
    assert [name for name, column in columns.items() if column.primary_key] == ["id"]
    assert [name for name, column in columns.items() if column.nullable] == ["note", "minutes"]
    assert [name for name, column in columns.items() if column.index] == ["at"]
    assert [name for name, column in columns.items() if column.server_default] == ["way"]
    assert isinstance(columns["at"].type, UtcDateTime)
    assert [type(columns[name].type) for name in ("rooms", "facts")] == [sa.JSON, sa.JSON]
    assert lengths_of(Visit) == {"id": 8, "note": 20, "way": 4}


def test_a_record_comes_back_as_it_went() -> None:
    """Tuples too, which JSON knows as lists; a column that is none of its fields is left out."""
    engine = sa.create_engine("sqlite://")
    table = table_of("visits", room_metadata(), Visit, sa.Column("more", sa.Integer))
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), {**row_of(HALL), "more": 7})
        assert record_of(Visit, connection.execute(sa.select(table)).one()) == HALL
    engine.dispose()


def test_text_without_a_length_is_a_mistake_of_the_programmer() -> None:
    """A database would take whatever a caller's network sends."""

    @dataclass(frozen=True)
    class Unbounded:
        name: str

    with pytest.raises(TypeError, match="name: text needs a length"):
        columns_of(Unbounded)
