"""The record's tables, on every database that is supported: as migrated, and an audit for ever."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from blacklist.index import RedisIndex
from blacklist.record.entries import standing_entries
from blacklist.record.limits import Wanted
from blacklist.record.reviews import open_review
from blacklist.record.schema import metadata
from lab.own_postgres import own_database
from people.person import Person
from store.database import make_engine
from store.migrations import differences, upgrade
from store.sql import reading
from tests.fixtures.record import (
    AMAL,
    BADR,
    HIND,
    MAHA,
    NUMBER,
    Clock,
    disagreements,
    register_on,
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[sa.Engine]:
    """A migrated database of each kind."""
    folder: Path = tmp_path_factory.mktemp("database")
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{folder / 'x.db'}")
        upgrade(engine)
        yield engine
        engine.dispose()
        return
    with own_database(request.getfixturevalue("postgres_server")) as url:
        engine = make_engine(url)
        upgrade(engine)
        yield engine
        engine.dispose()


def test_the_migration_makes_the_tables_of_the_code(database: sa.Engine) -> None:
    """Nothing that autogenerate would change."""
    assert differences(database, metadata) == []


def test_strikes_entries_and_reviews_work_on_every_database(
    database: sa.Engine, index: RedisIndex, clock: Clock
) -> None:
    """The ladder to voicemail, a replacement, and the projection of all of it."""
    register = register_on(database, index, clock)
    for person in (AMAL, BADR, HIND):
        struck = register.strike(NUMBER, by=person, reason="abuse")
    assert struck.entry is not None
    register.add(NUMBER, Wanted("abuse", days=3), by=MAHA)
    standing = register.standing(NUMBER)
    assert standing.entry is not None
    assert standing.entry.disposition == "block"
    assert len(standing.strikes) == 3
    assert not [line for line in disagreements(register, index) if NUMBER not in line]
    assert [c.action for c in register.history(NUMBER)] == ["added", "added", *["strike"] * 3]


@pytest.mark.parametrize(
    "statement", ["UPDATE blacklist_audit SET who = 'x'", "DELETE FROM blacklist_audit"]
)
def test_the_audit_cannot_be_changed(
    database: sa.Engine, index: RedisIndex, clock: Clock, statement: str
) -> None:
    """Not even by somebody with the database at hand, as long as the triggers stand."""
    register = register_on(database, index, clock)
    register.strike("+966502222222", by=AMAL, reason="abuse")
    before = register.history("+966502222222")
    with pytest.raises(DBAPIError, match="never changed"), database.begin() as connection:
        connection.exec_driver_sql(statement)
    assert register.history("+966502222222") == before


def test_reports_at_once_on_one_number_wait_for_each_other(
    database: sa.Engine, index: RedisIndex, clock: Clock
) -> None:
    """Ten people strike, restrict and ask for review in the same moment; nothing fails."""
    register = register_on(database, index, clock)
    number = "+966505555555"

    def all_of_it(who: int) -> int:
        person = Person(f"p{who}", "manager")
        register.strike(number, by=person, reason="abuse")
        register.add(number, Wanted("abuse", days=1 + who / 100), by=person)
        asked = open_review(
            database,
            number=number,
            call_id=f"c{who}",
            recording_ref="r",
            now=clock.now,
            answer_within=timedelta(days=3),
        )
        return asked.id

    with ThreadPoolExecutor(5) as pool:
        asked = set(pool.map(all_of_it, range(10)))
    assert len(asked) == 1
    assert len(register.standing(number).strikes) == 10
    with reading(database) as connection:
        standing = [e for e in standing_entries(connection, clock.now) if e.subject == number]
    assert len(standing) == 1
