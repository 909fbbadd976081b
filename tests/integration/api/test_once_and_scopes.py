"""Requests that are sent again, and tokens that are for less than all of their role."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient

from blacklist.record.register import BlacklistRegister
from console.api.blueprint import Collaborators, blueprint
from console.api.recordings import Recordings
from people.person import Role
from people.tokens import create_token
from tests.fixtures.record import MAHA, NUMBER, Clock

BLOCK = {"number": NUMBER, "reason": "abuse", "days": 3}
STRIKE = f"/api/v1/blacklist/{NUMBER}/strikes"


@pytest.fixture
def client(register: BlacklistRegister, recordings: Recordings, redis_url: str) -> Any:
    """The API, with a store of the answers that it gave."""
    with redis.Redis.from_url(redis_url) as store:
        app = Flask("tests")
        riyadh = ZoneInfo("Asia/Riyadh")
        given = Collaborators(register, recordings, riyadh, "0", once=store)
        app.register_blueprint(blueprint(given))
        yield app.test_client()


def headers(token: str, key: str | None = None) -> dict[str, str]:
    """What a sender adds."""
    keyed = {} if key is None else {"Idempotency-Key": key}
    return {"Authorization": f"Bearer {token}", **keyed}


def strikes(register: BlacklistRegister) -> int:
    """How many stand."""
    return len(register.standing(NUMBER).strikes)


def test_a_request_with_a_key_is_done_once_and_answered_again(
    client: FlaskClient, token: Callable[[str, Role], str], register: BlacklistRegister
) -> None:
    """The same answer, and a header that says that it was given before."""
    mine = headers(token("amal", "operator"), "k1")
    first = client.post(STRIKE, json={"reason": "abuse"}, headers=mine)
    again = client.post(STRIKE, json={"reason": "abuse"}, headers=mine)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_data() == again.get_data()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert strikes(register) == 1


def test_a_key_is_for_one_request_of_one_sender(
    client: FlaskClient, token: Callable[[str, Role], str], register: BlacklistRegister
) -> None:
    """With another body it is refused; another's same key is another key."""
    amal, badr = token("amal", "operator"), token("badr", "operator")
    client.post(STRIKE, json={"reason": "abuse"}, headers=headers(amal, "k1"))
    other = client.post(STRIKE, json={"reason": "flood"}, headers=headers(amal, "k1"))
    assert other.status_code == 422
    done = client.post(STRIKE, json={"reason": "abuse"}, headers=headers(badr, "k1"))
    assert done.status_code == 201
    assert "Idempotent-Replayed" not in done.headers
    assert strikes(register) == 2


def test_what_was_refused_may_be_mended_and_sent_with_the_same_key(
    client: FlaskClient, token: Callable[[str, Role], str], register: BlacklistRegister
) -> None:
    """Nothing was done: nothing is remembered."""
    mine = headers(token("salem", "supervisor"), "k2")
    wrong = client.post("/api/v1/blacklist", json={**BLOCK, "days": 400}, headers=mine)
    assert wrong.status_code == 422
    right = client.post("/api/v1/blacklist", json=BLOCK, headers=mine)
    assert right.status_code == 201
    assert register.standing(NUMBER).entry is not None


def test_many_at_once_with_one_key_are_one(
    client: FlaskClient, token: Callable[[str, Role], str], register: BlacklistRegister
) -> None:
    """Each is answered as done, or told that it is under way."""
    mine, app = headers(token("amal", "operator"), "k3"), client.application

    def send(_number: int) -> int:
        return app.test_client().post(STRIKE, json={"reason": "abuse"}, headers=mine).status_code

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(send, range(16)))
    assert set(found) <= {201, 409}
    assert 201 in found
    assert strikes(register) == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_a_key_that_is_none_is_refused(
    client: FlaskClient, token: Callable[[str, Role], str], key: str
) -> None:
    """Before anything is done."""
    mine = headers(token("amal", "operator"), key)
    assert client.post(STRIKE, json={"reason": "abuse"}, headers=mine).status_code == 422


def test_a_token_may_be_for_less_than_its_role(
    client: FlaskClient, register: BlacklistRegister, clock: Clock
) -> None:
    """One right, or all about one thing; never more than the role itself."""

    def made(role: Role, *scopes: str) -> dict[str, str]:
        name, now = "-".join((role, *scopes)), clock.now
        text, _ = create_token(
            register.engine, name=name, role=role, by=MAHA, now=now, scopes=scopes
        )
        return headers(text)

    reading, all_of_it = made("manager", "blacklist.read"), made("manager", "blacklist")
    elsewhere, operator = made("manager", "tickets"), made("operator", "blacklist")
    for mine, sees, adds in (
        (reading, 200, 403),
        (all_of_it, 200, 201),
        (elsewhere, 403, 403),
        (operator, 200, 403),
    ):
        assert client.get("/api/v1/blacklist", headers=mine).status_code == sees
        assert client.post("/api/v1/blacklist", json=BLOCK, headers=mine).status_code == adds
    with pytest.raises(ValueError, match="scope"):
        made("manager", "everything")
