"""The desk: a call survives the process that has it, and its record tells all."""

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy.exc import OperationalError

from call_handlers.arrival import Call
from call_handlers.desk import CallDesk
from call_handlers.effects.port import OpenTicket
from call_handlers.sessions import MemorySessions
from call_handlers.turns import CallFailed
from ivr.event import Digits, Done, NoInput, Recorded, Transferred
from ivr.flows import Flows
from ivr.turn import HangUp, Perform, Record, Transfer
from tests.fixtures.calls import CALLER, FailingSessions, House, arrival, play, to_confirm
from tests.fixtures.dialog import FLOW, LOOKED_UP, REPORT
from tests.fixtures.flows import small
from tests.fixtures.redis_process import RedisProcess
from tickets.model import NewTicket


def test_a_call_becomes_a_ticket_and_a_record(house: House) -> None:
    """The whole path: begin, report, reference, end."""
    desk = house.desk()
    call = to_confirm(desk, desk.begin(arrival()))
    house.clock.now += 60
    call = play(desk, call, "1")
    assert [prompt.key for prompt in call.turn.prompts] == ["registered", "reference"]
    call = play(desk, call, NoInput())
    assert isinstance(call.turn.action, HangUp)
    desk.end(call, "done")
    record, events = house.written(call.call_id)
    (ticket,) = house.tickets()
    assert record.tickets == (ticket.service_request_id,)
    assert (record.disposition, record.verdict, record.screening) == ("completed", "allow", "ok")
    assert (record.e164, record.attestation, record.channel) == (CALLER, "A", "asterisk")
    assert (record.last_node, record.seconds) == ("goodbye", 60.0)
    assert record.path[:3] == ("welcome", "language", "main")
    assert [event.kind for event in events[-4:]] == ["digits", "effect", "noinput", "end"]
    assert ticket.call_id == call.call_id
    assert ticket.recording_ref == f"{call.call_id}-{len(REPORT) + LOOKED_UP + 1}"
    assert ticket.attributes["recording_ms"] == 3000


def test_a_record_is_there_while_the_call_goes_on(house: House) -> None:
    """It is written at the beginning and completed at the end."""
    call = house.desk().begin(arrival())
    record, events = house.written(call.call_id)
    assert (record.ended_at, record.disposition, events) == (None, "", ())


# --- beginning ----------------------------------------------------------------------------------


def test_beginning_twice_is_beginning_once(house: House) -> None:
    """The stored turn comes back, and no turn is made."""
    desk = house.desk()
    first = desk.begin(arrival())
    again = desk.begin(arrival())
    assert (again.session, again.turn, again.facts) == (first.session, first.turn, first.facts)


def test_another_server_takes_up_the_very_turn(house: House) -> None:
    """With all answers given so far, under the same number."""
    first = house.desk()
    call = play(first, first.begin(arrival()), *REPORT[:6])
    second = house.desk()
    taken = second.begin(arrival())
    assert (taken.session, taken.turn) == (call.session, call.turn)
    assert taken.session.answers["building_keyed"] == "7421"
    end = play(second, to_confirm_from_postal(second, taken), "1")
    assert end.session.disposition == "completed"
    second.end(end, "done")
    _, events = house.written(call.call_id)
    assert [event.turn for event in events] == [*range(1, end.turn.number), end.turn.number]


def to_confirm_from_postal(desk: CallDesk, call: Call) -> Call:
    """From the postal code on to confirm."""
    return play(desk, call, "23218", Recorded("r-9", 2000))


def test_eight_servers_that_begin_at_once_have_one_call(house: House) -> None:
    """One of them screens and stores; the others take up what it made."""
    desks = [house.desk() for _ in range(8)]
    barrier = threading.Barrier(8)

    def begun(desk: CallDesk) -> Call:
        barrier.wait()
        return desk.begin(arrival())

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(begun, desks))
    assert len({call.session.turn for call in found}) == 1
    assert {call.turn.number for call in found} == {1}


def test_calls_of_two_channels_are_two_calls() -> None:
    """A provider's id means something within its channel only."""
    assert arrival().call_id != arrival(channel="twilio").call_id
    assert arrival().call_id == arrival(caller="0501234567").call_id


# --- advancing ----------------------------------------------------------------------------------


def test_a_turn_that_was_overtaken_keeps_the_others_outcome(house: House) -> None:
    """Two servers took the same turn: whoever stored first decides, for both."""
    one, two = house.desk(), house.desk()
    call = one.begin(arrival())
    first = one.advance(call, Digits("2"))
    second = two.advance(call, Digits("1"))
    assert (second.session, second.turn) == (first.session, first.turn)
    assert second.session.language == "en"
    two.end(second, "hangup")
    _, events = house.written(call.call_id)
    assert [(event.kind, event.input) for event in events] == [
        ("digits", "2"),
        ("end", "hangup"),
    ]


def test_an_effect_that_runs_twice_opens_one_ticket(house: House) -> None:
    """The server died after the commit and before it stored the next turn."""
    dying = house.desk(FailingSessions(house.sessions(), lambda doing, turn: turn >= 12))
    call = to_confirm(dying, dying.begin(arrival()))
    assert call.turn.number == 11
    told = play(house.desk(), call, "1")  # the next server stores turn 12 and 13
    again = play(dying, call, "1")  # the first one goes on without the store
    (ticket,) = house.tickets()
    assert told.session.answers["reference"] == ticket.service_request_id
    assert again.session.answers["reference"] == ticket.service_request_id


def test_a_server_that_dies_in_an_effect_is_followed_by_one_that_ends_it(house: House) -> None:
    """The turn that asks for the effect is stored before the effect runs."""

    class Killed(BaseException):
        pass

    def killed(*_: object) -> NoReturn:
        raise Killed

    def committed_then_killed(new: NewTicket, now: datetime) -> NoReturn:
        house.open_ticket(new, now)
        raise Killed

    openers: tuple[OpenTicket, ...] = (killed, committed_then_killed)
    for number, opener in enumerate(openers, start=1):
        dying = house.desk(opener=opener)
        call = to_confirm(dying, dying.begin(arrival(str(number))))
        with pytest.raises(Killed):
            play(dying, call, "1")
        stored = house.desk().find(call.call_id)
        assert stored is not None
        assert isinstance(stored.turn.action, Perform)
        taken = house.desk().begin(arrival(str(number)))
        assert taken.turn.prompts[-1].key == "reference"
        assert len(house.tickets()) == number


def test_a_second_report_of_a_call_is_a_second_ticket(house: House) -> None:
    """And both stand in the record; the second without a recording has none of the first."""
    desk = house.desk()
    call = play(desk, to_confirm(desk, desk.begin(arrival())), "1", "1")
    elsewhere = "2"
    call = play(desk, call, "1", "3", "3", elsewhere, "1", "1111", "22222")
    assert isinstance(call.turn.action, Record)
    call = play(desk, call, Recorded("", 0), "1")
    desk.end(call, "hangup")
    record, _ = house.written(call.call_id)
    by_code = {ticket.service_code: ticket for ticket in house.tickets()}
    assert set(by_code) == {"RD_HOLE", "SW_COVER"}
    assert set(record.tickets) == {t.service_request_id for t in by_code.values()}
    assert by_code["SW_COVER"].recording_ref is None
    assert "recording_ms" not in by_code["SW_COVER"].attributes
    assert by_code["SW_COVER"].address.items() >= {"building_number": "1111"}.items()


def test_what_an_effects_node_says_is_heard_before_what_follows(
    house: House, tmp_path: Path
) -> None:
    """Also by a caller whose turn another process takes up."""
    nodes = """
    main:
      kind: menu
      say: [main]
      options:
        "1": {to: note}
    note:
      kind: do
      say: [more]
      effect: note
      outcomes: {noted: bye}
    bye:
      kind: end
      say: [bye]
    """
    effects = {"note": lambda *_: Done("noted")}
    desk = replace(house.desk(flows=Flows(small(tmp_path, nodes))), effects=effects)
    call = play(desk, desk.begin(arrival()), "1")
    assert [prompt.key for prompt in call.turn.prompts] == ["more", "bye"]
    assert desk.begin(arrival()).turn == call.turn


def test_a_database_that_is_away_leads_to_a_human(house: House) -> None:
    """No number is told that is not on disk."""

    def away(*_: object) -> NoReturn:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    desk = house.desk(opener=away)
    call = play(desk, to_confirm(desk, desk.begin(arrival())), "1")
    assert call.turn.action == Transfer("operators")
    assert [prompt.key for prompt in call.turn.prompts] == ["open_failed", "operator"]


def test_an_effect_that_is_broken_leads_to_a_human(house: House) -> None:
    """Whatever is wrong with it, the caller does not hear silence."""

    def broken(*_: object) -> NoReturn:
        raise RuntimeError("no free reference number in 10 tries")

    desk = house.desk(opener=broken)
    call = play(desk, to_confirm(desk, desk.begin(arrival())), "1")
    assert call.turn.action == Transfer("operators")


def test_whom_no_operator_takes_after_a_fault_is_offered_what_all_others_are(house: House) -> None:
    """A fault at a node that has no way on from one: people, and then a call back or a message."""

    def broken(*_: object) -> NoReturn:
        raise RuntimeError("whatever nobody foresaw")

    desk = house.desk()
    desk = dataclasses.replace(desk, effects={**desk.effects, "find_last_place": broken})
    call = play(desk, desk.begin(arrival()), "1", "1", "1", "1")
    assert call.turn.action == Transfer("operators")
    assert [prompt.key for prompt in call.turn.prompts] == ["operator"]
    call = play(desk, call, Transferred("busy"))
    assert (call.turn.node, call.session.transferred_to) == ("call_back_or_message", "")
    call = play(desk, call, "2")
    desk.end(call, "done")
    record, _ = house.written(call.call_id)
    assert (record.disposition, len(record.tickets)) == ("completed", 1)


def test_a_flow_that_has_no_way_to_people_puts_its_caller_through_all_the_same(
    house: House,
) -> None:
    """It was changed under a live call."""
    without = dataclasses.replace(FLOW, nodes={"main": FLOW.nodes["main"]})
    call = house.desk().begin(arrival())
    call = house.desk(flows=Flows(without)).advance(call, Digits("1"))
    assert call.turn.action == Transfer("operators")
    assert (call.turn.prompts, call.session.transferred_to) == ((), "operators")


def test_a_caller_who_plays_with_the_keys_for_ever_gets_a_human(house: House) -> None:
    """The channel brings a call that failed to the operators, if the flow never gives up."""
    endless = Flows(dataclasses.replace(FLOW, most_turns=10_000))
    desk = house.desk(MemorySessions(), flows=endless)
    call = desk.begin(arrival())
    for number in range(499):
        call = desk.advance(call, Digits("1" if number % 2 == 0 else "*"))
    with pytest.raises(CallFailed, match="500"):
        desk.advance(call, Digits("*"))


def test_a_session_of_another_release_fails_the_call(house: House) -> None:
    """It is not guessed at, and not overwritten: the channel brings the caller to a human."""
    sessions = house.sessions()
    sessions.save(arrival().call_id, 3, '{"of": "another release"}', [])
    with pytest.raises(CallFailed):
        house.desk(sessions).begin(arrival())


# --- Redis away -----------------------------------------------------------------------------------


@pytest.mark.parametrize("back", [True, False])
def test_a_store_that_goes_away_in_mid_call_loses_no_event(house: House, back: bool) -> None:
    """The call goes on with what the process holds, and all of it is in the record."""
    away = {5, 6, 7} if back else range(5, 100)

    def lost(doing: str, turn: int) -> bool:
        return turn in away or (doing != "save" and not back)

    desk = house.desk(FailingSessions(house.sessions(), lost))
    call = play(desk, to_confirm(desk, desk.begin(arrival())), "1")
    desk.end(call, "hangup")
    record, events = house.written(call.call_id)
    assert record.disposition == "completed"
    turns = [event.turn for event in events]
    assert turns == [*range(1, call.turn.number), call.turn.number]
    assert len(house.tickets()) == 1


def test_the_turn_in_hand_counts_more_than_an_older_one_that_is_stored(house: House) -> None:
    """The store was away for the last turns and is back for the end: the record has them."""
    lost = FailingSessions(house.sessions(), lambda doing, turn: turn > 5)
    desk = house.desk(lost)
    call = play(desk, desk.begin(arrival()), *REPORT[:6])
    desk.end(call, "hangup")
    record, events = house.written(call.call_id)
    assert (record.last_node, record.turns) == ("ask_postal", 10)
    told = [(event.turn, event.kind) for event in events][6:]
    assert told == [(7, "digits"), (8, "hangup"), (9, "effect"), (10, "end")]


def test_redis_that_is_killed_in_mid_call_costs_the_caller_nothing(
    house: House, redis_server: RedisProcess
) -> None:
    """A real server, killed and started again with the data it had."""
    redis_server.write_through()
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), *REPORT[:4])
    redis_server.kill()
    try:
        call = play(desk, call, *REPORT[4:])
        assert isinstance(call.turn.action, Record)
    finally:
        redis_server.start()
    call = play(desk, call, Recorded("r-1", 900), "1")
    assert house.desk().begin(arrival()).turn == call.turn
    desk.end(call, "hangup")
    record, events = house.written(call.call_id)
    assert [event.turn for event in events] == [*range(1, 13), 13]
    assert record.disposition == "completed"


def test_a_call_without_redis_is_served_unscreened_and_says_so(
    house: House, redis_server: RedisProcess
) -> None:
    """Fail open, and the record knows."""
    house.restrict(CALLER, days=7)
    redis_server.kill()
    try:
        desk = house.desk()
        call = desk.begin(arrival())
        assert call.turn.node == "language"
        desk.end(play(desk, call, "1"), "hangup")
    finally:
        redis_server.start()
    record, _ = house.written(call.call_id)
    assert (record.verdict, record.screening) == ("allow", "degraded")
