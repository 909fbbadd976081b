"""Ending a call: once, by whoever comes first, and with all that it made."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from blacklist.decision import UNKNOWN_WAY, Way
from blacklist.numbers import CallerNumber, Kind
from blacklist.verdict import Verdict
from call_handlers.arrival import call_from_json, call_to_json
from call_handlers.sessions import RedisSessions
from call_handlers.turns import CallFailed
from ivr.event import Digits, HungUp, Transferred
from ivr.flows import Flows
from ivr.turn import Transfer
from store.breaker import Breaker
from store.redis_clients import make_redis
from tests.fixtures.calls import CALLER, FailingSessions, House, arrival, play, to_confirm
from tests.fixtures.dialog import REPORT
from tests.fixtures.flows import small
from tests.fixtures.processes import free_tcp_port
from tickets.model import NewTicket, Ticket


class Remembering:
    """Screening that lets everybody pass, and remembers their ways and who was served."""

    def __init__(self) -> None:
        self.ways: list[Way] = []
        self.told: list[tuple[str | None, Kind]] = []

    def screen(
        self, number: CallerNumber, *, emergency: bool = False, way: Way = UNKNOWN_WAY
    ) -> Verdict:
        """Asked about a call."""
        self.ways.append(way)
        return Verdict()

    def served(self, number: str | None, way: Way = UNKNOWN_WAY, kind: Kind = "withheld") -> None:
        """Told of a call."""
        self.ways.append(way)
        self.told.append((number, kind))


def counted(disposition: str) -> float:
    """How many calls by Asterisk have ended so."""
    labels = {"channel": "asterisk", "disposition": disposition}
    return REGISTRY.get_sample_value("hotline_calls_ended_total", labels) or 0.0


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


def test_screening_learns_once_which_calls_were_served(house: House) -> None:
    """A call that made a ticket gives its number room; one that made none does not."""
    desk = house.desk()
    client = house.client()
    desk.end(play(desk, desk.begin(arrival("c1")), "1"), "hangup")
    assert client.keys("hotline:t:*") == []
    call = play(desk, to_confirm(desk, desk.begin(arrival("c2"))), "1")
    for _ in range(2):
        desk.end(call, "done")
    (key,) = client.keys("hotline:t:*")
    assert key == f"hotline:t:{CALLER[1:]}".encode()
    assert (client.get(key) or b"")[4:] == b"\1\1"


@pytest.mark.parametrize(
    ("caller", "withheld", "kind"), [(CALLER, True, "withheld"), ("nobody", False, "unusable")]
)
def test_screening_learns_which_calls_without_a_number_were_served(
    house: House, caller: str, withheld: bool, kind: str
) -> None:
    """They make room for others of their class; nothing is kept under the number that is hidden."""
    screening = Remembering()
    desk = replace(house.desk(), screening=screening)
    came = arrival("c1", caller=caller, withheld=withheld)
    desk.end(play(desk, to_confirm(desk, desk.begin(came)), "1"), "done")
    assert screening.told == [(None, kind)]


def test_screening_is_asked_and_told_by_which_way_a_call_came(house: House) -> None:
    """Also by a desk that takes the call over: its facts have the trunk and the origin."""
    screening, way = Remembering(), Way("north", "B", "4f2c0a1e00004000800012345678abcd")
    desk = replace(house.desk(), screening=screening)
    came = arrival(trunk=way.trunk, attestation=way.attestation, origin=way.origin)
    call = play(desk, to_confirm(desk, desk.begin(came)), "1")
    desk.end(call_from_json(call_to_json(call)), "done")
    assert screening.ways == [way, way]
    record, _ = house.written(call.call_id)
    assert (record.trunk, record.attestation, record.origin) == way


def test_an_end_is_looked_up_once_at_most(house: House) -> None:
    """Every call ends, and its hang-up handler tells the end once more."""
    looked: list[str] = []

    def looks(action: str, _turn: int) -> bool:
        looked.append(action)
        return False

    desk = house.desk(FailingSessions(house.sessions(), looks))
    call = play(desk, desk.begin(arrival()), "1")
    looked.clear()
    assert desk.ended(call, "hangup")
    assert looked == ["finish"]
    assert not desk.ended(arrival(), "hangup")
    assert looked == ["finish", "load"]


def test_an_end_by_one_who_missed_a_turn_takes_what_it_came_to(house: House) -> None:
    """Another server had a key of the caller's after this one: the record has it."""
    desk = house.desk()
    stale = play(desk, desk.begin(arrival()), "1")
    newest = play(house.desk(), stale, "1")
    assert desk.ended(stale, "hangup")
    record, events = house.written(stale.call_id)
    assert record.last_node == newest.turn.node
    assert [event.input for event in events if event.kind == "digits"] == ["1", "1"]


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
    kinds = [event.kind for event in events]
    assert kinds == [*["digits"] * 4, "effect", *["digits"] * 2, "hangup", "effect", "end"]


def test_a_caller_who_hangs_up_while_the_ticket_is_opened_has_it_in_the_record(
    house: House,
) -> None:
    """The handler comes while the effect runs: it waits for nothing, and runs it too."""
    reached = threading.Event()
    go_on = threading.Event()

    def slow(new: NewTicket, now: datetime) -> Ticket:
        reached.set()
        assert go_on.wait(10)
        return house.open_ticket(new, now)

    desk = house.desk(opener=slow)
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


@pytest.mark.parametrize(
    ("reason", "disposition", "to"),
    [
        ("hangup", "abandoned", ""),
        ("done", "abandoned", ""),
        ("transferred", "transferred", "operators"),
    ],
)
def test_a_call_that_no_server_led_has_a_record_of_what_is_known(
    house: House, reason: str, disposition: str, to: str
) -> None:
    """Who called, when, and whether the operators answered; nobody was screened."""
    began_ms = house.desk().clock() * 1000 - 42_000
    alone = replace(arrival("999"), began_ms=int(began_ms))
    before = counted(disposition)
    assert house.desk().ended(alone, reason) is True
    assert counted(disposition) == before + 1
    record, events = house.written(alone.call_id)
    assert (record.disposition, record.transferred_to, record.last_node) == (
        *(disposition, to),
        "operators",
    )
    assert (record.e164, record.verdict, record.screening) == (CALLER, "allow", "away")
    assert record.language == "ar"
    assert (record.seconds, record.turns, events) == (42.0, 0, ())


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(
    ("reason", "disposition", "to"),
    [
        ("hangup", "abandoned", ""),
        ("failed", "failed", ""),
        ("transferred", "transferred", "operators"),
    ],
)
def test_a_caller_whose_node_the_flow_has_not_any_more_waits_for_a_human(
    house: House, tmp_path: Path, reason: str, disposition: str, to: str, last: bool
) -> None:
    """In their own language and their own place; who only waited was not transferred."""
    if last:
        house.restrict(CALLER, days=7, disposition="low_priority")
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "2", "1")
    changed = house.desk(flows=Flows(small(tmp_path)))
    put_through = changed.advance(call, Digits("1"))
    assert put_through.turn.action == Transfer("operators", last)
    assert (put_through.turn.number, put_through.turn.prompts) == (call.turn.number + 1, ())
    assert (put_through.turn.language, put_through.turn.node) == ("en", call.turn.node)
    with pytest.raises(CallFailed):
        changed.advance(put_through, Transferred("busy"))
    changed.end(put_through, reason)
    record, _ = house.written(call.call_id)
    assert (record.disposition, record.transferred_to) == (disposition, to)
    assert record.language == "en"


@pytest.mark.parametrize(
    ("reason", "kinds"), [("hangup", ["digits", "hangup", "end"]), ("failed", ["digits", "end"])]
)
def test_an_end_that_is_told_of_an_earlier_turn_ends_the_call_where_it_stands(
    house: House, reason: str, kinds: list[str]
) -> None:
    """The caller's last key was quicker, and another process took it."""
    desk = house.desk()
    first = desk.begin(arrival())
    house.clock.now += 5
    newer = house.desk().advance(first, Digits("1"))
    house.clock.now += 2.5
    assert desk.ended(first, reason)
    record, events = house.written(first.call_id)
    assert (record.last_node, record.path) == (newer.session.node, newer.session.path)
    assert [event.kind for event in events] == kinds
    assert [(event.turn, event.ms) for event in events][:2] == [(1, 5000), (2, 2500)]


@pytest.mark.parametrize("finished", [False, True])
def test_a_record_that_is_there_is_never_replaced_by_what_little_is_known(
    house: House, finished: bool
) -> None:
    """The session may be lost, or the end told twice."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1")
    if finished:
        desk.end(call, "hangup")
    house.written(call.call_id)
    house.client().flushall()
    house.desk().ended(arrival(), "transferred")
    record, _ = house.written(call.call_id)
    assert record.disposition == ("abandoned" if finished else "")
    assert record.screening == "ok"


def test_with_the_sessions_away_nothing_is_made_up(house: House) -> None:
    """Nobody knows whether the call was led."""
    nobody = make_redis(f"redis://127.0.0.1:{free_tcp_port()}", fast=True)
    desk = house.desk(RedisSessions(nobody, Breaker(0.0)))
    assert desk.ended(arrival("999"), "hangup") is False


def test_who_gives_up_waiting_has_abandoned(house: House) -> None:
    """Where, and after how long, is an event of the record."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1", "0")
    house.clock.now += 34.5
    desk.end(arrival(), "hangup")
    record, events = house.written(call.call_id)
    assert (record.disposition, record.transferred_to) == ("abandoned", "")
    waited = [(event.node, event.input, event.ms) for event in events if event.kind == "hangup"]
    assert waited == [(record.last_node, "waiting for operators", 34_500)]


def test_a_blocked_caller_who_gives_up_waiting_for_an_agency_was_blocked(house: House) -> None:
    """What was earned before stays; what came of the waiting is an event."""
    house.restrict(CALLER, days=7)
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "9")
    assert isinstance(call.turn.action, Transfer)
    desk.end(arrival(), "hangup")
    record, events = house.written(call.call_id)
    assert record.disposition == "blocked"
    assert "waiting for 911" in [event.input for event in events]


def test_a_report_of_who_gives_up_waiting_is_kept_and_the_wait_with_it(house: House) -> None:
    """The ticket says that it was not confirmed, the record where the caller left."""
    desk = house.desk()
    call = play(desk, to_confirm(desk, desk.begin(arrival())), "0")
    desk.end(arrival(), "hangup")
    record, events = house.written(call.call_id)
    (ticket,) = house.tickets()
    assert (record.disposition, record.tickets) == ("abandoned", (ticket.service_request_id,))
    assert ("operator", "waiting for operators") in [(e.node, e.input) for e in events]


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


def test_the_record_says_which_agency_was_tried_and_after_how_long_it_answered(
    house: House,
) -> None:
    """The first try was busy after five seconds; of the second it is told how long they talked."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1", "5", "1")
    house.clock.now += 5
    call = play(desk, call, Transferred("busy"), "1")
    house.clock.now += 70
    desk.end(call, "transferred", 60_000)
    record, events = house.written(call.call_id)
    assert (record.disposition, record.transferred_to) == ("transferred", "997")
    tries = [(event.input, event.ms) for event in events if event.kind == "transfer"]
    assert tries == [("busy 997", 5000), ("answered 997", 10_000)]
    assert (events[-1].kind, record.seconds) == ("end", 75.0)


def test_a_caller_who_hangs_up_is_an_event(house: House) -> None:
    """The channel says so by an event and then ends the call."""
    desk = house.desk()
    call = desk.advance(desk.begin(arrival()), HungUp())
    desk.end(call, "hangup")
    record, events = house.written(call.call_id)
    assert record.disposition == "abandoned"
    assert [event.kind for event in events] == ["hangup", "end"]


def test_a_call_whose_session_is_lost_is_written_by_who_has_it(house: House) -> None:
    """Redis was emptied after the last turn: what the caller has made is in the process's hands."""
    desk = house.desk()
    call = play(desk, to_confirm(desk, desk.begin(arrival())), "1")
    house.client().flushdb()
    assert desk.ended(call, "hangup")
    record, events = house.written(call.call_id)
    assert (record.disposition, len(record.tickets)) == ("completed", 1)
    assert events[-1].kind == "end"
