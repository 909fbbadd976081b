"""Asking, again and again while somebody looks, how the queues are: and nobody waits for an answer.

Each queue is asked in a thread of its own. Who looks is told what was answered last; what is older
than `STALE_S` is known no more. Where nobody has looked for `UNSEEN_S` the asking ends.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from call_handlers.people_line.waiting import Told, Waiting
from carriers.queue import QueueState, QueueUnknown

log = structlog.get_logger()

UNSEEN_S = 60.0
STALE_S = 30.0
REFUSED_S = 60.0
"""How long who refuses is left alone: it notes each refusal, and may shut its door."""


class Queue(Protocol):
    """A queue that can be asked, by one thread."""

    def ask(self) -> QueueState:
        """How it is now, or that it is not known, within some seconds. Raises QueueUnknown."""

    def leave(self) -> None:
        """Let go what was kept for the next question."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A queue, what people call it, and how long to wait between two questions (s)."""

    name: str
    queue: Queue
    every_s: float


class QueueWatch:
    """The queues of one house. Safe to share between threads. `clock` gives monotonic seconds."""

    def __init__(
        self, queues: Sequence[Watched], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._watches = [_Watch(one, clock) for one in queues]

    def look(self) -> Waiting:
        """What is known now, at once; from now on the queues are asked for a while."""
        return Waiting(tuple(one.look() for one in self._watches))

    def close(self) -> None:
        """End the asking, and let go what is kept; what is being asked is waited for."""
        for one in self._watches:
            one.close()


class _Watch:
    def __init__(self, watched: Watched, clock: Callable[[], float]) -> None:
        self._watched = watched
        self._clock = clock
        self._changed = threading.Condition()
        self._asking = False
        self._looked = 0.0
        self._state: QueueState | None = None
        self._known_at = 0.0
        self._failed = ""
        self._thread: threading.Thread | None = None

    def look(self) -> Told:
        with self._changed:
            now = self._looked = self._clock()
            if self._state is not None and now - self._known_at > STALE_S:
                self._state = None
            if not self._asking:
                self._begin()
            pending = self._state is None and not self._failed
            return Told(self._watched.name, self._state, pending)

    def _begin(self) -> None:
        """Ask from now on; where the system gives no thread, the next who looks tries again."""
        self._asking, self._failed = True, ""
        name = f"queue {self._watched.name}"
        thread = threading.Thread(target=self._run, name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            self._asking, self._failed = False, type(error).__name__
            self._tell("no thread")
        else:
            self._thread = thread

    def close(self) -> None:
        with self._changed:
            self._looked = -UNSEEN_S
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        """Ask until nobody has looked for a while."""
        pause = 0.0
        while self._wanted(pause):
            pause = self._round()

    def _wanted(self, pause: float) -> bool:
        with self._changed:
            if pause:
                self._changed.wait(pause)
            self._asking = self._clock() - self._looked < UNSEEN_S
            if not self._asking:
                self._watched.queue.leave()  # before another thread may ask it
            return self._asking

    def _round(self) -> float:
        """Ask once; how long to wait before the next time."""
        state, failed, pause = None, "", self._watched.every_s
        try:
            state = self._watched.queue.ask()
        except QueueUnknown as error:
            failed, pause = str(error), REFUSED_S if error.refused else pause
        except Exception as error:  # whatever it is, this goes on for those who look
            failed = type(error).__name__
        with self._changed:
            if failed != self._failed:
                self._tell(failed)
            self._state, self._failed, self._known_at = state, failed, self._clock()
        return pause

    def _tell(self, failed: str) -> None:
        if failed:
            log.warning("queue_unknown", queue=self._watched.name, why=failed)
        else:
            log.info("queue_known", queue=self._watched.name)
