"""When no operator answers: a call back or a message, and no promise that cannot be kept."""

from call_handlers.arrival import Call
from call_handlers.desk import CallDesk
from ivr.event import Recorded, Transferred
from ivr.turn import HangUp, Record
from tests.fixtures.calls import CALLER, House, arrival, play


def to_no_operator(desk: CallDesk, call: Call) -> Call:
    """From the language, through a transfer that nobody took."""
    call = play(desk, call, "1", "0")
    return play(desk, call, Transferred("unavailable"))


def heard(call: Call) -> list[str]:
    """The keys of the turn's prompts."""
    return [prompt.key for prompt in call.turn.prompts]


def test_who_shows_a_number_is_called_back(house: House) -> None:
    """A ticket says so, and the caller hears its number."""
    desk = house.desk()
    call = play(desk, to_no_operator(desk, desk.begin(arrival())), "2")
    assert heard(call) == ["callback_noted"]
    (ticket,) = house.tickets()
    assert (ticket.phone, ticket.callback_requested, ticket.kind) == (CALLER, True, "inquiry")


def test_who_shows_none_is_asked_for_a_message_instead(house: House) -> None:
    """It is kept under a number; nobody says that they will call."""
    desk = house.desk()
    call = desk.begin(arrival(caller="", withheld=True))
    call = play(desk, to_no_operator(desk, call), "2")
    assert isinstance(call.turn.action, Record)
    call = play(desk, call, Recorded("message-1", 4000))
    assert heard(call) == ["voicemail_noted"]
    (ticket,) = house.tickets()
    assert (ticket.phone, ticket.callback_requested) == (None, False)
    assert (ticket.recording_ref, ticket.caller_id_withheld) == ("message-1", True)


def test_who_shows_none_and_cannot_be_recorded_is_not_asked_for_ever(house: House) -> None:
    """The call ends, and no ticket promises anything."""
    desk = house.desk()
    call = desk.begin(arrival(caller="", withheld=True))
    call = play(desk, to_no_operator(desk, call), "2", Recorded("", 0))
    assert isinstance(call.turn.action, HangUp)
    assert heard(call) == ["silent_goodbye"]
    assert house.tickets() == []
