"""Importing the gazetteer, on every database that is supported."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from ivr.prompt_text import text_fault
from people.audit import history
from people.person import NotAllowed, Person
from places.csv_read import COLUMNS, Reader
from places.gazetteer import by_plate
from places.importing import AT_ONCE, CHUNK, Imported, import_gazetteer
from places.looking import names, stats
from places.schema import gazetteer
from store.sql import reading
from tests.fixtures.record import MAHA, SALEM

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
HEAD = ",".join(COLUMNS)
FIRST = "7421,23218,,RASD7421,شارع المرجان,Al Marjan Street,حي المرفأ,Al Marfa,AZZ,21.5,39.2"
SECOND = "2929,23311,,RRRD2929,شارع الصدف,,حي الموج,,,,"
WRONG = "421,23311,,,,,,,,,"


def importing(engine: sa.Engine, rows: Sequence[str], by: Person = MAHA, **how: Any) -> Imported:
    """Import a file of these rows."""
    file = io.BytesIO("\n".join([HEAD, *rows, ""]).encode())
    reader = Reader(file, codes={"azz": "AZZ"}, unsayable=text_fault)
    return import_gazetteer(engine, reader, by=by, now=NOW, **how)


def counts(done: Imported) -> tuple[int, ...]:
    """Rows, added, updated, unchanged, repeated, refused."""
    return done.rows, done.added, done.updated, done.unchanged, done.repeated, done.refused


def kept(engine: sa.Engine) -> list[tuple[str, ...]]:
    """Building number and English street of each address."""
    with reading(engine) as connection:
        wanted = sa.select(gazetteer.c.building_number, gazetteer.c.street_en)
        return sorted(tuple(row) for row in connection.execute(wanted))


def test_the_second_run_of_a_file_changes_nothing_and_says_so(any_engine: sa.Engine) -> None:
    """Nor is anything audited that did not happen."""
    assert counts(importing(any_engine, [FIRST, SECOND])) == (2, 2, 0, 0, 0, 0)
    assert counts(importing(any_engine, [SECOND, FIRST])) == (2, 0, 0, 2, 0, 0)
    with reading(any_engine) as connection:
        (change,) = history(connection)
    assert (change.who, change.action) == ("maha", "gazetteer_imported")
    assert change.details == {"rows": 2, "added": 2, "updated": 0}


def test_a_changed_row_is_updated_and_what_a_file_has_not_stays(any_engine: sa.Engine) -> None:
    """An empty cell takes away what was there."""
    importing(any_engine, [FIRST, SECOND])
    changed = FIRST.replace("Al Marjan Street", "").replace("21.5,39.2", ",")
    assert counts(importing(any_engine, [changed])) == (1, 0, 1, 0, 0, 0)
    (place,) = by_plate(any_engine, "7421", "23218")
    assert (place.street, place.lat) == ({"ar": "شارع المرجان"}, None)
    assert len(kept(any_engine)) == 2


def test_the_secondary_number_is_part_of_the_key(any_engine: sa.Engine) -> None:
    """Two entrances of one building are two addresses."""
    other = FIRST.replace("23218,,", "23218,0002,")
    assert counts(importing(any_engine, [FIRST, other])) == (2, 2, 0, 0, 0, 0)
    assert len(by_plate(any_engine, "7421", "23218")) == 2


def test_a_wrong_row_keeps_the_others_out_unless_asked_to_go_on(any_engine: sa.Engine) -> None:
    """Nothing is half imported by mistake."""
    done = importing(any_engine, [FIRST, WRONG, SECOND])
    assert (counts(done), done.written) == ((3, 0, 0, 0, 0, 1), False)
    assert [(error.row, error.column) for error in done.errors] == [(3, "building_number")]
    assert kept(any_engine) == []
    done = importing(any_engine, [FIRST, WRONG, SECOND], keep_going=True)
    assert (counts(done), done.written) == ((3, 2, 0, 0, 0, 1), True)
    assert len(kept(any_engine)) == 2


def test_a_dry_run_counts_and_writes_nothing(any_engine: sa.Engine) -> None:
    """Neither addresses nor the audit."""
    importing(any_engine, [FIRST])
    changed = FIRST.replace("Al Marjan", "Other")
    done = importing(any_engine, [changed, SECOND], dry_run=True)
    assert (counts(done), done.written) == ((2, 1, 1, 0, 0, 0), False)
    assert kept(any_engine) == [("7421", "Al Marjan Street")]
    with reading(any_engine) as connection:
        assert len(history(connection)) == 1


def test_an_address_that_stands_twice_counts_once_and_a_contradiction_is_told(
    any_engine: sa.Engine,
) -> None:
    """Whichever came later would otherwise win, and the next run change it back and forth."""
    assert counts(importing(any_engine, [FIRST, SECOND, FIRST])) == (3, 2, 0, 0, 1, 0)
    other = FIRST.replace("Al Marjan", "Other")
    done = importing(any_engine, [FIRST, SECOND, other])
    assert (counts(done), done.written) == ((3, 0, 0, 0, 0, 1), False)
    assert [(error.row, error.message) for error in done.errors] == [
        (4, "is the address of row 2 with other values: keep one of the two")
    ]
    assert counts(importing(any_engine, [FIRST, other], keep_going=True)) == (2, 0, 0, 1, 0, 1)
    assert kept(any_engine) == [("2929", ""), ("7421", "Al Marjan Street")]


def test_only_a_manager_imports(any_engine: sa.Engine) -> None:
    """Every call reads what is imported."""
    with pytest.raises(NotAllowed):
        importing(any_engine, [FIRST], by=SALEM)
    assert kept(any_engine) == []


def test_a_file_of_several_pieces_is_imported_whole_and_again(any_engine: sa.Engine) -> None:
    """More than one transaction of SQLite, more than one piece of both."""
    count = AT_ONCE + CHUNK + 1
    rows = [
        f"{n % 10000:04d},{21000 + n // 10000},,,شارع,Street {n % 50},,,,," for n in range(count)
    ]
    seen: list[tuple[str, int]] = []
    done = importing(any_engine, rows, progress=lambda what, so_far: seen.append((what, so_far)))
    assert counts(done) == (count, count, 0, 0, 0, 0)
    assert ("checked", count) in seen
    assert seen[-1] == ("written", count)
    rows[0] = rows[0].replace("Street 0", "Street X")
    assert counts(importing(any_engine, rows)) == (count, 0, 1, count - 1, 0, 0)


def test_admins_see_how_much_there_is_and_which_names(any_engine: sa.Engine) -> None:
    """Each name once, whether of a street or a district."""
    third = "1111,23311,,SRPE2929,حي الموج,Al Mawj,حي الموج,Al Mawj,,,"
    importing(any_engine, [FIRST, SECOND, third])
    found = stats(any_engine)
    assert (found.addresses, found.postal_codes, found.with_short_address) == (3, 2, 3)
    assert (found.keyed_alike, found.with_coordinates, found.with_street_in_both) == (2, 1, 2)
    assert found.sub_municipalities == {"": 2, "AZZ": 1}
    assert set(names(any_engine)) == {
        *{("ar", "شارع المرجان"), ("ar", "شارع الصدف"), ("ar", "حي المرفأ"), ("ar", "حي الموج")},
        *{("en", "Al Marjan Street"), ("en", "Al Marfa"), ("en", "Al Mawj")},
    }
    assert len(names(any_engine)) == 7
