"""When an attempt is repeated, and when it is given up."""

import random
from dataclasses import dataclass

from outbox.schedule import Schedule
from outbox.work import LONGEST_WAIT

_MOST_UNSURE = 3


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a failed attempt is repeated: full jitter over an exponential back-off, in seconds.

    With the defaults the last of 60 attempts comes about six hours after the first. `lease_s` is
    how long a worker that died keeps a row from others.
    """

    base_s: float = 1.0
    cap_s: float = 900.0
    max_attempts: int = 60
    lease_s: float = 14.0

    def __post_init__(self) -> None:
        """Raises ValueError for a policy that could not work."""
        if not 0 < self.base_s <= self.cap_s <= LONGEST_WAIT.total_seconds():
            raise ValueError("retry policy: 0 < base_s <= cap_s <= 3600 (an hour) is needed")
        if self.max_attempts < 1 or self.lease_s <= 0:
            raise ValueError("retry policy: max_attempts and lease_s must be positive")

    def wait_s(self, attempts: int, asked_s: float | None = None) -> float:
        """Seconds to wait after `attempts` of them; `asked_s` is the receiver's wish."""
        ceiling = self.longest_wait_s(attempts)
        jitter = random.uniform(0, ceiling)  # noqa: S311 - spreads load, guards nothing
        return min(self.cap_s, max(jitter, asked_s or 0.0))

    def longest_wait_s(self, attempts: int) -> float:
        """Seconds that nobody waits longer than after `attempts` of them; half of it on average."""
        return min(self.cap_s, self.base_s * 2.0 ** min(attempts - 1, 40))

    @property
    def unsure_weight(self) -> int:
        """As how many an attempt counts whose message may have gone out all the same.

        A person would read each repetition: after three of them nothing more is sent, and the wait
        between two is as long as after so many that failed.
        """
        return max(1, self.max_attempts // _MOST_UNSURE)


Retry = RetryPolicy | Schedule
"""When an attempt is repeated."""
