"""A limit of calls, as a bucket that empties steadily."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """The `calls`th call of one number within `seconds` passes the limit.

    By the generic cell rate algorithm (ITU-T I.371): a call fills a bucket that empties steadily,
    by `calls` in `seconds`. A burst meets the limit at once; who calls steadily, and less often
    than that, never does.
    """

    calls: int
    seconds: int

    @property
    def interval_ms(self) -> float:
        """Milliseconds in which the bucket loses one call."""
        return self.seconds * 1000 / self.calls

    @property
    def room_ms(self) -> float:
        """What the bucket holds, as the time it takes to empty: `calls` less one.

        Half a millisecond more: what the bucket holds is a sum of so many rounded intervals.
        """
        return self.interval_ms * (self.calls - 1) + 0.5
