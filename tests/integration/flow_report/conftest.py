"""A house on a database of each kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from lab.own_postgres import own_database
from store.database import make_engine
from store.journal import Journal
from store.migrations import upgrade
from tests.fixtures.calls import House
from tests.fixtures.databases import lay_migrated
from tickets.spare_file import SpareFile


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty SQLite database."""
    engine = make_engine(lay_migrated(tmp_path / "calls.db"))
    yield engine
    engine.dispose()


@pytest.fixture
def postgresql(postgres_server: str) -> Iterator[sa.Engine]:
    """An empty PostgreSQL database."""
    with own_database(postgres_server) as url:
        engine = make_engine(url)
        upgrade(engine)
        yield engine
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path, redis_url: str) -> Iterator[House]:
    """A house on a database of each kind."""
    engine = request.getfixturevalue(request.param)
    journal, spare = Journal(tmp_path / "journal" / "records.jsonl"), SpareFile(tmp_path / "spare")
    made = House(engine, redis_url, journal, spare)
    yield made
    made.flush()
    for client in made.clients:
        client.close()
