"""The shipped examples of HTTP by template, against helpdesks that behave as the real ones do."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hotline.settings import CONFIG_DIR
from tests.fixtures import contract
from tests.fixtures.helpdesks import Glpi, Helpdesk, Item, Jira, Zammad, as_read
from tests.fixtures.pushing import Way, loaded
from tests.fixtures.small_server import SmallServer, small_server
from tests.fixtures.tickets import new_ticket
from tickets.destination import CannotAsk, Destination, Message
from tickets.destinations.http_template import HttpDestination
from tickets.model import UPDATED
from tickets.open import open_ticket
from tickets.reconcile import reconcile, send_again
from tickets.routing import Route, Routes
from tickets.update import update_ticket

KINDS: dict[str, type[Helpdesk]] = {"zammad": Zammad, "glpi": Glpi, "jira": Jira}
WORDS = 'قال: "حفرة" <b>كبيرة</b>\nو{reference} {{x}} \\ & 100%'


@dataclass
class Desk:
    """A helpdesk, where it listens, and the destination of its example."""

    helpdesk: Helpdesk
    server: SmallServer
    destination: HttpDestination


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """Of each example that ships: all but the host, and that it is on this machine."""
    name = str(request.param)
    helpdesk = KINDS[name]()
    text = (CONFIG_DIR / "destinations.examples" / f"{name}.yaml").read_text(encoding="utf-8")
    with small_server(helpdesk) as server:
        assert helpdesk.host in text
        there = text.replace(helpdesk.host, server.url) + "    private_addresses: true\n"
        made: Destination = loaded(there, tmp_path, **helpdesk.environ)[name]
        assert isinstance(made, HttpDestination)
        yield Desk(helpdesk, server, made)


def test_a_ticket_and_what_is_added_are_there_as_they_were_said(
    any_engine: sa.Engine, desk: Desk
) -> None:
    """Arabic, quotation marks, new lines, tags and braces; what is added is added to its ticket."""
    way = Way(any_engine, desk.destination)
    ticket, other = way.open(description=WORDS), way.open(origin="call:c2:1")
    assert [way.attempt(), way.attempt()] == ["acknowledged"] * 2
    assert {row.remote_id for row in way.rows()} == {
        desk.helpdesk.number(0),
        desk.helpdesk.number(1),
    }
    way.change(ticket, status="reopen", satisfaction=2)
    assert way.attempt() == "acknowledged"
    reference = ticket.service_request_id
    by_mark = {item.title.split()[0]: item for item in desk.helpdesk.items}
    item = by_mark[f"[940-{reference}]"]
    assert "حفرة في الطريق · Pothole" in item.title
    text = as_read(item.text) if isinstance(desk.helpdesk, Glpi) else item.text
    assert text.endswith(WORDS)
    assert "Reference: " + reference in text.split("\n")
    ((subject, added),) = item.added
    added = as_read(added) if isinstance(desk.helpdesk, Glpi) else added
    assert f"[940-{reference}/2]" in (subject, added.split("\n")[0])
    assert "Status: Opened again" in added.split("\n")
    assert by_mark[f"[940-{other.service_request_id}]"].added == []


def test_an_old_ticket_is_opened_at_a_helpdesk_that_was_added_later(
    any_engine: sa.Engine, desk: Desk
) -> None:
    """With its first change, which is in it; what comes afterwards is added to it."""
    way, now = Way(any_engine, desk.destination), datetime.now(UTC)
    ticket = open_ticket(any_engine, new_ticket(), destinations=["before"], now=now)
    routes = Routes((Route("before"), Route(way.name)))
    for status in ("reopen", "closed"):
        update_ticket(
            any_engine,
            ticket.service_request_id,
            lambda _ticket, status=status: {"status": status},  # type: ignore[misc]  # bound
            destinations=routes.after,
            now=now,
        )
        assert way.attempt() == "acknowledged"
    (item,) = desk.helpdesk.items
    assert item.title.startswith(f"[940-{ticket.service_request_id}]")
    assert "Opened again" in item.text
    assert len(item.added) == 1


def test_what_was_deleted_there_comes_back_with_all_that_was_added(
    any_engine: sa.Engine, desk: Desk
) -> None:
    """What was added goes to the new ticket, and nothing to the one that is gone."""
    way, later = Way(any_engine, desk.destination), datetime.now(UTC) + timedelta(days=1)
    way.change(way.open(), satisfaction=2)
    assert [way.attempt(), way.attempt()] == ["acknowledged"] * 2
    desk.helpdesk.items.clear()
    desk.helpdesk.items.append(Item("Another's", ""))
    found = reconcile(any_engine, way.name, desk.destination, later - timedelta(days=2), later)
    assert [one.what for one in found.differences] == ["missing"]
    assert send_again(any_engine, found.differences) == 2
    assert [way.attempt(), way.attempt()] == ["acknowledged"] * 2
    other, back = desk.helpdesk.items
    assert (len(other.added), len(back.added)) == (0, 1)
    assert {row.remote_id for row in way.rows()} == {desk.helpdesk.number(1)}


def test_each_is_made_once_though_the_answers_were_lost(any_engine: sa.Engine, desk: Desk) -> None:
    """None of them would know a repetition: it is looked for before anything is sent again."""
    way = Way(any_engine, desk.destination)
    ticket = way.open()
    desk.server.lost = 1
    desk.server.to = ("POST",)
    assert [way.attempt(), way.attempt()] == ["failed", "acknowledged"]
    way.change(ticket, satisfaction=5)
    desk.server.lost = 1
    assert [way.attempt(), way.attempt()] == ["failed", "acknowledged"]
    (item,) = desk.helpdesk.items
    assert len(item.added) == 1
    assert [row.remote_id for row in way.rows()] == [desk.helpdesk.number(0)] * 2


def test_a_ticket_that_names_another_is_not_taken_for_it(desk: Desk) -> None:
    """A search gives all that have the number anywhere: what begins with the mark is the ticket."""
    there = desk.destination
    about = replace(contract.all_told(), description="[940-989036781]")
    assert about.parent_service_request_id == "989036781"
    assert there.push(Message(about)).verdict == "acknowledged"
    first = Message(contract.pothole(), repeated=True)
    assert there.push(first).remote_id == desk.helpdesk.number(1)
    assert len(desk.helpdesk.items) == 2


def test_a_search_that_is_late_is_waited_for(any_engine: sa.Engine, desk: Desk) -> None:
    """A ticket that was made a moment ago is not found yet: nothing is sent meanwhile."""
    way = Way(any_engine, desk.destination)
    way.open()
    desk.server.lost, desk.helpdesk.lag = 1, 1
    desk.server.to = ("POST",)
    assert [way.attempt() for _ in range(3)] == ["failed", "failed", "acknowledged"]
    assert len(desk.helpdesk.items) == 1


def test_a_secret_that_is_refused_is_no_ticket_s_fault(any_engine: sa.Engine, desk: Desk) -> None:
    """It is tried again; nothing of the secret stands in what is told."""
    way = Way(any_engine, desk.destination)
    way.open()
    desk.helpdesk.shut = True
    assert way.attempt() == "failed"
    assert way.rows()[0].last_status == 401
    desk.helpdesk.shut = False
    assert way.attempt() == "acknowledged"
    for secret in desk.helpdesk.environ.values():
        assert secret not in repr(desk.destination)


def test_a_later_version_finds_the_number_that_was_never_told(desk: Desk) -> None:
    """By the search; and where the ticket is not there, nothing is added to another."""
    pothole = contract.pothole()
    update = Message(pothole, UPDATED, 2)
    result = desk.destination.push(update)
    assert (result.verdict, result.unsure, result.asked) == ("retry", False, False)
    assert "is not found there" in (result.error or "")
    assert desk.destination.push(Message(pothole)).verdict == "acknowledged"
    result = desk.destination.push(update)
    assert (result.verdict, result.remote_id) == ("acknowledged", desk.helpdesk.number(0))
    assert len(desk.helpdesk.items[0].added) == 1


def test_what_it_holds_is_looked_for(desk: Desk) -> None:
    """Ticket by ticket; who cannot be asked says so."""
    there, missing = contract.pothole(), contract.all_told()
    desk.destination.push(Message(there))
    held = list(desk.destination.held(datetime.now(UTC), [Message(there), Message(missing)]))
    assert [(one.reference, one.remote_id) for one in held] == [
        ("989036781", desk.helpdesk.number(0))
    ]
    second, third = (Message(there, UPDATED, version, held[0].remote_id) for version in (2, 3))
    desk.destination.push(second)
    for newest, version in ((second, 2), (third, 1)):
        (one,) = desk.destination.held(datetime.now(UTC), [newest])
        assert one.version == version, "an earlier one than it was sent is told"
    desk.helpdesk.shut = True
    with pytest.raises(CannotAsk, match="401"):
        list(desk.destination.held(datetime.now(UTC), [Message(there)]))
