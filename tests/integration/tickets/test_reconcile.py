"""What a destination has is held against what it was given, and what is not alike is named."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer

from hotline.main import cli
from hotline.settings import CONFIG_DIR, load_settings
from tests.fixtures.scripted_destination import AWAY, TAKEN, Office
from tests.fixtures.tickets import NOW, SECRET, Backoffice, deliverer_to, new_ticket
from tickets.destination import Asked, Held, Message, PushResult
from tickets.destinations.webhook import WebhookDestination
from tickets.model import OPENED, UPDATED, Ticket
from tickets.open import open_ticket
from tickets.outbox import list_deliveries
from tickets.reconcile import Difference, reconcile, send_again
from tickets.schema import deliveries

REFUSED = PushResult("refused", 422, "refused")
LATER = NOW + timedelta(days=3000)
LONG_AGO = NOW - timedelta(days=1)


@dataclass
class Telling:
    """A destination behind the port that tells what it has."""

    has: list[Held]
    lists: bool = True
    asked: list[Message] = field(default_factory=list)

    def held(self, since: datetime, sent: Sequence[Message]) -> Iterable[Held]:
        """All of it."""
        self.asked = list(sent)
        return self.has


def told(differences: Iterable[Difference]) -> set[tuple[str, str | None, int | None]]:
    """What, of which ticket, and what version they have."""
    return {(one.what, one.reference or one.remote_id, one.theirs) for one in differences}


def given(office: Office, count: int) -> list[Ticket]:
    """Tickets that `crm` has acknowledged."""
    made = [office.open("crm") for _ in range(count)]
    office.deliver()
    return made


def test_missing_older_and_extra_are_told_apart(any_engine: sa.Engine) -> None:
    """What is alike is not told, nor what is on its way, given up, or was not given to it."""
    office = Office(any_engine, crm=[*[TAKEN] * 6, AWAY], mail=[TAKEN])
    same, lost, old, grown = given(office, 4)
    elsewhere = office.open("mail")
    office.change(old, satisfaction=4)
    office.change(grown, satisfaction=4)
    office.deliver()
    waits = office.open("crm")
    office.deliver()
    there = Telling(
        [
            Held(same.service_request_id, version=1),
            Held(grown.service_request_id, version=2),
            Held(grown.service_request_id, version=1),
            Held(old.service_request_id, version=1),
            Held(waits.service_request_id, version=1),
            Held(elsewhere.service_request_id),
            Held(remote_id="Z-1"),
        ]
    )
    found = reconcile(any_engine, "crm", there, LONG_AGO, LATER)
    assert (found.given, found.held) == (4, 7)
    assert told(found.differences) == {
        ("missing", lost.service_request_id, None),
        ("older", old.service_request_id, 1),
        ("extra", elsewhere.service_request_id, None),
        ("extra", "Z-1", None),
    }


def test_a_ticket_is_known_by_the_destinations_number_too(any_engine: sa.Engine) -> None:
    """Where it does not tell ours; one that lists nothing has nothing extra."""
    office = Office(any_engine, crm=[TAKEN])
    given(office, 1)
    by_number = Telling([Held(remote_id="A-1")])
    assert reconcile(any_engine, "crm", by_number, LONG_AGO, LATER).differences == ()
    asked = Telling([Held(remote_id="Z-1")], lists=False)
    (one,) = reconcile(any_engine, "crm", asked, LONG_AGO, LATER).differences
    assert (one.what, one.remote_id) == ("missing", "A-1")
    assert asked.asked[0].remote_id == "A-1"


def test_what_was_delivered_just_now_or_opened_before_is_not_asked_for(
    any_engine: sa.Engine,
) -> None:
    """Its listing may not have it yet; and `since` bounds the work."""
    office = Office(any_engine, crm=[TAKEN])
    given(office, 1)
    nothing = Telling([])
    now = datetime.now(UTC)
    assert reconcile(any_engine, "crm", nothing, LONG_AGO, now).given == 0
    assert reconcile(any_engine, "crm", nothing, NOW + timedelta(hours=1), LATER).given == 0


def test_what_is_missing_can_be_delivered_again(any_engine: sa.Engine) -> None:
    """As a repetition of what it was sent."""
    office = Office(any_engine, crm=[TAKEN])
    given(office, 2)
    found = reconcile(any_engine, "crm", Telling([]), LONG_AGO, LATER)
    assert send_again(any_engine, found.differences) == 2
    assert office.deliver() == {"crm": ["acknowledged", "acknowledged"]}
    assert {message.repeated for message in office.to["crm"].sent[2:]} == {True}


def test_a_missing_ticket_comes_back_before_what_happened_to_it(any_engine: sa.Engine) -> None:
    """All of it, in its order, and by the number that it has now; a version given up is with it."""
    again = PushResult("acknowledged", 201, remote_id="B-2")
    office = Office(any_engine, crm=[TAKEN, TAKEN, REFUSED, again], mail=[TAKEN])
    ticket = office.open()
    for rating in (4, 5):
        office.deliver()
        office.change(ticket, satisfaction=rating)
    office.deliver()
    found = reconcile(any_engine, "crm", Telling([]), LONG_AGO, LATER)
    assert send_again(any_engine, found.differences) == 3
    for _ in range(3):
        office.deliver()
    told = [(one.event, one.version, one.remote_id) for one in office.to["crm"].sent[3:]]
    assert told == [(OPENED, 1, None), (UPDATED, 2, "B-2"), (UPDATED, 3, "B-2")]
    assert len(office.to["mail"].sent) == 3


def test_of_a_ticket_that_is_older_there_the_newest_version_alone_goes_again(
    any_engine: sa.Engine,
) -> None:
    """By the number that the destination has told."""
    office = Office(any_engine, crm=[TAKEN])
    ticket = office.open()
    for rating in (4, 5):
        office.change(ticket, satisfaction=rating)
    for _ in range(3):
        office.deliver()
    has = Telling([Held(ticket.service_request_id, version=1)])
    found = reconcile(any_engine, "crm", has, LONG_AGO, LATER)
    assert send_again(any_engine, found.differences) == 1
    office.deliver()
    told = [(one.version, one.remote_id) for one in office.to["crm"].sent[3:]]
    assert told == [(3, "A-1")]


def delivered(engine: sa.Engine, backoffice: Backoffice, count: int) -> list[Ticket]:
    """Tickets that the reference back office has taken, a while ago."""
    made = [
        open_ticket(engine, new_ticket(f"call:{n}:1"), destinations=["backoffice"], now=NOW)
        for n in range(count)
    ]
    deliverer = deliverer_to(engine, f"{backoffice.url}/tickets")
    for row in list_deliveries(engine):
        assert deliverer.deliver(row.id) == "acknowledged"
    with engine.begin() as connection:
        connection.execute(deliveries.update().values(acknowledged_at=NOW))
    return made


def run(tmp_path: Path, database_url: str, listing: str, *words: str) -> Result:
    """The command, by a configuration whose back office is listed there."""
    config = tmp_path / "config"
    if not config.exists():
        config.mkdir()
        for path in CONFIG_DIR.iterdir():
            (config / path.name).symlink_to(path)
        (config / "destinations.yaml").unlink()
        (config / "destinations.yaml").write_text(
            f"destinations:\n  backoffice:\n    kind: webhook\n    url: {listing}\n"
            f"    secrets: {{file: office}}\n    private_addresses: true\n    listing: {listing}\n"
        )
        (config / "office").write_text(SECRET)
    settings = load_settings(
        {
            "HOTLINE_STATE_DIR": str(tmp_path),
            "HOTLINE_CONFIG_DIR": str(config),
            "DATABASE_URL": database_url,
        }
    )
    return CliRunner().invoke(cli, ["deliveries", "reconcile", *words], obj=settings)


def test_the_command_asks_the_back_office_itself(
    engine: sa.Engine, database_url: str, tmp_path: Path, backoffice: Backoffice
) -> None:
    """Nothing to say and exit 0; what is missing by its reference, and exit 1; then sent again."""
    delivered(engine, backoffice, 3)
    url = f"{backoffice.url}/tickets"
    words = ("--to", "backoffice", "--since", "2026-11-23")
    result = run(tmp_path, database_url, url, *words)
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1), result.output
    ticket = open_ticket(engine, new_ticket("call:x:1"), destinations=["backoffice"], now=NOW)
    with engine.begin() as connection:  # one that somebody else has acknowledged
        done = {"state": "acknowledged", "acknowledged_at": NOW, "attempts": 1}
        its = deliveries.c.ticket_id == ticket.idempotency_key
        connection.execute(deliveries.update().where(its).values(done))
    result = run(tmp_path, database_url, url, *words, "--send-again", "--json")
    assert result.exit_code == 1
    (difference,) = json.loads(result.stdout)["differences"]
    assert (difference["what"], difference["reference"]) == ("missing", ticket.service_request_id)
    deliverer = deliverer_to(engine, url)
    assert deliverer.deliver(difference["delivery_id"]) == "acknowledged"
    assert len(httpx.get(url, trust_env=False).json()) == 4


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [(200, "<html>", "no list in JSON"), (401, "[]", "HTTP 401"), (200, '{"a": 1}', "no list")],
)
def test_who_does_not_tell_is_told_of(
    engine: sa.Engine, database_url: str, tmp_path: Path, httpserver: HTTPServer,
    status: int, body: str, why: str,
) -> None:  # fmt: skip
    """Exit 1: nobody takes silence for agreement."""
    httpserver.expect_request("/tickets").respond_with_data(body, status=status)
    url = httpserver.url_for("/tickets")
    result = run(tmp_path, database_url, url, "--to", "backoffice", "--since", "7d")
    assert result.exit_code == 1
    assert why in result.stderr


def test_a_listing_is_asked_for_with_a_signature(httpserver: HTTPServer) -> None:
    """Personal data is not for whoever asks; numbers in it that are none are passed over."""
    rows = '[{"service_request_id": "1", "version": 2, "id": 7}, {"id": "x y"}, 3]'
    httpserver.expect_request(
        "/tickets", query_string={"since": "2026-11-24T09:00:00+00:00"}
    ).respond_with_data(rows)
    url = httpserver.url_for("/tickets")
    office = WebhookDestination("crm", url, lambda: [SECRET], listing=url)
    assert isinstance(office, Asked)
    assert list(office.held(NOW, [])) == [Held("1", "7", 2), Held(None, None, None)]
    ((request, _),) = httpserver.log
    assert request.headers["webhook-signature"].startswith("v1,")
