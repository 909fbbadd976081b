"""Fixtures of tickets for this folder. Tests with `any_engine` run on every database there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from lab.own_postgres import own_database
from store.database import make_engine
from store.migrations import upgrade
from tests.fixtures.databases import lay_migrated
from tests.fixtures.tickets import backoffice, no_tickets

__all__ = ["backoffice"]


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A database of PostgreSQL for the session."""
    with own_database(postgres_server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated, empty database of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'any.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    engine = make_engine(url)
    upgrade(engine)
    no_tickets(engine)
    engine.dispose()
    return url


@pytest.fixture
def any_engine(any_url: str) -> Iterator[sa.Engine]:
    """An engine on each kind of database."""
    engine = make_engine(any_url)
    yield engine
    engine.dispose()


@pytest.fixture
def database_url(any_url: str) -> str:
    """Each kind of database."""
    return any_url


@pytest.fixture
def engine(any_engine: sa.Engine) -> sa.Engine:
    """An engine on the database of `database_url`."""
    return any_engine


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """An engine on a migrated SQLite file, for what is of SQLite, or changes the tables."""
    engine = make_engine(lay_migrated(tmp_path / "hotline.db"))
    yield engine
    engine.dispose()
