"""Fixtures of tickets for this folder. Tests with `any_engine` run on every database there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from store.database import make_engine
from store.migrations import upgrade
from tests.fixtures.postgres import own_database
from tests.fixtures.tickets import backoffice, database_url, engine, no_tickets

__all__ = ["backoffice", "database_url", "engine"]


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
