"""Another number to be called on: what callers key, and what becomes of it."""

from datetime import UTC, datetime

import pytest

from call_handlers.arrival import Facts
from call_handlers.effects.contact import check_contact
from call_handlers.effects.ticket import ticket_of
from ivr.event import Done
from ivr.session import Session
from tests.fixtures.calls import SERVICES

NOW = datetime(2026, 11, 29, tzinfo=UTC)
FACTS = Facts("c1", 1, e164="+966501234567")


def session(**answers: str) -> Session:
    """A session with these answers."""
    place = {"building_number": "7421", "postal_code": "23218"}
    return Session("c1", "940", 2, "ask_contact", "ar", answers=place | answers)


@pytest.mark.parametrize(
    ("keyed", "spoken", "e164"),
    [
        ("0559876543", "0559876543", "+966559876543"),
        ("0126149940", "0126149940", "+966126149940"),
        ("966559876543", "0559876543", "+966559876543"),
        ("00966559876543", "0559876543", "+966559876543"),
        ("00442071838750", "00442071838750", "+442071838750"),
    ],
)
def test_a_number_as_people_dial_it_is_taken(keyed: str, spoken: str, e164: str) -> None:
    """Here and abroad, with the zeros that are dialled here."""
    told = check_contact(FACTS, session(contact_keyed=keyed), NOW)
    assert told == Done("known", {"contact": spoken, "contact_e164": e164})


@pytest.mark.parametrize("keyed", ["", "9400000", "05598765", "000000000", "0559876543210"])
def test_what_is_no_whole_number_is_asked_again(keyed: str) -> None:
    """Too short, too long, or nobody's."""
    assert check_contact(FACTS, session(contact_keyed=keyed), NOW) == Done("wrong")


def test_the_ticket_has_the_number_that_was_asked_for_and_tells_whence_the_call_came() -> None:
    """Whoever works it calls the one; the other is only noted, and only then."""
    service = SERVICES["RD_HOLE"]
    plain = ticket_of(FACTS, session(), service, "report")
    assert (plain.phone, "called_from" in plain.attributes) == ("+966501234567", False)
    other = ticket_of(FACTS, session(contact_e164="+966559876543"), service, "report")
    assert other.phone == "+966559876543"
    assert other.attributes["called_from"] == "+966501234567"
