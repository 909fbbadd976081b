"""A caller does something and hangs up at once: two messages of one moment, in either order."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import redis

from call_handlers.desk import CallDesk
from call_handlers.sessions import SESSION_TTL_S, MemorySessions, SessionStore
from call_handlers.sweep import sweep_once
from tests.fixtures.alternating import Alternating, Ask
from tests.fixtures.calls import FailingSessions, House, open_house
from tests.fixtures.dialog import REPORT
from tests.fixtures.twilio import CALL_ID, RECORDING, TwilioClient, web_app
from tickets.model import NewTicket, Ticket
from tickets.open import withdraw_ticket

Key = dict[str, str]


@pytest.fixture
def houses(tmp_path: Path, redis_url: str) -> Iterator[Callable[[], House]]:
    """Houses that know nothing of each other's calls."""
    with ExitStack() as stack:
        numbers = count()

        def opened() -> House:
            with redis.Redis.from_url(redis_url) as client:
                client.flushdb()
            folder = tmp_path / str(next(numbers))
            folder.mkdir()
            return stack.enter_context(open_house(folder, redis_url))

        yield opened


def to_confirm(caller: TwilioClient) -> None:
    """Dial and report a pothole, up to its confirmation."""
    to_description(caller)
    caller.act(RecordingSid=RECORDING, RecordingDuration="3", Digits="#")
    caller.press("1")


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
    "nothing recorded": (to_description, {"Digits": "hangup"}),
}
EVERYDAY = ("the report is sent", "the report is cancelled", "an operator has answered")
"""Cases in which another process takes the most of what has been done for nothing."""


def kept(house: House) -> dict[str, Any]:
    """What is known of the call afterwards, but for times."""
    record, events = house.written(CALL_ID)
    tickets = [
        (ticket.service_code, ticket.recording_ref, ticket.origin, dict(ticket.attributes))
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
    assert found["tickets"][0][:2] == ("RD_HOLE", f"{CALL_ID}-9")


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
    found = kept(house)
    for what in ("disposition", "tickets", "named", "last_node", "path", "ended"):
        assert found[what] == expected[what], what
    assert [kind for _, _, kind, _ in found["events"]].count("end") == 1


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[] if case in EVERYDAY else pytest.mark.nightly) for case in CASES],
)
@pytest.mark.parametrize("order", ["ae", "ea"])
def test_each_in_the_midst_of_the_other(case: str, order: str, houses: Callable[[], House]) -> None:
    """Whatever two questions to the stores the processes stop at to let the other one go on."""
    expected = called(houses(), case, "ae")
    for first in count():
        for second in count():
            house = houses()
            met = alternated(house, case, order, (first, second))
            found = kept(house)
            for what in ("disposition", "tickets", "named", "last_node", "path", "ended"):
                assert found[what] == expected[what], (what, first, second)
            assert [kind for _, _, kind, _ in found["events"]].count("end") == 1
            if not met[1]:
                break
        if not met[0]:
            break
    assert first
    assert second


def alternated(house: House, case: str, order: str, stops: tuple[int, int]) -> list[bool]:
    """A call whose last messages meet two processes; which of their `stops` were reached."""
    lead, key = CASES[case]
    caller = TwilioClient(web_app(house.desk()))
    lead(caller)
    action, both = caller.action, Alternating(stops)

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

    both.run([job(message) for message in order])
    return both.met


def asking(house: House, ask: Ask) -> CallDesk:
    """A desk that tells before it asks a store for something."""

    def told(*_: object) -> bool:
        ask()
        return False

    def open_ticket(new: NewTicket, now: datetime) -> Ticket:
        ask()
        return house.open_ticket(new, now)

    def withdraw(reference: str) -> bool:
        ask()
        return withdraw_ticket(house.engine, reference)

    desk = house.desk(FailingSessions(house.sessions(), told), opener=open_ticket)
    return replace(desk, withdraw=withdraw)


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
