"""kill -9 at any moment of the call: no ticket that was committed is lost, none is made twice."""

import os
import random
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from call_handlers.sweep import SweepPolicy, sweep_once
from hotline.settings import Settings
from lab.callers.asterisk_model import HangUp
from lab.callers.fake_asterisk import FakeAsterisk, Lived
from tests.fixtures.processes import alive, wait_until
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter, new_arrival, place
from tests.fixtures.seed import NAME, fault_seed
from tests.fixtures.whole_stack import Parts, parts_of, with_redis
from tests.fixtures.wire import Moment, Watch, Wire

ROUNDS = 20
MESSAGES = 24
"""About as many messages go from the servers to Redis in one report."""
DELIVERY_S = 0.5
"""A delivery is over this long after its commit, nearly always."""
OVER_NOW = SweepPolicy(idle_s=0.0, transfer_s=0.0)


@dataclass
class Blow:
    """One kill: who, when, and whether it has been done. `kill` returns when the victim is gone."""

    victim: str
    when: str
    kill: Callable[[], None]
    question: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def strike(self) -> None:
        """Kill, once."""
        if not self.done.is_set():
            self.done.set()
            self.kill()


class Fates:
    """Chooses victims and moments, and arms them. Every choice comes from the seed."""

    def __init__(self, seed: int, parts: Parts, redis: RedisProcess, wire: Wire) -> None:
        self._random = random.Random(seed)
        self._parts = parts
        self._redis = redis
        self._wire = wire
        self.call_s = 1.0
        victims = ["agi-1"] * 10 + ["redis"] * 5 + ["worker-1"] * 5
        # The narrow places, for sure: everything is decided here, and nothing yet heard.
        narrow = ["asked: open_report", "answered: open_report", "asked: reference"]
        self._pinned = [("agi-1", when) for when in narrow]
        self._pinned += [("agi-1", "answered: reference"), ("redis", "asked: reference")]
        for name, _ in self._pinned:
            victims.remove(name)
        self._plan = [*self._pinned, *((name, "") for name in victims)]
        self._random.shuffle(self._plan)

    def next(self) -> Blow:
        """Arm the next blow on the call that is about to be made."""
        victim, when = self._plan.pop()
        when = when or self._moment(victim)
        blow = Blow(victim, when, self._killer(victim))
        kind, _, place = when.partition(": ")
        if kind in ("asked", "answered"):
            self._wire.watch(self._at_message(blow, kind, place))
        elif kind == "question":
            blow.question = int(place)
        else:
            self._later(blow, float(place), after_commit=victim == "worker-1")
        return blow

    def lay_down(self) -> None:
        """Nothing more is struck from the wire."""
        self._wire.watch(None)

    def wait_asks_redis(self, server: tuple[str, int]) -> None:
        """Wait until a server does: for two seconds after Redis was lost it is not asked.

        One fault at a time: a server that dies while Redis is away takes its calls with it.
        """
        deadline = time.monotonic() + 20
        self._wire.watch(None)
        while self._wire.asked < 4:  # a call asks more often, and a try that fails less
            assert time.monotonic() < deadline, "Redis is not asked again"
            self._wire.watch(None)
            place(FakeAsterisk([server]), lambda _listening: HangUp())
            time.sleep(0.1)

    def _moment(self, victim: str) -> str:
        if victim == "worker-1":
            return f"seconds after the commit: {self._random.uniform(0, DELIVERY_S):.3f}"
        kind = self._random.choice(["asked", "answered", "question", "seconds"])
        if kind == "question":
            return f"question: {self._random.randint(1, len(QUESTIONS))}"
        if kind == "seconds":
            return f"seconds: {self._random.uniform(0, 0.8 * self.call_s):.3f}"
        return f"{kind}: {self._random.randint(1, MESSAGES)}"

    def _killer(self, victim: str) -> Callable[[], None]:
        if victim == "redis":
            return self._redis.kill
        pid = self._parts.pid(victim)

        def kill() -> None:
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not alive(pid), 10, f"{victim} is gone")

        return kill

    def _at_message(self, blow: Blow, kind: str, place: str) -> Watch:
        number = int(place) if place.isdecimal() else 0

        def watch(moment: Moment, message: bytes) -> bool:
            here = self._wire.asked == number if number else stores_turn_at(message, place)
            if moment != kind or not here or blow.done.is_set():
                return False
            blow.strike()
            return True

        return watch

    def _later(self, blow: Blow, seconds: float, *, after_commit: bool) -> None:
        before = self._parts.committed()

        def strike() -> None:
            if after_commit:
                wait_until(lambda: self._parts.committed() > before, 30, "a ticket is committed")
            time.sleep(seconds)  # the moment itself is what was chosen
            blow.strike()

        threading.Thread(target=strike, daemon=True).start()


def told(line: str) -> None:
    """Into the output that pytest shows of a test that failed."""
    sys.stdout.write(f"{line}\n")


def stores_turn_at(message: bytes, node: str) -> bool:
    """Whether a message to Redis stores a turn of this node."""
    return re.search(rb'"turn":\{"number":[0-9]+,"node":"%b"' % node.encode(), message) is not None


@pytest.mark.timeout(240)
def test_kill_nine_at_twenty_random_moments(
    settings: Callable[..., Settings], own_redis: RedisProcess, ear: Ear
) -> None:
    """FastAGI server, Redis or worker: what the caller heard is in SQL and once at the back office.

    Real processes and sockets; time alone is a model's, so a call takes less than a second. A third
    of the moments are exact: on the wire to Redis, before a message is passed on or its answer is.
    """
    seed = fault_seed()
    told(f"{NAME}={seed}")
    with Wire(("127.0.0.1", own_redis.port)) as wire:
        through_wire = {"REDIS_URL": f"redis://127.0.0.1:{wire.port}/0"}
        with parts_of(
            settings(**with_redis(own_redis.url)), {"agi-1": through_wire, "agi-2": through_wire}
        ) as parts:
            parts.start()
            fates = Fates(seed, parts, own_redis, wire)
            fates.call_s = _warm_up(parts, ear)
            calls = [_one_round(number, fates, parts, own_redis, ear) for number in range(ROUNDS)]
            wire.watch(None)
            _prove(parts, calls, seed)


def _warm_up(parts: Parts, ear: Ear) -> float:
    """A call in which nobody dies; how long it takes (s)."""
    started = time.monotonic()
    caller = Reporter(ear)
    call_id, lived = place(FakeAsterisk(parts.agi), caller)
    seconds = time.monotonic() - started
    assert caller.questions == list(QUESTIONS)
    assert lived.done == "hangup"
    assert [t.service_request_id for t in parts.tickets(call_id)] == caller.references
    return seconds


@dataclass(frozen=True)
class Told:
    """One call: its id, what struck it, what the caller heard."""

    call_id: str
    blow: Blow
    references: list[str]
    lived: Lived

    def __str__(self) -> str:
        visits = ", ".join(f"{v.script} {v.status}" for v in self.lived.visits)
        return f"{self.blow.victim} killed at {self.blow.when!r} ({visits})"


def _one_round(number: int, fates: Fates, parts: Parts, redis: RedisProcess, ear: Ear) -> Told:
    parts.wait_ready()
    for server in parts.agi:
        fates.wait_asks_redis(server)
    arrival = new_arrival()
    blow = fates.next()

    def listening(_key: str) -> None:
        # A person is at the first question for seconds: the record's beginning is written by then.
        wait_until(lambda: blow.done.is_set() or parts.record(arrival.call_id), 20, "a record")
        if len(caller.questions) == blow.question:
            blow.strike()

    caller = Reporter(ear, listening)
    call_id, lived = place(FakeAsterisk(parts.agi, seconds=20.0), caller, arrival)
    if blow.victim == "worker-1":
        assert blow.done.wait(60)
    fates.lay_down()
    call = Told(call_id, blow, caller.references, lived)
    told(f"{number + 1:>3}. {call}{'' if blow.done.is_set() else ', after the call'}")
    if not blow.done.is_set():  # its moment did not come in this call: then it is after it
        parts.wait_closed(call_id)
        blow.strike()
    if blow.victim == "redis":
        redis.start()
    else:
        parts.wait(blow.victim, 10)
        parts.spawn(blow.victim)
    return call


def _prove(parts: Parts, calls: list[Told], seed: int) -> None:
    parts.wait_ready()
    parts.wait_delivered(len(calls) + 1)
    report = sweep_once(parts.views.desk, parts.engine, parts.views.journal, OVER_NOW)
    assert report.complete
    received = [ticket["service_request_id"] for ticket in parts.received()]
    for call in calls:
        why = f"{call}; {NAME}={seed}"
        assert not call.lived.alone, why
        assert call.references, why
        (ticket,) = parts.tickets(call.call_id)
        assert set(call.references) == {ticket.service_request_id}, why
        assert received.count(ticket.service_request_id) == 1, why
        assert (ticket.address["building_number"], ticket.service_code) == ("7421", "RD_HOLE"), why
        record = parts.wait_closed(call.call_id)
        assert record.disposition == "completed", why
        assert record.tickets == (ticket.service_request_id,), why
    assert len(received) == len(set(received)) == len(calls) + 1, f"{NAME}={seed}"
