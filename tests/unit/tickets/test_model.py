"""The ticket as data: what is refused, and how it is told to others."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fixtures.tickets import NOW, new_ticket
from tickets.model import Address, InvalidTicket, NewTicket, Ticket, to_wire
from tickets.open import build_ticket


def a_ticket(**changes: Any) -> Ticket:
    """What opening would commit."""
    return build_ticket(new_ticket(**changes), NOW, "572400002")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("origin", ""),
        ("kind", "praise"),
        ("channel", "fax"),
        ("language", "french"),
        ("priority", "vip"),
        ("service_code", "rd hole"),
        ("service_code", "RD_HOLE\n"),
        ("phone", "0501234567"),
        ("phone", "+٩٦٦٥٠١٢٣٤٥٦٧"),
        ("phone", "+966501234567\n"),
        ("lat", 21.5),
        ("target_hours", 0),
        ("description", "x" * 4001),
        ("description", "a\x00b"),
        ("first_name", "\ud800"),
        ("call_id", "c" * 101),
    ],
)
def test_a_wrong_field_is_refused_by_name_with_the_mend(field: str, value: Any) -> None:
    """Whoever builds a ticket wrongly is told which field and what to pass."""
    with pytest.raises(InvalidTicket, match=rf"^{field}: .*; ") as caught:
        new_ticket(**{field: value})
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("building_number", "742"),
        ("building_number", "٧٤٢١"),
        ("postal_code", "2321"),
        ("postal_code", "23218\n"),
        ("secondary_number", "12345"),
        ("short_address", "rrrd2929"),
        ("street", "x" * 201),
    ],
)
def test_an_address_part_of_the_wrong_form_is_refused(part: str, value: str) -> None:
    """Addresses have the forms of the National Address, in ASCII digits."""
    with pytest.raises(InvalidTicket, match=f"address.{part}"):
        Address(**{part: value})


def test_a_withheld_number_is_not_kept() -> None:
    """A caller who withholds the number has no phone on the ticket."""
    with pytest.raises(InvalidTicket, match="phone"):
        new_ticket(caller_id_withheld=True)
    assert new_ticket(caller_id_withheld=True, phone=None).phone is None


def test_a_report_needs_a_place_and_an_inquiry_does_not() -> None:
    """Crews are sent to reports; nobody is sent to a question."""
    with pytest.raises(InvalidTicket, match="no place"):
        new_ticket(address=Address())
    assert new_ticket(address=Address(), sub_municipality="ABH")
    assert new_ticket(address=Address(), kind="inquiry")


def test_the_wire_form_tells_time_in_riyadh_and_leaves_out_what_is_unknown() -> None:
    """Receivers see Open311 names, +03:00, and no nulls but the phone's and the call's."""
    ticket = a_ticket(caller_id_withheld=True, phone=None)
    assert to_wire(ticket) == {
        "service_request_id": ticket.service_request_id,
        "idempotency_key": ticket.idempotency_key,
        "jurisdiction_id": "jeddah.gov.sa",
        "service_code": "RD_HOLE",
        "kind": "report",
        "channel": "phone",
        "status": "open",
        "requested_datetime": "2026-11-24T12:00:00+03:00",
        "updated_datetime": "2026-11-24T12:00:00+03:00",
        "status_datetime": "2026-11-24T12:00:00+03:00",
        "expected_datetime": "2026-11-27T12:00:00+03:00",
        "language": "ar",
        "caller_id_withheld": True,
        "location_verified": False,
        "call_id": "c1",
        "version": 1,
        "phone": None,
        "address_string": "7421, 23218",
        "address": {"building_number": "7421", "postal_code": "23218"},
        "location_source": "number_plate",
        "attributes": {},
        "agency_responsible": ["roads"],
        "priority": "normal",
        "callback_requested": False,
        "external_ids": {},
    }


def test_a_short_address_is_the_address_id() -> None:
    """Open311's address_id carries the short address."""
    wire = to_wire(a_ticket(address=Address(short_address="RRRD2929")))
    assert wire["address_id"] == "RRRD2929"
    assert wire["address_string"] == "RRRD2929"


def test_two_tickets_never_share_a_key() -> None:
    """The idempotency key is minted for each ticket."""
    assert a_ticket().idempotency_key != a_ticket().idempotency_key


def test_data_is_frozen() -> None:
    """A ticket is changed by making another."""
    ticket = a_ticket()
    with pytest.raises(AttributeError):
        ticket.status = "closed"  # type: ignore[misc]  # it is what is shown
    later = datetime(2026, 11, 25, tzinfo=UTC) - timedelta(hours=1)
    assert replace(ticket, updated_datetime=later).version == 1
    assert isinstance(new_ticket(), NewTicket)
