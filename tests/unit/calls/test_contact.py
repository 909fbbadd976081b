"""Another number to be called on: what callers key, and what becomes of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import OperationalError

from call_handlers.arrival import Facts
from call_handlers.effects.callback import callback_effects
from call_handlers.effects.contact import check_contact
from call_handlers.effects.ticket import ticket_of
from ivr.event import Done
from ivr.session import Session
from tests.fixtures.world import SERVICES
from tickets.model import NewTicket, Ticket

NOW = datetime(2026, 11, 29, tzinfo=UTC)
FACTS = Facts("c1", 1, e164="+966501234567")


class Nowhere:
    """A disk that has no room."""

    def ticket(self, new: NewTicket, now: datetime, /) -> None:
        """It cannot be kept."""
        raise OSError("full")

    def numbered(self, new: NewTicket, now: datetime, /) -> str:
        """Nor under a number."""
        raise OSError("full")

    def note(self, **asked: object) -> None:
        """Nor a note."""
        raise AssertionError(asked)

    def review(self, *, number: str, call_id: str, recording_ref: str, now: datetime) -> None:
        """Nor can this."""
        raise OSError("full")


def session(**answers: str) -> Session:
    """A session with these answers."""
    place = {"building_number": "7421", "postal_code": "23218"}
    return Session("c1", "940", "2", "ask_contact", "ar", answers=place | answers)


@pytest.mark.parametrize(
    ("keyed", "spoken", "e164"),
    [
        ("0559876543", "0559876543", "+966559876543"),
        ("0126149940", "0126149940", "+966126149940"),
        ("966559876543", "0559876543", "+966559876543"),
        ("00966559876543", "0559876543", "+966559876543"),
    ],
)
def test_a_number_as_people_dial_it_is_taken(keyed: str, spoken: str, e164: str) -> None:
    """With its zeros, or with the country's code."""
    told = check_contact(FACTS, session(contact_keyed=keyed), NOW)
    assert told == Done("known", {"contact": spoken, "contact_e164": e164})


@pytest.mark.parametrize(
    "keyed",
    ["", "9400000", "05598765", "000000000", "0559876543210", "00263771234567", "00442071838750"],
)
def test_what_is_no_whole_number_is_asked_again(keyed: str) -> None:
    """Too short, too long, nobody's, or abroad: a message may be sent there."""
    assert check_contact(FACTS, session(contact_keyed=keyed), NOW) == Done("wrong")


def test_the_ticket_has_the_number_that_was_asked_for_and_tells_whence_the_call_came() -> None:
    """Whoever works it calls the one; the other is only noted, and only then."""
    service = SERVICES["RD_HOLE"]
    plain = ticket_of(FACTS, session(), service, "report")
    assert (plain.phone, "called_from" in plain.attributes) == ("+966501234567", False)
    other = ticket_of(FACTS, session(contact_e164="+966559876543"), service, "report")
    assert other.phone == "+966559876543"
    assert other.attributes["called_from"] == "+966501234567"


def test_who_waits_to_be_called_is_called_on_the_number_that_they_were_told() -> None:
    """ "On this number" is the one that they call from, whatever they keyed for the report."""
    opened: list[NewTicket] = []

    def keep_it(new: NewTicket, _now: datetime) -> Ticket:
        opened.append(new)
        raise OperationalError("insert", {}, Exception("away"))

    effects = callback_effects(keep_it, SERVICES, Nowhere())
    keyed = session(contact_e164="+966559876543", service_code="RD_HOLE")
    effects["open_callback"](FACTS, keyed, NOW)
    effects["open_callback"](replace(FACTS, e164=None, withheld=True), keyed, NOW)
    assert [(new.phone, new.callback_requested) for new in opened] == [
        ("+966501234567", True),
        ("+966559876543", True),
    ]
