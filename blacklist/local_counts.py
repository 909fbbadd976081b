"""Calls counted in this process, for as long as Redis does not count them.

By the same rules, but each process knows only its own calls, and forgets them when it ends: a limit
is met later here than in Redis, and never sooner.
"""

import threading
from collections.abc import Callable

from blacklist.decision import UNKNOWN_WAY, Decision, Way
from blacklist.model import ScreeningModel
from blacklist.numbers import CallerNumber
from blacklist.policy import Policy

LIMIT = 20_000
"""Numbers that one process counts (about 10 MB); beyond it who called longest ago is forgotten."""


class LocalCounts:
    """How often whom called. `now_ms` gives milliseconds since the epoch. For several threads."""

    def __init__(self, policy: Policy, now_ms: Callable[[], int], limit: int = LIMIT) -> None:
        self._model = ScreeningModel(policy)
        self._now_ms = now_ms
        self._limit = limit
        self._callers: dict[str, None] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._callers)

    def count(self, number: CallerNumber, way: Way = UNKNOWN_WAY) -> Decision:
        """Count a call; what its number, or its class, has come to by itself."""
        caller = f"#{number.hidden}" if number.hidden else number.counted_as
        with self._lock:
            if number.unnumbered and not number.hidden:
                return self._model.screen(None, self._now_ms(), caller, **way._asdict())
            self._callers.pop(caller, None)
            self._callers[caller] = None  # the newest caller is last
            if len(self._callers) > self._limit:
                oldest = next(iter(self._callers))
                del self._callers[oldest]
                self._model.forget(oldest)
            return self._model.screen(caller, self._now_ms(), **way._asdict())
