"""What a process does again and again: each loop in a thread of its own, one eye on all of them.

A round that fails is told once and tried again, on fresh connections. A loop that ends, or makes no
round for longer than any round takes, ends the process: whoever supervises it starts it again.
A process that lives while its loop does not looks well to everybody and does nothing.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from prometheus_client import Gauge

from host.log_writer import settle

log = structlog.get_logger()

WATCH_SECONDS = 2.0
STANDS = 70
"""Exit status of a process whose loop stands (sysexits(3), EX_SOFTWARE)."""
_PATIENCE_S = 10.0
RETRY_S = 30.0
"""What seldom has to be done is tried again so soon when it failed."""
QUICK_S = 120.0
"""More than a round takes that waits out every time-out of a store that hangs."""
THOROUGH_S = 900.0
"""More than a round takes that goes through files, or makes the index of a million numbers anew."""
LAST_ROUND = Gauge(
    "hotline_last_round_timestamp_seconds",
    "When a loop has made its last round",
    ("loop",),
    multiprocess_mode="livemin",
)


@dataclass(frozen=True, slots=True)
class Periodic:
    """Call `run` every `every_s` seconds, counted from its end; it takes `longest_s` at most.

    Each room makes those of its own; `hotline` decides which process runs them. What `run` raises
    is told, and tried again the next time.
    """

    name: str
    every_s: float
    run: Callable[[], object]
    longest_s: float = QUICK_S


class Rounds:
    """When each loop of this process has made its last round. Safe between threads.

    `longest_s` is from the end of a round to that of the next, the pause between them included.
    """

    def __init__(self, longest_s: Mapping[str, float]) -> None:
        self._longest = dict(longest_s)
        self._made = dict.fromkeys(longest_s, time.monotonic())

    def made(self, name: str) -> None:
        """The loop of that name has made a round."""
        self._made[name] = time.monotonic()
        LAST_ROUND.labels(name).set_to_current_time()

    def standing(self) -> str | None:
        """A loop that has made none for too long."""
        now = time.monotonic()
        late = (name for name, at in self._made.items() if now - at > self._longest[name])
        return next(late, None)


class Loops:
    """Runs `periodics`, each in a loop of its own, and watches them.

    `afresh` is called after a round that failed: it gives up connections. `tell` is called every
    `watch_s` for as long as all is well. `others` are loops that run elsewhere in this process and
    say so by `rounds`: their names, and how long a round of theirs takes.
    """

    def __init__(
        self,
        periodics: Sequence[Periodic],
        *,
        afresh: Callable[[], None],
        tell: Callable[[], None] = lambda: None,
        others: Mapping[str, float] | None = None,
        end: Callable[[], object] = lambda: os._exit(STANDS),
        watch_s: float = WATCH_SECONDS,
    ) -> None:
        self._afresh = afresh
        self._tell = tell
        self._end = end
        self._watch_s = watch_s
        self._stop = threading.Event()
        longest = {one.name: one.every_s + one.longest_s for one in periodics}
        self.rounds = Rounds(longest | dict(others or {}))
        # Nobody waits for ever for a thread that hangs: they are daemons.
        self._threads = [
            threading.Thread(target=self._keep, args=(one,), name=one.name, daemon=True)
            for one in periodics
        ]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run them while inside; then let each end its round, within ten seconds."""
        watch = threading.Thread(target=self._watch, name="watch", daemon=True)
        for thread in (*self._threads, watch):
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            until = time.monotonic() + _PATIENCE_S
            for thread in (*self._threads, watch):
                thread.join(max(0.0, until - time.monotonic()))

    def _keep(self, one: Periodic) -> None:
        trouble: str | None = None
        while not self._stop.is_set():
            try:
                one.run()
                if trouble is not None:
                    log.info("loop_recovered", loop=one.name, after=trouble)
                trouble = None
            except Exception as error:  # it outlives whatever is away: the next round tries again
                name = type(error).__name__
                if name != trouble:
                    log.error("loop_waits", loop=one.name, error=name)
                trouble = name
                self._afresh()
            self.rounds.made(one.name)
            self._stop.wait(one.every_s if trouble is None else min(one.every_s, RETRY_S))

    def _watch(self) -> None:
        while not self._stop.wait(self._watch_s):
            ended = (thread.name for thread in self._threads if not thread.is_alive())
            name = next(ended, None) or self.rounds.standing()
            if name is None:
                self._tell()
            elif not self._stop.is_set():
                try:
                    log.critical("loop_stands", loop=name)
                    settle()
                finally:
                    self._end()
                return
