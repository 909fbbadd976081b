"""What a caller gives for one thing comes into nothing else, in whatever order they do things."""

import pytest

from call_handlers.arrival import Call
from call_handlers.memory import RedisMemory
from ivr.event import HungUp, Recorded, Transferred
from ivr.turn import Transfer
from store.breaker import Breaker
from tests.fixtures.calls import House, arrival, play, to_confirm
from tests.fixtures.dialog import REPORT

COMPLAINT = ("2", "2")
"""From the main menu: a complaint about a department or an employee."""


def over(house: House, call: Call, *acts: object) -> Call:
    """The call, after these and the caller's hang-up."""
    desk = house.desk()
    call = play(desk, call, *acts, HungUp())  # type: ignore[arg-type]  # keys and events, as play has them
    desk.end(call, "hangup")
    return call


def test_a_report_and_a_complaint_that_were_both_left_are_two_tickets(house: House) -> None:
    """Each with its own words; the record names both."""
    desk = house.desk()
    call = to_confirm(desk, desk.begin(arrival()))
    call = over(house, play(desk, call, *("*",) * 4, *COMPLAINT), Recorded("complaint-1", 4000))
    tickets = {ticket.kind: ticket for ticket in house.tickets()}
    assert set(tickets) == {"report", "complaint"}
    assert tickets["complaint"].recording_ref == "complaint-1"
    assert tickets["report"].recording_ref not in (None, "complaint-1")
    assert (tickets["complaint"].address, tickets["complaint"].service_code) == ({}, "OTHER")
    record, _ = house.written(call.call_id)
    assert len(record.tickets) == 2


def test_a_spoken_report_that_is_left_for_another_is_kept(house: House) -> None:
    """By `1` in the main menu: as if they had hung up there; the new one begins with nothing."""
    desk = house.desk()
    call = play(desk, to_confirm(desk, desk.begin(arrival())), *("*",) * 4, "1")
    assert call.session.node == "report_group"
    assert not {"place", "service_code", "recording"} & set(call.session.answers)
    (left,) = house.tickets()
    assert (left.kind, left.attributes["unconfirmed"]) == ("report", True)
    assert left.recording_ref is not None
    call = over(house, play(desk, call, "3", "1", "1", "3105", "21442"), Recorded("again-1", 4000))
    tickets = {ticket.service_code: ticket for ticket in house.tickets()}
    assert set(tickets) == {"RD_HOLE", "FL_RAIN"}
    assert tickets["FL_RAIN"].recording_ref == "again-1"
    record, _ = house.written(call.call_id)
    assert set(record.tickets) == {one.service_request_id for one in tickets.values()}


def test_a_spoken_complaint_that_is_left_for_another_is_kept(house: House) -> None:
    """By `2` in the main menu."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1", *COMPLAINT, Recorded("complaint-1", 4000))
    call = over(house, play(desk, call, "*", "*", "2", "3"), Recorded("complaint-2", 4000))
    tickets = {ticket.recording_ref: ticket for ticket in house.tickets()}
    assert set(tickets) == {"complaint-1", "complaint-2"}
    assert tickets["complaint-1"].attributes["complaint"] == "STAFF"
    assert tickets["complaint-2"].attributes["complaint"] == "CONTRACTOR"


def test_a_complaint_whose_caller_wants_to_be_called_is_a_complaint(house: House) -> None:
    """With its words and what it is about, and one ticket of it."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1", *COMPLAINT, Recorded("complaint-1", 4000))
    call = over(house, play(desk, call, "0", Transferred("busy")), "2")
    (ticket,) = house.tickets()
    assert (ticket.kind, ticket.attributes["complaint"]) == ("complaint", "STAFF")
    assert (ticket.recording_ref, ticket.callback_requested) == ("complaint-1", True)
    assert "unconfirmed" not in ticket.attributes
    assert call.session.answers.get("complaint") is None


def test_a_place_is_changed_as_a_whole(house: House) -> None:
    """Who hangs up in the middle of a new one has reported from the one before."""
    desk = house.desk()
    call = to_confirm(desk, desk.begin(arrival()))
    over(house, play(desk, call, "*"), "1", "3105")
    (ticket,) = house.tickets()
    assert ticket.address == {"building_number": "7421", "postal_code": "23218"}


@pytest.mark.parametrize("keys", [(), ("1", "3105"), ("2",), ("3",), ("*",)])
def test_who_hangs_up_while_they_change_the_place_has_reported(
    house: House, keys: tuple[str, ...]
) -> None:
    """By `2` where it is read back: it is where it was until they have said another."""
    desk = house.desk()
    over(house, play(desk, to_confirm(desk, desk.begin(arrival())), "2"), *keys)
    (ticket,) = house.tickets()
    assert ticket.attributes["unconfirmed"] is True
    assert ticket.address == {"building_number": "7421", "postal_code": "23218"}


def test_an_address_that_is_asked_about_is_not_the_report_s(house: House) -> None:
    """The report was spoken before; it is where it was."""
    desk = house.desk()
    call = to_confirm(desk, desk.begin(arrival()))
    over(house, play(desk, call, *("*",) * 4, "3", "1", "1"), "9999", "99999")
    (ticket,) = house.tickets()
    assert ticket.address["building_number"] == "7421"


def test_a_draft_goes_on_at_a_question_of_its_report(house: House) -> None:
    """Also where its caller had gone to operators that did not answer, and hung up there."""
    memory = RedisMemory(house.client(), Breaker(0.0))
    desk = house.desk(memory=memory)
    call = play(desk, desk.begin(arrival()), *REPORT[:5], "0", Transferred("busy"), HungUp())
    desk.end(call, "hangup")
    call = play(desk, desk.begin(arrival("2")), "1")
    assert call.session.node == "ask_building"
    assert play(desk, call, "0").turn.action == Transfer("operators")
