"""Fixtures for recordings."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from lab.own_postgres import own_database
from recordings.schema import recordings
from store.database import make_engine
from store.migrations import upgrade
from tests.fixtures.tickets import backoffice, database_url, engine
from tests.fixtures.twilio_api import TwilioApi, running_twilio_api

__all__ = ["backoffice", "database_url", "engine"]


@pytest.fixture
def twilio() -> Iterator[TwilioApi]:
    """An account behind a local API."""
    with running_twilio_api() as api:
        yield api


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where recordings are kept."""
    kept = tmp_path / "recordings"
    kept.mkdir()
    return kept


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A database of PostgreSQL for the session."""
    with own_database(postgres_server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def any_engine(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    """A migrated database of each kind, without recordings."""
    name = "database_url" if request.param == "sqlite" else "postgres_url"
    engine = make_engine(request.getfixturevalue(name))
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(recordings.delete())
    yield engine
    engine.dispose()
