"""A number that was told before the database had its ticket stays the ticket's, whatever came."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from outbox.retry import RetryPolicy
from tests.fixtures.tickets import NOW, new_ticket, python_process
from tickets.lease import take
from tickets.model import Ticket
from tickets.open import find_ticket, list_tickets, open_ticket, withdraw_ticket
from tickets.outbox import list_deliveries
from tickets.reference import spare_reference
from tickets.told import open_told
from tickets.update import update_ticket

TO = ("backoffice", "sms")


def told(engine: sa.Engine, number: str, origin: str = "call:c1:1", **changes: Any) -> Ticket:
    """Open a ticket whose caller was told `number`."""
    return open_told(
        engine,
        new_ticket(origin, **changes),
        number,
        destinations=TO,
        updated=lambda _ticket, _told: TO[:1],
        now=NOW,
    )


def delivered(engine: sa.Engine) -> list[tuple[str, str]]:
    """What was handed out: to whom, and the event."""
    return sorted((row.destination, row.event) for row in list_deliveries(engine))


def nobody(_ticket: Ticket, _told: Sequence[str]) -> tuple[()]:
    """Whom nothing is told."""
    return ()


OPENED = [("backoffice", "ticket.opened"), ("sms", "ticket.opened")]


def test_it_is_opened_once_under_the_number_that_was_told(any_engine: sa.Engine) -> None:
    """However often it is tried, by however many at once."""
    number = spare_reference()
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: told(any_engine, number), range(8)))
    assert {ticket.service_request_id for ticket in opened} == {number}
    (ticket,) = list_tickets(any_engine)
    assert ticket == find_ticket(any_engine, number)
    assert "told_references" not in ticket.attributes
    assert ticket.requested_datetime == NOW
    assert delivered(any_engine) == OPENED


_REPLAYS = """
import sys
from store.database import make_engine
from tests.integration.tickets.test_told_without_sql import told
engine = make_engine(sys.argv[1])
for number in sys.argv[2:]:
    told(engine, number, f"call:{number}:1")
"""


def test_two_processes_that_replay_the_same_make_each_ticket_once(
    any_engine: sa.Engine, any_url: str
) -> None:
    """Each under its own number."""
    numbers = sorted({spare_reference() for _ in range(30)})
    with (
        python_process(_REPLAYS, any_url, *numbers) as one,
        python_process(_REPLAYS, any_url, *numbers) as other,
    ):
        assert (one.wait(60), other.wait(60)) == (0, 0)
    found = list_tickets(any_engine, limit=200)
    assert sorted(ticket.service_request_id for ticket in found) == numbers
    assert len(list_deliveries(any_engine, limit=200)) == 2 * len(numbers)


def test_a_ticket_whose_commit_was_silent_takes_the_number_that_was_told(
    any_engine: sa.Engine,
) -> None:
    """Nobody was told the other; it finds the ticket all the same."""
    silent = open_ticket(any_engine, new_ticket(), destinations=TO, now=NOW)
    number, before = spare_reference(), silent.service_request_id
    assert told(any_engine, number) == told(any_engine, number)
    (ticket,) = list_tickets(any_engine)
    assert (ticket.service_request_id, ticket.version) == (number, 1)
    assert ticket.attributes["told_references"] == [before]
    assert find_ticket(any_engine, number) == find_ticket(any_engine, before) == ticket
    assert delivered(any_engine) == OPENED
    lease = take(any_engine, list_deliveries(any_engine, reference=number)[0].id, RetryPolicy())
    assert lease is not None
    assert lease.message.ticket.service_request_id == number


def test_a_ticket_that_others_know_is_found_by_the_number_that_was_told(
    any_engine: sa.Engine,
) -> None:
    """It keeps its own, and its receivers are told of the other, once."""
    silent = open_ticket(any_engine, new_ticket(), destinations=TO, now=NOW)
    row = next(row for row in list_deliveries(any_engine) if row.destination == "backoffice")
    assert take(any_engine, row.id, RetryPolicy()) is not None
    number = spare_reference()
    assert told(any_engine, number) == told(any_engine, number)
    (ticket,) = list_tickets(any_engine)
    assert (ticket.service_request_id, ticket.version) == (silent.service_request_id, 2)
    assert ticket.attributes["told_references"] == [number]
    assert find_ticket(any_engine, number) == ticket
    assert delivered(any_engine) == [OPENED[0], ("backoffice", "ticket.updated"), OPENED[1]]
    assert len(list_deliveries(any_engine, reference=number)) == 3


def test_of_two_spare_numbers_neither_is_lost(any_engine: sa.Engine) -> None:
    """Two processes led the same turn, and one of them has said its number."""
    one, other = spare_reference(), spare_reference()
    for _ in range(2):
        for number in (one, other):
            told(any_engine, number)
    (ticket,) = list_tickets(any_engine)
    assert ticket.service_request_id == one
    assert ticket.attributes["told_references"] == [other]
    assert find_ticket(any_engine, other) == ticket
    assert ticket.version == 2


def test_a_number_that_another_ticket_has_is_told_loudly(any_engine: sa.Engine) -> None:
    """Which must not be: this ticket gets another, and says which its caller has."""
    number = spare_reference()
    first = told(any_engine, number)
    with capture_logs() as logs:
        for _ in range(2):
            second = told(any_engine, number, "call:c2:1")
    assert second.service_request_id != number
    assert second.attributes["told_references"] == [number]
    assert len(list_tickets(any_engine)) == 2
    assert find_ticket(any_engine, number) == first
    loud = [entry for entry in logs if entry["log_level"] == "critical"]
    assert [entry["event"] for entry in loud] == ["told_reference_taken"]


def test_what_was_kept_unsent_and_then_sent_is_one_ticket(any_engine: sa.Engine) -> None:
    """Both waited on disk: what was told is the number, and it is confirmed."""
    unsent = new_ticket(attributes={"unconfirmed": True})
    kept = open_ticket(any_engine, unsent, destinations=TO, now=NOW)
    assert kept.attributes["unconfirmed"] is True
    number = spare_reference()
    ticket = told(any_engine, number)
    assert ticket.service_request_id == number
    assert "unconfirmed" not in ticket.attributes
    assert len(list_tickets(any_engine)) == 1


@pytest.mark.parametrize("by", ["own", "alias"])
def test_whatever_is_done_by_a_number_is_done_by_either(any_engine: sa.Engine, by: str) -> None:
    """A note is added, and one that was never sent is taken back."""
    unsent = new_ticket(attributes={"unconfirmed": True})
    before = open_ticket(any_engine, unsent, destinations=TO, now=NOW).service_request_id
    number = told(any_engine, spare_reference(), attributes={"unconfirmed": True})
    wanted = number.service_request_id if by == "own" else before
    noted = update_ticket(
        any_engine, wanted, lambda _: {"satisfaction": 5}, destinations=nobody, now=NOW
    )
    assert noted is not None
    assert noted.satisfaction == 5
    assert withdraw_ticket(any_engine, wanted)
    assert list_tickets(any_engine) == []
    assert find_ticket(any_engine, before) is None
