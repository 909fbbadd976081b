"""The published contract holds: for the code, for the library, for the published receiver."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa
import time_machine
from jsonschema import Draft202012Validator
from standardwebhooks import Webhook

from blacklist.verdict import DISPOSITIONS
from call_handlers.arrival import ATTESTATIONS, Facts
from call_handlers.effects.callback import callback_effects
from call_handlers.effects.complaint import complaint_effects
from call_handlers.effects.report import TALKED_TO, report_effects
from hotline.settings import CONFIG_DIR
from ivr.session import Session
from store.fields import columns_of
from store.sql import UtcDateTime
from tests.fixtures import contract
from tests.fixtures.languages import LANGUAGES
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.tickets import SECRET as OURS
from tests.fixtures.tickets import deliverer_to, new_ticket, wait_until
from tickets.catalogue import load_services
from tickets.destination import Message
from tickets.destinations.webhook import signed_request
from tickets.destinations.webhook_secret import fresh_secret
from tickets.model import CHANNELS, KINDS, PRIORITIES, Address, NewTicket, Ticket, to_wire
from tickets.open import build_ticket, open_ticket
from tickets.outbox import list_deliveries
from tickets.working.opening import BY_HAND
from tickets.working.status import PARENT_BEFORE

VALIDATOR = Draft202012Validator(
    contract.schema(), format_checker=Draft202012Validator.FORMAT_CHECKER
)
TICKET = contract.schema()["$defs"]["ticket"]
_KINDS: tuple[tuple[type, str], ...] = (
    (sa.String, "string"),
    (UtcDateTime, "string"),
    (sa.Boolean, "boolean"),
    (sa.Integer, "integer"),
    (sa.Float, "number"),
)


def push(ticket: Ticket, **changes: Any) -> dict[str, Any]:
    """What is sent of it, parsed."""
    body, _ = signed_request(Message(ticket), contract.SECRETS, contract.SENT_AT)
    parsed: dict[str, Any] = json.loads(body)
    return parsed | {"data": parsed["data"] | changes}


def test_the_schema_has_the_fields_of_a_ticket_and_no_other() -> None:
    """In their order, with their types and lengths; what has no default is always there."""
    ours = ("origin", "reported_from", "assigned_to")
    columns = [column for column in columns_of(Ticket) if column.name not in ours]
    assert list(TICKET["properties"]) == [column.name for column in columns]
    always = {column.name for column in columns if not column.nullable} | {"phone", "call_id"}
    assert set(TICKET["required"]) == always
    for column in columns:
        field = TICKET["properties"][column.name]
        kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
        assert ("null" in kinds) is (column.nullable and column.name in always), column.name
        known = [told for kind, told in _KINDS if isinstance(column.type, kind)]
        assert kinds[0] in (known or ["object", "array"]), column.name
        bounded = {"maxLength", "pattern", "enum", "format"} & field.keys()
        assert bounded or not isinstance(column.type, sa.String), column.name
        length = getattr(column.type, "length", None)
        assert field.get("maxLength", length) == length, column.name


def test_the_schema_s_values_are_those_of_the_code() -> None:
    """Whatever is listed."""
    told = {name: field.get("enum") for name, field in TICKET["properties"].items()}
    assert tuple(told["kind"]) == KINDS
    assert tuple(told["channel"]) == CHANNELS
    assert tuple(told["priority"]) == PRIORITIES
    assert TICKET["properties"]["language"]["examples"] == list(LANGUAGES)
    attributes = TICKET["properties"]["attributes"]["properties"]
    assert tuple(attributes["verdict"]["enum"]) == DISPOSITIONS
    assert set(attributes["attestation"]["enum"]) == set(ATTESTATIONS) - {""}
    parts = TICKET["properties"]["address"]["properties"]
    assert list(parts) == [field.name for field in fields(Address)]


def test_what_is_sent_is_what_the_schema_says() -> None:
    """A report as the menu makes it, and a ticket with every field; wrong ones are found."""
    Draft202012Validator.check_schema(contract.schema())
    for ticket in (contract.pothole(), contract.all_told()):
        VALIDATOR.validate(push(ticket))
    assert set(to_wire(contract.all_told())) == set(TICKET["properties"])
    for wrong in ({"phone": "0501234567"}, {"kind": "praise"}, {"version": "1"}, {"lat": 91}):
        assert not VALIDATOR.is_valid(push(contract.pothole(), **wrong)), wrong
    assert VALIDATOR.is_valid(push(contract.pothole(), something_new=1))


def test_the_schema_has_every_attribute_that_a_call_gives_a_ticket() -> None:
    """Of a report that was sent, one that was not, and a message about what was begun."""
    opened: list[NewTicket] = []

    def kept(new: NewTicket, now: datetime) -> Ticket:
        opened.append(new)
        return build_ticket(new, now, "989036781")

    facts = Facts("c", 0, "asterisk", e164="+966501234567", attestation="A", flow="940")
    answers = {"service_code": "RD_HOLE", "recording": "a.wav", "recording_ms": "900"}
    answers |= {"message": "b.wav", "message_ms": "800", TALKED_TO: "operators"}
    placed = answers | {"building_number": "7421", "postal_code": "23218"}
    placed |= {"contact_e164": "+966559876543"}
    services = load_services(CONFIG_DIR / "services.yaml")
    effects = report_effects(kept, services, Lost()) | callback_effects(kept, services, Lost())
    for effect, given in (
        ("open_report", placed),
        ("open_unconfirmed", placed),
        ("open_message", answers),
    ):
        session = Session("c", "940", "1", "n", "ar", given)
        assert effects[effect](facts, session, contract.SENT_AT).outcome == "opened"
    complained = {"complaint": "LATE", "complaint_said": "c.wav", "complaint_said_ms": "900"}
    complained |= {"reference_keyed": "989036781"}
    complaint = complaint_effects(kept, services, Lost())["open_complaint"]
    assert complaint(facts, Session("c", "940", "1", "n", "ar", complained), contract.SENT_AT)
    keyed = Session(
        "c", "940", "1", "n", "ar", answers | {"place": "short", "short_keys": "77732929"}
    )
    assert effects["open_report"](facts, keyed, contract.SENT_AT).outcome == "opened"
    later = {"notes", "reopened_by"}  # of a ticket that is there: see test_follow_up
    later |= {"told_references"}  # see test_told_without_sql
    later |= {PARENT_BEFORE}
    later |= {BY_HAND}  # see tests/integration/console/test_opening.py
    given_names = {name for new in opened for name in new.attributes} | later
    assert given_names == set(TICKET["properties"]["attributes"]["properties"])
    for new in opened:
        VALIDATOR.validate(push(build_ticket(new, contract.SENT_AT, "989036781")))


class Lost:
    """Nothing need be kept for later here."""

    def ticket(self, new: NewTicket, now: datetime) -> None:
        """Not asked."""
        raise AssertionError

    def numbered(self, new: NewTicket, now: datetime) -> str:
        """Not asked."""
        raise AssertionError

    def note(self, **asked: object) -> None:
        """Nor a note."""
        raise AssertionError(asked)

    def review(self, *, number: str, call_id: str, recording_ref: str, now: datetime) -> None:
        """Not asked."""
        raise AssertionError


@pytest.mark.parametrize("vector", contract.vectors(), ids=lambda vector: vector["what"])
def test_the_library_takes_the_published_vectors(vector: dict[str, Any]) -> None:
    """By each of their secrets."""
    with time_machine.travel(contract.SENT_AT, tick=False):
        for secret in vector["secrets"]:
            Webhook(secret).verify(vector["body"].encode(), vector)
    VALIDATOR.validate(json.loads(vector["body"]))


class Published:
    """docs/receiving-tickets/receiver.py in a process of its own, knowing these secrets."""

    def __init__(self, folder: Path, *secrets: str) -> None:
        self.file = folder / "tickets.db"
        port = free_tcp_port()
        self.url = f"http://127.0.0.1:{port}/tickets"
        told = {"SECRETS": ",".join(secrets), "PORT": str(port), "TICKETS": str(self.file)}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", str(contract.FOLDER / "receiver.py")],
            env=os.environ | told,
            stderr=subprocess.DEVNULL,
        )

    def tickets(self) -> list[tuple[str, str]]:
        """Keys and bodies that it has."""
        with sqlite3.connect(self.file) as database:
            rows = database.execute("SELECT key, body FROM tickets").fetchall()
        database.close()
        return rows

    def answers(self) -> bool:
        """Whether it can be asked."""
        try:
            return httpx.get(self.url, trust_env=False).status_code == 501
        except httpx.TransportError:
            return False


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Published]:
    """It knows a secret of its own first, and then the one that deliveries are signed by."""
    published = Published(tmp_path, fresh_secret(), OURS)
    wait_until(published.answers, "the receiver answers")
    yield published
    published.process.terminate()
    published.process.wait(10)


def test_the_published_receiver_takes_a_ticket_once(engine: sa.Engine, receiver: Published) -> None:
    """A real delivery; the same push again makes no other, and gets the same number."""
    ticket = open_ticket(engine, new_ticket(), destinations=["backoffice"], now=datetime.now(UTC))
    (delivery,) = list_deliveries(engine)
    assert deliverer_to(engine, receiver.url).deliver(delivery.id) == "acknowledged"
    (delivery,) = list_deliveries(engine)
    assert delivery.remote_id == "CRM-1"
    body, headers = signed_request(Message(ticket), [OURS], datetime.now(UTC))
    again = httpx.post(receiver.url, content=body, headers=headers, trust_env=False)
    assert (again.status_code, again.json()) == (200, {"id": "CRM-1"})
    ((key, kept),) = receiver.tickets()
    assert key == ticket.idempotency_key
    VALIDATOR.validate(json.loads(kept))


@pytest.mark.parametrize("length", ["-1", "many", "1000001", "\u0661"])
def test_the_published_receiver_refuses_a_length_that_is_none(
    receiver: Published, length: str
) -> None:
    """Before anything is read, and at once: people will copy it."""
    address = urlsplit(receiver.url)
    with socket.create_connection((address.hostname, address.port), 10) as connection:
        head = f"POST /tickets HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
        connection.sendall(head.encode())
        assert b" 400 " in connection.recv(64)


def test_the_published_receiver_refuses_what_nobody_vouches_for(receiver: Published) -> None:
    """Another's secret, another body, another time, no headers: 401, and nothing is kept."""
    ticket, now = contract.pothole(), datetime.now(UTC)
    body, headers = signed_request(Message(ticket), [OURS], now)
    _, foreign = signed_request(Message(ticket), [fresh_secret()], now)
    _, old = signed_request(Message(ticket), [OURS], now - timedelta(seconds=310))
    wrong = {"webhook-signature": "ünfug".encode().decode("latin-1")}
    for content, told in (
        (body, foreign),
        (body, old),
        (body.replace(b"7421", b"7422"), headers),
        (body, {}),
        (body, headers | wrong),
        (body, headers | {"webhook-timestamp": "soon"}),
    ):
        sent = {name.encode(): value.encode("latin-1") for name, value in told.items()}
        answer = httpx.post(receiver.url, content=content, headers=sent, trust_env=False)
        assert answer.status_code == 401
    assert receiver.tickets() == []
