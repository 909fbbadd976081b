"""Who looks at the queues is told at once, whatever those do that are asked."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from call_handlers.people_line.waiting import Told, Waiting
from call_handlers.people_line.watch import STALE_S, UNSEEN_S, QueueWatch, Watched
from carriers.queue import Operators, QueueState, QueueUnknown
from tests.fixtures.processes import wait_until


@dataclass
class Asked:
    """A queue that answers when the test lets it."""

    answer: Callable[[], QueueState] = lambda: QueueState(1, 5)
    free: threading.Event = field(default_factory=threading.Event)
    blocked: threading.Event = field(default_factory=threading.Event)
    asked: list[threading.Thread] = field(default_factory=list)
    left: int = 0

    def ask(self) -> QueueState:
        """What the test says, once it lets it."""
        self.asked.append(threading.current_thread())
        if not self.free.is_set():
            self.blocked.set()
        assert self.free.wait(20)
        return self.answer()

    def leave(self) -> None:
        """Counted."""
        self.left += 1


@dataclass
class Hands:
    """A clock moved by hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def queue() -> Asked:
    """A queue."""
    return Asked()


def fail() -> QueueState:
    """It is away."""
    raise QueueUnknown("it cannot be reached")


@pytest.fixture
def clock() -> Hands:
    """A clock moved by hand."""
    return Hands()


def test_without_a_thread_the_next_who_looks_tries_again(
    queue: Asked, clock: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system that gives none for a moment leaves nobody unasked for good."""

    def none(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    queue.free.set()
    made = QueueWatch([Watched("Asterisk a", queue, 0.01)], clock)
    with monkeypatch.context() as without:
        without.setattr(threading.Thread, "start", none)
        assert made.look().unknown == ("Asterisk a",)
    made.look()
    wait_until(lambda: made.look().known, 20, "it is known")
    made.close()


@pytest.fixture
def watched(queue: Asked, clock: Hands) -> Iterator[QueueWatch]:
    """What asks it, over and over."""
    made = QueueWatch([Watched("Asterisk a", queue, 0.01)], clock)
    yield made
    queue.free.set()
    made.close()


def test_nobody_who_looks_waits_for_an_answer(queue: Asked, watched: QueueWatch) -> None:
    """It is asked, and hangs; all who look are told that nothing is known yet."""
    for _ in range(3):
        assert watched.look() == Waiting((Told("Asterisk a", None, pending=True),))
    assert len(queue.asked) <= 1
    queue.free.set()
    wait_until(lambda: watched.look().known)
    assert watched.look().callers == 1


def test_who_does_not_answer_is_not_known_and_never_counted_as_nobody(
    queue: Asked, watched: QueueWatch
) -> None:
    """Also who answered a moment ago."""
    queue.free.set()
    wait_until(lambda: watched.look().known)
    queue.answer = fail
    wait_until(lambda: not watched.look().known)
    found = watched.look()
    assert found.unknown == ("Asterisk a",)
    assert not found.whole
    queue.answer = lambda: QueueState(0)
    wait_until(lambda: watched.look().whole)


def test_an_answer_that_is_old_is_known_no_more(
    queue: Asked, watched: QueueWatch, clock: Hands
) -> None:
    """The one that should follow it hangs."""
    queue.free.set()
    wait_until(lambda: watched.look().known)
    queue.free.clear()
    wait_until(queue.blocked.is_set)
    assert watched.look().known
    clock.now += STALE_S + 1
    assert not watched.look().known


def test_nobody_is_asked_where_nobody_looks(
    queue: Asked, watched: QueueWatch, clock: Hands
) -> None:
    """The asking ends, and its connection; whoever looks then begins it anew."""
    queue.free.set()
    watched.look()
    wait_until(lambda: queue.asked)
    clock.now += UNSEEN_S + 1
    wait_until(lambda: queue.left == 1)
    first = queue.asked[0]
    first.join(20)
    asked = len(queue.asked)
    watched.look()
    wait_until(lambda: len(queue.asked) > asked)
    assert queue.asked[-1] is not first


def test_whatever_befalls_a_question_the_next_is_asked(queue: Asked, watched: QueueWatch) -> None:
    """A fault of ours is no end of it."""

    def broken() -> QueueState:
        raise ZeroDivisionError

    queue.answer = broken
    queue.free.set()
    wait_until(lambda: watched.look().unknown)
    queue.answer = lambda: QueueState(2, 9)
    wait_until(lambda: watched.look().callers == 2)


def test_several_queues_are_added_up_and_what_is_unknown_is_named() -> None:
    """The longest wait is of all, or not told; operators may be the same at both."""
    here = Told("Asterisk a", QueueState(2, 40, Operators(3, 1)))
    there = Told("Asterisk b", QueueState(1, 90, Operators(3, 1)))
    both = Waiting((here, there))
    assert (both.callers, both.longest_s, both.operators) == (3, 90, None)
    assert Waiting((here,)).operators == Operators(3, 1)
    half = Waiting((here, Told("Asterisk b")))
    assert (half.callers, half.longest_s, half.unknown) == (2, None, ("Asterisk b",))
    assert not half.whole
    untold = Waiting((here, Told("Twilio", QueueState(1))))
    assert (untold.callers, untold.longest_s) == (3, None)
    assert Waiting((here, Told("Twilio", QueueState(0)))).longest_s == 40
    assert not Waiting(()).known
    assert not Waiting(()).pending
