"""An address by what a caller keys, on every database that is supported."""

import sqlite3
from contextlib import closing

import sqlalchemy as sa

from places.gazetteer import MOST_CANDIDATES, Place, by_keys, by_plate, by_short
from places.keypad import keys_of
from places.schema import metadata
from store.migrations import differences
from tests.fixtures.places import address, lay

PLACE = Place(
    "7421",
    "23218",
    "",
    "RRRD2929",
    {"ar": "شارع المرجان", "en": "Al Marjan Street"},
    {"ar": "حي النسيم", "en": "Al Naseem District"},
    "AZZ",
    21.5,
    39.2,
)


def test_the_migration_makes_the_tables_of_the_code(any_engine: sa.Engine) -> None:
    """Nothing that autogenerate would change."""
    assert differences(any_engine, metadata) == []


def test_letters_are_keyed_as_the_telephone_has_them() -> None:
    """ITU-T E.161: the whole alphabet, and digits as themselves."""
    assert keys_of("RRRD2929") == "77732929"
    assert keys_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "22233344455566677778889999"


def test_a_plate_finds_its_building_with_every_entrance(any_engine: sa.Engine) -> None:
    """By the secondary number, and nobody else's building with that number."""
    second = address(secondary="0002", short_address=None, street_en="")
    lay(any_engine, [second, address(), address(postal="23219", short_address="ABCD1234")])
    first, other = by_plate(any_engine, "7421", "23218")
    assert first == PLACE
    assert (other.secondary_number, other.short_address) == ("0002", "")
    assert other.street == {"ar": "شارع المرجان"}
    assert by_plate(any_engine, "0001", "23218") == []


def test_keys_find_every_address_that_is_keyed_so_in_order(any_engine: sa.Engine) -> None:
    """RRRD and PRRD have the same keys; another entry has none."""
    lay(any_engine, [address(), address("1111", short_address="PRRD2929")])
    found = by_keys(any_engine, "77732929")
    assert [place.short_address for place in found] == ["PRRD2929", "RRRD2929"]
    assert by_keys(any_engine, "77732920") == []


def test_no_lookup_goes_through_the_table(engine: sa.Engine) -> None:
    """However many addresses there are, SQLite goes by an index: a caller waits for it."""
    lay(engine, [address()])
    plans: list[str] = []

    def explained(statement: str) -> None:
        if statement.startswith("SELECT"):
            with closing(sqlite3.connect(engine.url.database or "")) as connection:
                plans.extend(
                    row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")
                )

    with engine.connect() as held:  # the one of the pool that the lookups are asked on
        held.connection.dbapi_connection.set_trace_callback(explained)  # type: ignore[union-attr]  # it is SQLite's
    by_plate(engine, "7421", "23218")
    by_keys(engine, "77732929")
    by_short(engine, "RRRD2929")
    searched = [plan for plan in plans if "gazetteer" in plan]
    assert len(searched) == 3
    assert all(plan.startswith("SEARCH gazetteer USING") for plan in searched)
    assert [plan.count("=?") for plan in searched] == [2, 1, 1]


def test_nobody_is_read_more_than_twelve_addresses(any_engine: sa.Engine) -> None:
    """However many share their keys."""
    lay(any_engine, [address(f"{n:04d}") for n in range(20)])
    assert len(by_keys(any_engine, "77732929")) == MOST_CANDIDATES == 12


def test_a_short_address_finds_itself_and_none_that_is_keyed_alike(any_engine: sa.Engine) -> None:
    """The letters count, not the keys."""
    lay(any_engine, [address("1111", short_address="PRRD2929"), address()])
    assert by_short(any_engine, "RRRD2929") == PLACE
    assert by_short(any_engine, "SRRD2929") is None


def test_what_is_no_entry_is_not_looked_up(any_engine: sa.Engine) -> None:
    """Arabic figures, letters where keys are, a text too long."""
    lay(any_engine, [address()])
    for keys in ("", "7773292", "777329290", "٧٧٧٣٢٩٢٩", "RRRD2929", "77732929\n"):
        assert by_keys(any_engine, keys) == []
    for short in ("", "rrrd2929", "RRRD292", "RRRD2929\n", "RRRD٢٩٢٩", "%"):
        assert by_short(any_engine, short) is None
