"""The blocks that people made, kept in this process: they hold while Redis is away.

Refreshed from the record now and then by a thread of its own. What it holds is as old as the last
refresh at most, and every entry still ends by itself.
"""

import threading
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import structlog

from blacklist import metrics
from blacklist.decision import Decision, Hold
from blacklist.verdict import HARD_DISPOSITIONS

log = structlog.get_logger()

REFRESH_SECONDS = 30.0
LIMIT = 200_000
"""Numbers that one process keeps (about 30 MB). The record's first ones; the rest is told of."""


class Kept(NamedTuple):
    """What the record says of a number, or of a prefix (E.164)."""

    subject: str
    hold: Hold
    prefix: bool = False


Load = Callable[[], Iterable[Kept]]
"""Reads the hard entries in force from the record; raises what it likes when that is away."""


class Snapshot:
    """Hard entries by number. `find` never waits; `clock` gives seconds since the epoch."""

    def __init__(
        self,
        load: Load,
        *,
        refresh_seconds: float = REFRESH_SECONDS,
        limit: int = LIMIT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._load = load
        self._refresh_seconds = refresh_seconds
        self._limit = limit
        self._clock = clock
        self._numbers: dict[int, Hold] = {}
        self._prefixes: dict[str, Hold] = {}
        self._loaded = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def loaded(self) -> bool:
        """Whether the record was ever read."""
        return self._loaded

    def __len__(self) -> int:
        return len(self._numbers) + len(self._prefixes)

    def start(self) -> None:
        """Read the record now and again in a thread, until `close`. Again is harmless."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="snapshot", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def refresh(self) -> bool:
        """Read the record; False when it could not be read: then what was known stays."""
        numbers: dict[int, Hold] = {}
        prefixes: dict[str, Hold] = {}
        left_out = 0
        try:
            for subject, hold, prefix in self._load():
                if hold.disposition not in HARD_DISPOSITIONS:
                    continue
                if prefix:
                    prefixes[subject] = hold
                elif len(numbers) < self._limit:
                    numbers[int(subject)] = hold
                else:
                    left_out += 1
        except Exception as error:  # whatever it is, the old snapshot is better than none
            log.warning("snapshot_not_refreshed", error=type(error).__name__)
            return False
        if left_out:
            log.warning("snapshot_full", kept=len(numbers), left_out=left_out)
        self._numbers, self._prefixes, self._loaded = numbers, prefixes, True
        metrics.SNAPSHOT.set(len(self))
        return True

    def find(self, number: str) -> Decision | None:
        """What a person decided about a number (E.164), if it holds; the hardest of it."""
        now = int(self._clock())
        found = self._numbers.get(int(number)) if self._numbers else None
        if found is not None and found.until > now:
            return Decision(*found, "snapshot")
        if self._prefixes:
            for length in range(len(number), 1, -1):
                found = self._prefixes.get(number[:length])
                if found is not None and found.until > now:
                    return Decision(*found, "snapshot")
        return None

    def _run(self) -> None:
        while not self._stop.is_set():
            self.refresh()
            self._stop.wait(self._refresh_seconds)
