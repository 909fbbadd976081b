"""What the caller did last, told after the end: the call is as if it had been told before."""

from dataclasses import replace
from datetime import datetime

import pytest

from call_handlers.arrival import Call
from ivr.event import Digits, Event, Recorded, Transferred
from tests.fixtures.calls import House, arrival, play, to_confirm
from tickets.model import NewTicket, Ticket


def broken(_reference: str) -> bool:
    """A database that is away."""
    raise ConnectionError("away")


def left_at_confirm(house: House) -> Call:
    """A call whose caller was told to have hung up at the last question."""
    desk = house.desk()
    call = to_confirm(desk, desk.begin(arrival()))
    house.clock.now += 4
    desk.end(call, "hangup")
    ended = desk.find(call.call_id, ended=True)
    assert ended is not None
    return ended


def test_a_ticket_that_cannot_be_taken_back_stays(house: House) -> None:
    """Then no second one is made, though the key that sends the report came after all."""
    ended = left_at_confirm(house)
    assert ended.left is not None
    desk = replace(house.desk(), withdraw=broken)
    again = desk.late(ended, ended.left.turn.number, Digits("1"))
    assert again is not None
    desk.end(again, "hangup")
    (ticket,) = house.tickets()
    assert ticket.attributes["unconfirmed"] is True
    record, events = house.written(ended.call_id)
    assert record.tickets == (ticket.service_request_id,)
    assert next(event.input for event in events if event.node == "confirm") == "1"


def test_what_came_late_took_as_long_as_the_caller_was_asked(house: House) -> None:
    """Counted from the question, and not from the end that was told first."""
    ended = left_at_confirm(house)
    assert ended.left is not None
    house.clock.now += 1
    desk = house.desk()
    again = desk.late(ended, ended.left.turn.number, Digits("1"))
    assert again is not None
    desk.end(again, "hangup")
    _, events = house.written(ended.call_id)
    (sent,) = [event for event in events if event.node == "confirm"]
    assert (sent.kind, sent.ms) == ("digits", 5000)
    assert [event.turn for event in events] == sorted(event.turn for event in events)


@pytest.mark.parametrize(
    "event", [Digits(""), Digits("?"), Recorded("", 0), Transferred("busy"), Transferred("hangup")]
)
def test_what_says_nothing_new_changes_nothing(house: House, event: Event) -> None:
    """No key, no sound, and nobody who has answered."""
    ended = left_at_confirm(house)
    assert ended.left is not None
    assert house.desk().late(ended, ended.left.turn.number, event) is None
    assert house.desk().late(ended, ended.left.turn.number - 1, Digits("1")) is None


def test_it_counts_once(house: House) -> None:
    """Of two processes that are told, one goes on with the call; a third time it is no news."""
    ended = left_at_confirm(house)
    assert ended.left is not None
    number = ended.left.turn.number
    again = house.desk().late(ended, number, Digits("1"))
    assert again is not None
    assert house.desk().late(ended, number, Digits("9")) is None
    assert house.desk().late(again, number, Digits("9")) is None


def test_a_call_that_nobody_has_left_cannot_be_late(house: House) -> None:
    """It is going on."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1")
    assert desk.late(call, call.turn.number, Digits("1")) is None


def test_an_effect_runs_once_though_the_call_is_ended_in_the_midst_of_it(house: House) -> None:
    """Nothing can be kept of its turn any more: it is not asked for again and again."""
    opened: list[str] = []

    def open_ticket(new: NewTicket, now: datetime) -> Ticket:
        opened.append(new.origin)
        if len(opened) > 3:
            pytest.fail("again and again")
        house.sessions().finish(call.call_id)
        return house.open_ticket(new, now)

    desk = house.desk(opener=open_ticket)
    call = to_confirm(desk, desk.begin(arrival()))
    sent = play(desk, call, "1")
    assert len(opened) == 1
    (ticket,) = house.tickets()
    assert sent.session.answers["references"] == ticket.service_request_id
