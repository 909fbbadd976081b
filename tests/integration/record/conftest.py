"""Fixtures of the record's tests."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from blacklist.index import RedisIndex
from blacklist.record.register import BlacklistRegister
from tests.fixtures.record import Clock, any_engine, index_at, register_on
from tests.fixtures.tickets import database_url, engine

__all__ = ["any_engine", "database_url", "engine"]


@pytest.fixture
def clock() -> Clock:
    """A clock moved by hand."""
    return Clock()


@pytest.fixture
def index(redis_url: str) -> Iterator[RedisIndex]:
    """An empty index."""
    with index_at(redis_url) as found:
        yield found


@pytest.fixture
def register(engine: sa.Engine, index: RedisIndex, clock: Clock) -> BlacklistRegister:
    """A register on an empty database and an empty index."""
    return register_on(engine, index, clock)
