"""A caller does something and hangs up at once: two messages of one moment, in either order."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from typing import Any, ParamSpec, TypeVar

import pytest
import redis

from call_handlers.desk import CallDesk
from call_handlers.sessions import SESSION_TTL_S, MemorySessions, SessionStore
from call_handlers.sweep import sweep_once
from tests.fixtures.alternating import Alternating, Ask, Choose, Stops, at_random
from tests.fixtures.calls import FailingSessions, House
from tests.fixtures.dialog import LOOKED_UP, REPORT
from tests.fixtures.twilio import CALL_ID, RECORDING, TwilioClient, web_app
from tickets.model import Ticket

Key = dict[str, str]


def to_confirm(caller: TwilioClient) -> None:
    """Dial and report a pothole, up to its confirmation."""
    to_description(caller)
    caller.act(RecordingSid=RECORDING, RecordingDuration="3", Digits="#")


def to_description(caller: TwilioClient) -> None:
    """Dial and report a pothole, up to its description."""
    caller.dial()
    caller.press(*REPORT)


def to_operators(caller: TwilioClient) -> None:
    """Dial and choose a language."""
    caller.dial()
    caller.press("1")


def to_operators_with_a_report(caller: TwilioClient) -> None:
    """Report a pothole, and ask for a human in place of sending it."""
    to_confirm(caller)
    caller.press("0")


def to_call_back(caller: TwilioClient) -> None:
    """Nobody has answered: the caller may be called back."""
    to_operators_with_a_report(caller)
    caller.act(QueueResult="leave")


def to_call_back_without_a_number(caller: TwilioClient) -> None:
    """Likewise, with a number that is withheld."""
    caller.caller = "anonymous"
    to_call_back(caller)


CASES: dict[str, tuple[Callable[[TwilioClient], None], Key]] = {
    "the report is sent": (to_confirm, {"Digits": "1"}),
    "the report is cancelled": (to_confirm, {"Digits": "9"}),
    "a key that means nothing": (to_confirm, {"Digits": "7"}),
    "the place is changed": (to_confirm, {"Digits": "2"}),
    "an operator": (to_operators, {"Digits": "0"}),
    "a recording": (
        to_description,
        {"Digits": "hangup", "RecordingSid": RECORDING, "RecordingDuration": "4"},
    ),
    "nothing": (to_confirm, {"Digits": ""}),
    "an operator has answered": (to_operators_with_a_report, {"QueueResult": "bridged"}),
    "nobody has answered": (to_operators_with_a_report, {"QueueResult": "hangup"}),
    "a call back": (to_call_back, {"Digits": "2"}),
    "a call back without a number": (to_call_back_without_a_number, {"Digits": "2"}),
    "nothing recorded": (to_description, {"Digits": "hangup"}),
}
EVERYDAY = ("the report is sent", "a call back without a number", "an operator has answered")
"""Cases in which another process takes the most of what has been done for nothing."""
MIDST = pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[] if case in EVERYDAY else pytest.mark.nightly) for case in CASES],
)
SAME = ("disposition", "tickets", "named", "last_node", "path", "ended")
P = ParamSpec("P")
T = TypeVar("T")


def kept(house: House) -> dict[str, Any]:
    """What is known of the call afterwards, but for times."""
    record, events = house.written(CALL_ID)
    tickets = [
        (
            *(ticket.service_code, ticket.recording_ref, ticket.origin),
            *(ticket.callback_requested, dict(ticket.attributes)),
        )
        for ticket in house.tickets()
    ]
    known = {ticket.service_request_id for ticket in house.tickets()}
    assert set(record.tickets) <= known
    return {
        "disposition": record.disposition,
        "transferred_to": record.transferred_to,
        "language": record.language,
        "turns": record.turns,
        "path": record.path,
        "last_node": record.last_node,
        "ended": record.ended_at is not None,
        "named": len(record.tickets),
        "tickets": tickets,
        "events": [(e.turn, e.node, e.kind, e.input) for e in events],
    }


def called(
    house: House, case: str, order: str, sessions: SessionStore | None = None
) -> dict[str, Any]:
    """What is kept of a call whose last two messages come in this order."""
    lead, key = CASES[case]
    caller = TwilioClient(web_app(house.desk(sessions)))
    lead(caller)
    action = caller.action

    def act() -> None:
        # Each message meets another process.
        caller.http = web_app(house.desk(sessions)).test_client()
        assert caller.post(action, CallStatus="completed", **key).status_code == 200

    def end() -> None:
        caller.http = web_app(house.desk(sessions)).test_client()
        assert caller.status("completed").status_code == 204

    for message in order:
        act() if message == "a" else end()
    return kept(house)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("order", ["ea", "eaea", "aea"])
def test_it_is_the_same_call_in_whichever_order(
    case: str, order: str, houses: Callable[[], House]
) -> None:
    """Ticket, record and events; and neither message counts twice."""
    expected = called(houses(), case, "ae", MemorySessions())
    assert expected["ended"]
    assert called(houses(), case, order, MemorySessions()) == expected


def test_the_report_that_was_sent_is_the_ticket(houses: Callable[[], House]) -> None:
    """With its recording, though the call had been closed as abandoned."""
    found = called(houses(), "the report is sent", "ea")
    assert (found["disposition"], found["named"]) == ("completed", 1)
    assert found["tickets"][0][:2] == ("RD_HOLE", f"{CALL_ID}-{len(REPORT) + LOOKED_UP + 1}")


@pytest.mark.parametrize("turn", range(3))
def test_both_at_once_by_two_processes(turn: int, houses: Callable[[], House]) -> None:
    """Whoever is quicker: one ticket, sent, and a record that knows it.

    Whether the hang-up has an event of its own besides the end depends on who is quicker.
    """
    expected = called(houses(), "the report is sent", "ae")
    house = houses()
    caller = TwilioClient(web_app(house.desk()))
    to_confirm(caller)
    action = caller.action
    start = threading.Barrier(3)

    def send(path: str, fields: Key) -> None:
        other = TwilioClient(web_app(house.desk()))
        start.wait(10)
        assert other.post(path, CallStatus="completed", **fields).status_code in (200, 204)

    messages = [(action, {"Digits": "1"}), ("/twilio/status", {}), (action, {"Digits": "1"})]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(send, *zip(*messages[turn % 3 :] + messages[: turn % 3], strict=True)))
    assert essence(kept(house)) == essence(expected)


@MIDST
@pytest.mark.parametrize("order", ["ae", "ea"])
def test_each_in_the_midst_of_the_other(case: str, order: str, houses: Callable[[], House]) -> None:
    """Whatever two questions to the stores the processes stop at to let the other one go on."""
    expected = called(houses(), case, "ae")
    for first in count():
        for second in count():
            stops, house = Stops(first, second), houses()
            alternated(house, case, order, stops)
            assert essence(kept(house)) == essence(expected), (first, second)
            if not stops.met[1]:
                break
        if not stops.met[0]:
            break
    assert first
    assert second


@MIDST
@pytest.mark.parametrize("order", ["aae", "aaee"])
def test_each_that_comes_twice_in_the_midst_of_the_others(
    case: str, order: str, houses: Callable[[], House]
) -> None:
    """A message that Twilio sends again meets a process of its own, at the same moment."""
    expected = called(houses(), case, "ae")
    for seed in range(12):
        house = houses()
        alternated(house, case, order, at_random(seed))
        assert essence(kept(house)) == essence(expected), seed


def essence(found: dict[str, Any]) -> dict[str, Any]:
    """What does not depend on who was quicker: a hang-up may have an event besides the end."""
    ends = [kind for _, _, kind, _ in found["events"]].count("end")
    return {what: found[what] for what in SAME} | {"ends": ends}


def alternated(house: House, case: str, order: str, choose: Choose) -> None:
    """A call whose last messages meet a process each, of which one goes on at a time."""
    lead, key = CASES[case]
    caller = TwilioClient(web_app(house.desk()))
    lead(caller)
    action = caller.action

    def job(message: str) -> Callable[[Ask], None]:
        asks: list[Ask] = []
        other = TwilioClient(web_app(asking(house, lambda: asks[0]())))

        def send(ask: Ask) -> None:
            asks.append(ask)
            if message == "a":
                assert other.post(action, CallStatus="completed", **key).status_code == 200
            else:
                assert other.status("completed").status_code == 204

        return send

    Alternating(choose).run([job(message) for message in order])


def asking(house: House, ask: Ask) -> CallDesk:
    """A desk that tells before it asks a store for something."""

    def told(*_: object) -> bool:
        ask()
        return False

    def asked(question: Callable[P, T]) -> Callable[P, T]:
        def answer(*args: P.args, **named: P.kwargs) -> T:
            ask()
            return question(*args, **named)

        return answer

    desk = house.desk(FailingSessions(house.sessions(), told), opener=asked(house.open_ticket))
    return replace(
        desk,
        withdraw=asked(desk.withdraw),
        withdraw_unnamed=asked(desk.withdraw_unnamed),
    )


def test_what_comes_of_an_earlier_turn_is_no_news(houses: Callable[[], House]) -> None:
    """Only the turn in which the caller hung up is taken up again."""
    house = houses()
    caller = TwilioClient(web_app(house.desk()))
    caller.dial()
    first = caller.action
    caller.press("1", "1")
    caller.status("completed")
    before = kept(house)
    caller.post(first, Digits="2", CallStatus="completed")
    assert kept(house) == before


def test_the_last_key_counts_though_the_process_that_takes_it_dies(
    houses: Callable[[], House],
) -> None:
    """The call is open again until it is closed again; the sweep does that, with its effect."""

    def dies(*_: object) -> Ticket:
        raise KeyboardInterrupt

    house = houses()
    caller = TwilioClient(web_app(house.desk()))
    to_confirm(caller)
    action = caller.action
    caller.status("completed")
    caller.http = web_app(house.desk(opener=dies)).test_client()
    with pytest.raises(KeyboardInterrupt):
        caller.post(action, CallStatus="completed", Digits="1")
    assert house.tickets() == []
    house.clock.now += 301
    with redis.Redis.from_url(house.redis_url) as client:
        client.expire(f"hotline:call:{CALL_ID}:state", SESSION_TTL_S - 301)
    assert sweep_once(house.desk(), house.engine, house.journal).ended == 1
    found = kept(house)
    assert (found["disposition"], found["named"]) == ("completed", 1)
