"""The reference back office refuses what is forged, old or altered, and makes each ticket once."""

import base64
import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from lab.backoffice import create_backoffice
from tests.fixtures.tickets import NOW, SECRET, Backoffice, new_ticket
from tickets.destination import Message
from tickets.destinations.webhook import signed_request
from tickets.open import build_ticket
from tickets.reference import new_reference

OLD_SECRET = "whsec_" + base64.b64encode(b"o" * 32).decode()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """A back office that takes the current and the previous secret."""
    app = create_backoffice(tmp_path / "backoffice.db", lambda: [SECRET, OLD_SECRET])
    yield app
    app.extensions["backoffice_store"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody who speaks HTTP to it."""
    return app.test_client()


def message(secret: str = SECRET, at: datetime | None = None) -> tuple[bytes, dict[str, str]]:
    """A genuine push of a new ticket."""
    ticket = build_ticket(new_ticket(), NOW, new_reference())
    return signed_request(Message(ticket), [secret], at or datetime.now(UTC))


def signed(body: str, key: str = "k-1") -> dict[str, str]:
    """Headers that vouch for `body`."""
    now = datetime.now(UTC)
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(key, now, body),
    }


def post(client: FlaskClient, body: bytes | str, headers: dict[str, str]) -> TestResponse:
    """Push it."""
    return client.post("/tickets", data=body, headers=headers)


def listed(client: FlaskClient) -> list[dict[str, Any]]:
    """What the back office has."""
    answer: list[dict[str, Any]] = client.get("/tickets").get_json()
    return answer


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_a_ticket_is_made_once_and_every_push_counted(client: FlaskClient, secret: str) -> None:
    """The second push of a key gets 200 and the first one's number, under either secret."""
    body, headers = message(secret)
    first, second = post(client, body, headers), post(client, body, headers)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.get_json()["id"] == second.get_json()["id"]
    (ticket,) = listed(client)
    assert ticket["times_received"] == 2
    reference = ticket["service_request_id"]
    assert client.get(f"/tickets/{reference}").get_json() == ticket
    assert ticket["ticket"]["phone"] == "+966501234567"


def test_a_forged_push_is_refused(client: FlaskClient) -> None:
    """Without our secret nothing gets in."""
    stranger = "whsec_" + base64.b64encode(b"x" * 32).decode()
    assert post(client, *message(stranger)).status_code == 401
    assert listed(client) == []


@pytest.mark.parametrize("shift", [timedelta(minutes=-6), timedelta(minutes=6)])
def test_an_old_or_early_push_is_refused(client: FlaskClient, shift: timedelta) -> None:
    """A genuine push that was kept and sent again later is not taken."""
    assert post(client, *message(at=datetime.now(UTC) + shift)).status_code == 401
    assert listed(client) == []


def test_an_altered_push_is_refused(client: FlaskClient) -> None:
    """One changed letter of the body, the id or the time breaks the signature."""
    body, headers = message()
    later = str(int(headers["webhook-timestamp"]) + 1)
    assert post(client, body.replace(b"7421", b"7422"), headers).status_code == 401
    assert post(client, body, headers | {"webhook-id": str(uuid.uuid4())}).status_code == 401
    assert post(client, body, headers | {"webhook-timestamp": later}).status_code == 401
    assert listed(client) == []


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,a,b"},
        {"webhook-signature": "v1,*"},
        {"webhook-signature": "v2,AAAA"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "1e999"},
        {"webhook-timestamp": ""},
        {"webhook-id": ""},
    ],
)
def test_malformed_signature_headers_are_refused(
    client: FlaskClient, change: dict[str, str]
) -> None:
    """Whatever stands in the headers, the answer is 401 and not a fault of ours."""
    body, headers = message()
    assert post(client, body, headers | change).status_code == 401


def test_a_push_without_headers_or_in_no_text_is_refused(client: FlaskClient) -> None:
    """No signature, and a body that is not UTF-8, are refused alike."""
    body, headers = message()
    assert post(client, body, {}).status_code == 401
    assert post(client, b"\xff\xfe", headers).status_code == 401


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        ("[" * 100_000, "not_json"),
        ("[]", "no_envelope"),
        ('{"type": "ticket.opened"}', "no_envelope"),
        ('{"type": 1, "data": {}}', "no_envelope"),
        ('{"type": "t", "data": {}}', "field_missing"),
        (
            '{"type": "t", "data": {"idempotency_key": "k-1", "service_request_id": 5}}',
            "field_missing",
        ),
        (
            '{"type": "t", "data": {"idempotency_key": "k-2", "service_request_id": "5"}}',
            "key_differs",
        ),
    ],
)
def test_a_signed_push_of_the_wrong_shape_is_told_what_is_wrong(
    client: FlaskClient, body: str, error: str
) -> None:
    """Our own mistakes come back as a clear 400."""
    answer = post(client, body, signed(body))
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)
    assert listed(client) == []


def test_another_ticket_under_the_same_reference_is_a_conflict(client: FlaskClient) -> None:
    """A reference number means one ticket."""
    for key, status in [("k-1", 201), ("k-2", 409)]:
        data = {"idempotency_key": key, "service_request_id": "572400002"}
        body = json.dumps({"type": "ticket.opened", "data": data})
        answer = post(client, body, signed(body, key))
        assert answer.status_code == status
    assert answer.get_json()["error"] == "reference_taken"
    assert answer.get_json()["idempotency_key"] == "k-2"


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: FlaskClient) -> None:
    """A quarter of a megabyte is plenty for a ticket."""
    body = " " * 300_000
    assert post(client, body, signed(body)).status_code == 413


def test_what_is_not_there_is_404_and_405_in_json(client: FlaskClient) -> None:
    """Errors are JSON throughout."""
    assert client.get("/tickets/1").get_json()["error"] == "not_found"
    assert client.get("/elsewhere").get_json()["error"] == "not_found"
    assert client.delete("/tickets").get_json()["error"] == "method_not_allowed"


def test_no_secret_is_no_back_office(tmp_path: Path) -> None:
    """It never starts open to everybody."""
    with pytest.raises(ValueError, match="secret"):
        create_backoffice(tmp_path / "b.db", list)


def test_sixteen_pushes_at_once_make_one_ticket(backoffice: Backoffice) -> None:
    """Also when they come at the same moment over real sockets."""
    body, headers = message()

    def push(_: int) -> int:
        url = f"{backoffice.url}/tickets"
        return httpx.post(url, content=body, headers=headers, trust_env=False).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(push, range(16)))
    assert statuses == [200] * 15 + [201]
    (ticket,) = backoffice.tickets()
    assert ticket["times_received"] == 16


def test_sigterm_ends_it_cleanly(backoffice: Backoffice) -> None:
    """Exit status 0, in time."""
    assert backoffice.stop() == 0
