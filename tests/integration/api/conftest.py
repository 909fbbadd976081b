"""Fixtures of the API's tests: the blueprint on a real database and a real Redis."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from blacklist.index import RedisIndex
from blacklist.record.register import BlacklistRegister
from console.api.blueprint import Collaborators, blueprint
from console.api.recordings import Recordings
from people.person import Role
from people.tokens import create_token
from tests.fixtures.console import ADMIN
from tests.fixtures.record import Clock, any_engine, index_at, register_on
from tests.fixtures.tickets import database_url, engine

__all__ = ["any_engine", "database_url", "engine"]

Ask = Callable[..., TestResponse]


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


@pytest.fixture
def recordings(register: BlacklistRegister, tmp_path: Path) -> Recordings:
    """Recordings in an empty folder, kept for 90 days."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    return Recordings(register.engine, folder, 90, register.now)


@pytest.fixture
def client(register: BlacklistRegister, recordings: Recordings) -> FlaskClient:
    """An HTTP client without a token."""
    app = Flask("tests")
    riyadh = ZoneInfo("Asia/Riyadh")
    app.register_blueprint(blueprint(Collaborators(register, recordings, riyadh, "0")))
    return app.test_client()


@pytest.fixture
def token(register: BlacklistRegister, clock: Clock) -> Callable[[str, Role], str]:
    """Makes a token of a person."""

    def made(name: str, role: Role) -> str:
        return create_token(register.engine, name=name, role=role, by=ADMIN, now=clock.now)[0]

    return made


@pytest.fixture
def ask(client: FlaskClient, token: Callable[[str, Role], str]) -> Ask:
    """Asks the API as a person of a role; the path is below `/api/v1/blacklist`."""
    tokens: dict[tuple[str, str], str] = {}

    def asked(
        method: str, path: str = "", *, role: Role = "manager", name: str = "", **more: Any
    ) -> TestResponse:
        who = (name or role, role)
        if who not in tokens:
            tokens[who] = token(*who)
        headers = {"Authorization": f"Bearer {tokens[who]}"}
        return client.open(f"/api/v1/blacklist{path}", method=method, headers=headers, **more)

    return asked
