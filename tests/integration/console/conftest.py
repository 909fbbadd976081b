"""Fixtures of the console's tests: a house on SQLite and a real Redis, and its application."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from console.house import House
from people.person import Role
from tests.fixtures.console import Browser, console_app, console_house, somebody
from tests.fixtures.record import Clock
from tests.fixtures.statements import Counts, counts_of
from tests.fixtures.tickets import database_url, engine

__all__ = ["database_url", "engine"]


@pytest.fixture
def clock() -> Clock:
    """A clock moved by hand."""
    return Clock()


@pytest.fixture
def house(engine: sa.Engine, redis_url: str, clock: Clock) -> Iterator[House]:
    """What the console stands on."""
    with console_house(engine, redis_url, clock) as made:
        yield made


@pytest.fixture
def counted(house: House) -> Iterator[tuple[Flask, Counts]]:
    """The console, and how much each answer of it asks of the database: never too much."""
    made = console_app(house)
    with counts_of(made, house.engine) as counts:
        yield made, counts
    assert counts.too_many == {}


@pytest.fixture
def app(counted: tuple[Flask, Counts]) -> Flask:
    """The console."""
    return counted[0]


@pytest.fixture
def counts(counted: tuple[Flask, Counts]) -> Counts:
    """How many questions its answers took, those of the test until now."""
    return counted[1]


@pytest.fixture
def outside(app: Flask) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(app.test_client())


class People:
    """Signs people in, each in a browser of their own, once a role."""

    def __init__(self, app: Flask, house: House) -> None:
        self._app, self._house = app, house
        self._in: dict[str, Browser] = {}

    def __call__(self, role: Role, name: str = "") -> Browser:
        """The browser of somebody with this role."""
        key = name or role
        if key not in self._in:
            self._in[key] = somebody(self._app, self._house, role, name)
        return self._in[key]


@pytest.fixture
def signed_in(app: Flask, house: House) -> People:
    """Signs somebody of a role in."""
    return People(app, house)
