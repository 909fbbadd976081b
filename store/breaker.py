"""A circuit breaker that never makes one call wait for another.

The well-known ones hold a lock around the guarded call, so a store that is merely slow makes
callers queue, and they measure time by the wall clock, which jumps. This one is asked before and
told after; in between nothing is held.
"""

import threading
import time
from collections.abc import Callable


class Breaker:
    """Closed until `failed()`; then open for `open_seconds`; then one trial decides.

    One failure opens it: on the path of a call every further try would cost the next caller the
    same time-out again. Safe to share between threads, and between everything that asks the same
    server. `clock` gives monotonic seconds.
    """

    def __init__(
        self, open_seconds: float = 2.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.open_seconds = open_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._closed = True
        self._next_trial = 0.0

    @property
    def closed(self) -> bool:
        """Whether the last thing heard of the server was good."""
        return self._closed

    def allows(self) -> bool:
        """Whether the server may be asked now.

        While open, exactly one caller per `open_seconds` gets True: the trial. A trial that never
        reports back is followed by another after the same time.
        """
        if self._closed:
            return True
        with self._lock:
            now = self._clock()
            if self._closed or now >= self._next_trial:
                self._next_trial = now + self.open_seconds
                return True
            return False

    def succeeded(self) -> None:
        """The server answered: close."""
        if not self._closed:
            with self._lock:
                self._closed = True

    def failed(self) -> bool:
        """The server did not answer: open. True when it was closed before (the moment to log)."""
        with self._lock:
            tripped = self._closed
            self._closed = False
            self._next_trial = self._clock() + self.open_seconds
            return tripped
