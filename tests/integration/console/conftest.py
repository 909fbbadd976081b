"""Fixtures of the console's tests: a house on SQLite and a real Redis, and its application."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from console.house import House
from people.person import Role
from tests.fixtures.console import Browser, console_app, console_house, somebody
from tests.fixtures.record import Clock
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
def app(house: House) -> Flask:
    """The console."""
    return console_app(house)


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
