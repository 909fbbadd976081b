"""The record's tables, on every database that is supported: as migrated, and an audit for ever."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from blacklist.index import RedisIndex
from blacklist.record.limits import Wanted
from blacklist.record.schema import metadata
from hotline.database import make_engine
from hotline.migrations import differences, upgrade
from tests.fixtures.postgres import postgres_programs, running_postgres
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
    if postgres_programs() is None:
        pytest.skip("PostgreSQL is not installed here")
    with running_postgres(folder) as url:
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
