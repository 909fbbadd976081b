"""When an attempt is repeated, where the waits are written down; it needs nothing of the outbox."""

import random
from dataclasses import dataclass

STANDARD_S = (0.0, 5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)
"""At once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h (Standard Webhooks
specification, "Retry schedule"): a delivery is given up three days after its ticket."""
MOST_WAIT_S = 86_400.0 * 7
"""The longest wait of a schedule."""
MOST_ASKED_S = 86_400.0
"""The longest that a receiver may ask for."""
_JITTER = 0.1
_MOST_UNSURE = 3


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a failed attempt is repeated: after waits that are written down, in seconds.

    `waits_s` has one before each attempt. Each is drawn up to a tenth longer, so that what has
    failed together does not come together again. `lease_s` is how long a row is kept from others
    by a worker that died.
    """

    waits_s: tuple[float, ...] = STANDARD_S
    lease_s: float = 14.0

    def __post_init__(self) -> None:
        """Raises ValueError for a schedule that could not work."""
        if not self.waits_s or not all(0 <= wait <= MOST_WAIT_S for wait in self.waits_s):
            raise ValueError("schedule: a wait of 0 s to 7 days before each attempt is needed")
        if self.lease_s <= 0:
            raise ValueError("schedule: lease_s must be positive")

    @property
    def max_attempts(self) -> int:
        """After so many it is given up."""
        return len(self.waits_s)

    def wait_s(self, attempts: int, asked_s: float | None = None) -> float:
        """Seconds to wait after `attempts` of them; `asked_s` is the receiver's wish."""
        planned = self.longest_wait_s(attempts) / (1 + _JITTER)
        jitter = random.uniform(planned, self.longest_wait_s(attempts))  # noqa: S311 - spreads load, guards nothing
        return max(jitter, min(asked_s or 0.0, MOST_ASKED_S))

    def longest_wait_s(self, attempts: int) -> float:
        """Seconds that nobody waits longer than after `attempts` of them, but for a wish."""
        return self.waits_s[min(attempts, len(self.waits_s) - 1)] * (1 + _JITTER)

    @property
    def unsure_weight(self) -> int:
        """As how many an attempt counts whose message may have gone out all the same."""
        return max(1, -(-len(self.waits_s) // _MOST_UNSURE))
