"""A loop outlives whatever is away; a loop that stands or ends takes its process with it."""

import threading
import time
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from outbox.periodic import STANDS, Loops, Periodic
from tests.fixtures.processes import wait_until
from tests.fixtures.tickets import python_process


class Rounds:
    """A loop of the tests: it does `act` in each round."""

    def __init__(self, act: Callable[[int], object]) -> None:
        self.count = 0
        self._act = act

    def __call__(self) -> None:
        """One round."""
        self.count += 1
        self._act(self.count)


def one(act: Callable[[int], object], longest_s: float = 60.0) -> tuple[Rounds, Periodic]:
    """A loop that goes round as fast as it can."""
    rounds = Rounds(act)
    return rounds, Periodic("one", 0.005, rounds, longest_s)


@pytest.mark.parametrize("error", [OSError, ValueError, MemoryError, RecursionError])
def test_a_round_that_fails_is_told_once_and_tried_again_on_fresh_connections(
    error: type[Exception],
) -> None:
    """Whatever it is: five rounds that fail are one line, and its end another."""

    def act(count: int) -> None:
        if count <= 5:
            raise error

    rounds, loop = one(act)
    given_up: list[int] = []
    with capture_logs() as logs:
        loops = Loops([loop], afresh=lambda: given_up.append(rounds.count))
        with loops.running():
            wait_until(lambda: rounds.count >= 10)
    assert given_up == [1, 2, 3, 4, 5]
    told = [(entry["event"], entry["loop"]) for entry in logs]
    assert told == [("loop_waits", "one"), ("loop_recovered", "one")]


def test_all_is_told_to_be_well_only_while_every_loop_goes_round() -> None:
    """One that stands silences the whole process, and ends it once."""
    stands, ended = threading.Event(), threading.Event()
    well, goes = one(lambda _count: None)
    _, stuck = one(lambda count: count < 3 or stands.wait(60), longest_s=0.5)
    signs: list[int] = []
    loops = Loops(
        [goes, Periodic("stuck", 0.005, stuck.run, 0.5)],
        afresh=lambda: None,
        tell=lambda: signs.append(well.count),
        end=ended.set,
        watch_s=0.05,
    )
    with capture_logs() as logs, loops.running():
        assert ended.wait(30)
        told, then = len(signs), well.count
        wait_until(lambda: well.count > then + 20)
        assert len(signs) == told
        stands.set()
    assert signs
    assert [entry["loop"] for entry in logs if entry["event"] == "loop_stands"] == ["stuck"]


def test_a_loop_that_seldom_has_anything_to_do_does_not_stand() -> None:
    """Its pause may be longer than a round takes: old recordings are looked for once an hour."""
    ended = threading.Event()
    rounds = Rounds(lambda _count: None)
    signs: list[float] = []
    loops = Loops(
        [Periodic("seldom", 3600, rounds, 0.05)],
        afresh=lambda: None,
        tell=lambda: signs.append(time.monotonic()),
        end=ended.set,
        watch_s=0.01,
    )
    with loops.running():
        wait_until(lambda: ended.is_set() or (signs and signs[-1] - signs[0] > 0.1))
    assert (rounds.count, ended.is_set()) == (1, False)


def test_a_loop_that_runs_elsewhere_is_watched_by_what_it_tells() -> None:
    """As a worker's, which is RQ's own."""
    ended = threading.Event()
    loops = Loops(
        [],
        afresh=lambda: None,
        others={"other": 0.5},
        end=ended.set,
        watch_s=0.02,
        tell=lambda: None,
    )
    with loops.running():
        for _ in range(20):
            loops.rounds.made("other")
            assert not ended.wait(0.05)
        assert ended.wait(30)


_BROKEN = """
import sys, threading
from outbox.periodic import Loops, Periodic

def ends():
    raise SystemExit(0)  # to a thread this is its end and nothing else

def log_is_full():
    raise KeyError("x")

afresh = lambda: None
kind = sys.argv[1]
if kind == "log":
    def afresh():
        raise OSError(28, "No space left on device")
rounds = ends if kind == "ends" else log_is_full
loops = Loops([Periodic("one", 0.01, rounds, 60)], afresh=afresh, watch_s=0.05)
with loops.running():
    print("running", flush=True)
    threading.Event().wait()
"""


@pytest.mark.parametrize("kind", ["ends", "log"])
def test_a_loop_that_ends_ends_its_process(kind: str) -> None:
    """Also by what is raised while a failure is told; the main thread waits for ever."""
    with python_process(_BROKEN, kind) as process:
        assert process.wait(30) == STANDS
