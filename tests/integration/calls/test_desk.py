"""The desk: a call survives the process that has it, and its record tells all."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from sqlalchemy.exc import OperationalError

from call_handlers.arrival import Arrival, Call
from call_handlers.desk import CallDesk, CallFailed
from call_handlers.sessions import MemorySessions
from ivr.event import Digits, HungUp, NoInput, Recorded, Transferred
from ivr.turn import HangUp, Perform, Record, Transfer
from tests.fixtures.calls import CALLER, FailingSessions, House, arrival, play, to_confirm
from tests.fixtures.dialog import REPORT
from tests.fixtures.redis_process import RedisProcess


def test_a_call_becomes_a_ticket_and_a_record(house: House) -> None:
    """The whole path: begin, report, reference, end."""
    desk = house.desk()
    call = to_confirm(desk, desk.begin(arrival()))
    house.clock.now += 60
    call = play(desk, call, "1")
    assert [prompt.key for prompt in call.turn.prompts] == ["reference"]
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
    assert ticket.recording_ref == f"{call.call_id}-9"
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
    assert taken.session.answers["building_number"] == "7421"
    end = play(second, to_confirm_from_postal(second, taken), "1")
    assert end.session.disposition == "completed"
    second.end(end, "done")
    _, events = house.written(call.call_id)
    assert [event.turn for event in events] == [*range(1, end.turn.number), end.turn.number]


def to_confirm_from_postal(desk: CallDesk, call: Call) -> Call:
    """From the postal code on to confirm."""
    return play(desk, call, "23218", "1", Recorded("r-9", 2000), "1")


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

    def killed(*_: object) -> None:
        raise Killed

    def committed_then_killed(new: object, now: object) -> None:
        house.open_ticket(new, now)  # type: ignore[arg-type]
        raise Killed

    for number, opener in enumerate((killed, committed_then_killed), start=1):
        dying = house.desk(opener=opener)  # type: ignore[arg-type]
        call = to_confirm(dying, dying.begin(arrival(str(number))))
        with pytest.raises(Killed):
            play(dying, call, "1")
        stored = house.desk().find(call.call_id)
        assert stored is not None
        assert isinstance(stored.turn.action, Perform)
        taken = house.desk().begin(arrival(str(number)))
        assert [prompt.key for prompt in taken.turn.prompts] == ["reference"]
        assert len(house.tickets()) == number


def test_a_second_report_of_a_call_is_a_second_ticket(house: House) -> None:
    """And both stand in the record; the second without a recording has none of the first."""
    desk = house.desk()
    call = play(desk, to_confirm(desk, desk.begin(arrival())), "1", "1")
    call = play(desk, call, "1", "3", "3", "1", "1111", "22222", "1")
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


def test_a_database_that_is_away_leads_to_a_human(house: House) -> None:
    """No number is told that is not on disk."""

    def away(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    desk = house.desk(opener=away)  # type: ignore[arg-type]
    call = play(desk, to_confirm(desk, desk.begin(arrival())), "1")
    assert call.turn.action == Transfer("operators")
    assert [prompt.key for prompt in call.turn.prompts] == ["open_failed", "operator"]


def test_an_effect_that_is_broken_leads_to_a_human(house: House) -> None:
    """Whatever is wrong with it, the caller does not hear silence."""

    def broken(*_: object) -> None:
        raise RuntimeError("no free reference number in 10 tries")

    desk = house.desk(opener=broken)  # type: ignore[arg-type]
    call = play(desk, to_confirm(desk, desk.begin(arrival())), "1")
    assert call.turn.action == Transfer("operators")


def test_a_caller_who_plays_with_the_keys_for_ever_gets_a_human(house: House) -> None:
    """The channel brings a call that failed to the operators."""
    desk = house.desk(MemorySessions())
    call = desk.begin(arrival())
    for _ in range(499):
        call = desk.advance(call, Digits("#"))
    with pytest.raises(CallFailed, match="500"):
        desk.advance(call, Digits("#"))


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


def test_redis_that_is_killed_in_mid_call_costs_the_caller_nothing(
    house: House, redis_server: RedisProcess
) -> None:
    """A real server, killed and started again with the data it had."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), *REPORT[:4])
    redis_server.kill()
    try:
        call = play(desk, call, *REPORT[4:])
        assert isinstance(call.turn.action, Record)
    finally:
        redis_server.start()
    call = play(desk, call, Recorded("r-1", 900), "1", "1")
    assert house.desk().begin(arrival()).turn == call.turn
    desk.end(call, "hangup")
    record, events = house.written(call.call_id)
    assert [event.turn for event in events] == [*range(1, 13), 13]
    assert record.disposition == "completed"


def test_a_call_without_redis_is_served_unscreened_and_says_so(
    house: House, redis_server: RedisProcess
) -> None:
    """Fail open, and the record knows."""
    house.blacklist().add(CALLER, reason="harassment", who="test", days=7)
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


# --- ending ---------------------------------------------------------------------------------------


def test_the_first_end_counts(house: House) -> None:
    """The channel, the hang-up handler and a second server may all tell the end."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1")
    desk.end(call, "hangup")
    house.clock.now += 100
    desk.end(call, "done")
    house.desk().end(arrival(), "failed")
    record, events = house.written(call.call_id)
    assert (record.disposition, record.seconds) == ("abandoned", 0.0)
    assert [event.kind for event in events] == ["digits", "end"]


def test_sixteen_ends_at_once_are_one(house: House) -> None:
    """Exactly one of them closes the record."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1")
    barrier = threading.Barrier(16)

    def ended(number: int) -> bool:
        barrier.wait()
        return desk.ended(call if number % 2 else arrival(), "hangup")

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(ended, range(16))) == 1


def test_the_hang_up_handler_ends_a_call_whose_server_died(house: House) -> None:
    """It knows the arrival alone; the answers and events are in the store."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), *REPORT[:6])
    house.desk().end(arrival(), "hangup")
    record, events = house.written(call.call_id)
    assert (record.disposition, record.last_node) == ("abandoned", "ask_postal")
    assert len(events) == 7


def test_a_caller_who_hangs_up_while_the_ticket_is_opened_has_it_in_the_record(
    house: House,
) -> None:
    """The handler comes while the effect runs: it waits for nothing, and runs it too."""
    reached = threading.Event()
    go_on = threading.Event()

    def slow(new: object, now: object) -> object:
        reached.set()
        assert go_on.wait(10)
        return house.open_ticket(new, now)  # type: ignore[arg-type]

    desk = house.desk(opener=slow)  # type: ignore[arg-type]
    call = to_confirm(desk, desk.begin(arrival()))
    with ThreadPoolExecutor(1) as pool:
        advancing = pool.submit(play, desk, call, "1")
        assert reached.wait(10)
        house.desk().end(arrival(), "hangup")
        go_on.set()
        advancing.result(timeout=10)
    (ticket,) = house.tickets()
    record, _ = house.written(call.call_id)
    assert (record.disposition, record.tickets) == ("completed", (ticket.service_request_id,))


def test_ending_what_never_began_does_nothing(house: House) -> None:
    """A hang-up before the first turn."""
    assert house.desk().ended(arrival("999"), "hangup") is False


def test_a_call_that_operators_took_without_us_was_transferred(house: House) -> None:
    """Every server was away, so the dialplan put it through."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1")
    desk.end(arrival(), "transferred")
    record, _ = house.written(call.call_id)
    assert (record.disposition, record.transferred_to) == ("transferred", "operators")


def test_a_transfer_is_in_the_record(house: House) -> None:
    """To whom, and that the first try failed."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "0", Transferred("busy"), "0")
    desk.end(call, "transferred")
    record, events = house.written(call.call_id)
    assert (record.disposition, record.transferred_to) == ("transferred", "operators")
    assert ("transfer", "busy") in [(event.kind, event.input) for event in events]


def test_a_caller_who_hangs_up_is_an_event(house: House) -> None:
    """The channel says so by an event and then ends the call."""
    desk = house.desk()
    call = desk.advance(desk.begin(arrival()), HungUp())
    desk.end(call, "hangup")
    record, events = house.written(call.call_id)
    assert record.disposition == "abandoned"
    assert [event.kind for event in events] == ["hangup", "end"]


# --- who calls ------------------------------------------------------------------------------------


def test_a_blocked_caller_is_told_for_how_long(house: House) -> None:
    """The dialog begins at the notice, with the days that are left, rounded up."""
    house.blacklist().add(CALLER, reason="harassment", who="test", days=7)
    house.clock.now += 3600
    desk = house.desk()
    call = desk.begin(arrival())
    assert (call.turn.node, call.turn.prompts[0].values) == ("blocked_notice", {"days": "7"})
    desk.end(call, "hangup")
    record, _ = house.written(call.call_id)
    assert (record.disposition, record.verdict) == ("blocked", "block")
    assert record.verdict_reason == "harassment"


def test_a_withheld_number_is_served_and_not_kept(house: House) -> None:
    """The network says that the caller does not want it shown."""
    desk = house.desk()
    call = desk.begin(arrival(withheld=True))
    desk.end(call, "hangup")
    record, _ = house.written(call.call_id)
    assert (record.withheld, record.e164, record.caller) == (True, None, "")


STRANGE = [
    "'; DROP TABLE calls; --",
    '"><script>alert(1)</script>',
    "0501234567\nSet-Cookie: x=1",
    "0501234567\r\nEXEC System rm",
    "SIP/trunk/0501234567&Local/911@agencies",
    "\u202e7654321050\u202c",
    "\u2066+966\u2069",
    "0501\x00234567",
    "\x1b[2J\x1b]0;owned\x07",
    "\udcff\udc80caller",
    "=cmd|' /C calc'!A0",
    "5" * 9000,
    "😀" * 3000,
    "%s%n{0}$(id)`id`",
]


@pytest.mark.parametrize("caller", STRANGE, ids=range(len(STRANGE)))
def test_whatever_the_network_sends_as_a_caller_is_harmless_text(house: House, caller: str) -> None:
    """The call is served; the record keeps printable text of at most 64 characters."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival(caller=caller, provider_id=caller)), "1")
    desk.end(call, "hangup")
    record, _ = house.written(call.call_id)
    for kept, most in ((record.caller, 64), (record.provider_id, 200)):
        assert kept.isprintable()
        assert len(kept) <= most
    assert record.disposition == "abandoned"
    assert desk.recording_name(call) == f"{call.call_id}-2"


@pytest.mark.parametrize("attestation", ["D", "AA", "a", "\n", "A\n"])
def test_an_attestation_that_does_not_exist_is_none(house: House, attestation: str) -> None:
    """Only the three letters of the standard."""
    call = house.desk().begin(arrival(attestation=attestation))
    assert house.written(call.call_id)[0].attestation == ""


def test_no_digits_that_a_caller_entered_are_in_the_record(house: House) -> None:
    """Of an address only the number of keys is kept, right or wrong."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), *REPORT[:5], "7", "742", "7421", "23218", "1")
    desk.end(call, "hangup")
    _, events = house.written(call.call_id)
    entered = [event for event in events if event.node.startswith("ask_")]
    assert [event.input for event in entered] == ["7", "3 keys", "4 keys", "5 keys"]
    assert all("7421" not in str(event) and "23218" not in str(event) for event in events)


def test_no_personal_data_is_in_what_the_store_calls_events(house: House) -> None:
    """Not in Redis either."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), *REPORT)
    with redis.Redis.from_url(house.redis_url) as client:
        rows = client.lrange(f"hotline:call:{call.call_id}:events", 0, -1)
    assert len(rows) == 8
    assert all(b"7421" not in row and CALLER.encode() not in row for row in rows)


def test_an_arrival_without_anything_is_served(house: House) -> None:
    """No number, no attestation."""
    call = house.desk().begin(Arrival("test", ""))
    assert call.turn.node == "language"
