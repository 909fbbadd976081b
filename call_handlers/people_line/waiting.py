"""How many callers wait for an operator: the sum of every queue that they wait in."""

from collections.abc import Sequence
from dataclasses import dataclass

from carriers.queue import Operators, QueueState


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one queue now: its state, or (None) that nothing is.

    `pending`: it is being asked for the first time since somebody looks, so it may be known soon.
    """

    name: str
    state: QueueState | None = None
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """Those who wait. A queue of which nothing is known is named, and counted as nothing."""

    queues: tuple[Told, ...]

    @property
    def known(self) -> bool:
        """Whether anything is known."""
        return any(one.state is not None for one in self.queues)

    @property
    def pending(self) -> bool:
        """Whether nothing is known, only because it is being asked just now."""
        return not self.known and bool(self.queues) and all(one.pending for one in self.queues)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The queues of which nothing is known."""
        return tuple(one.name for one in self.queues if one.state is None and not one.pending)

    @property
    def whole(self) -> bool:
        """Whether every queue is counted."""
        return self.known and all(one.state is not None for one in self.queues)

    @property
    def callers(self) -> int:
        """How many wait where that is known."""
        return sum(state.callers for state in self._states)

    @property
    def longest_s(self) -> int | None:
        """For how long the first of them has waited (s); None where nobody does, or it is not told.

        One that is told no wait of could have waited longer than all others.
        """
        waits = [state.longest_s for state in self._states if state.callers]
        told = [wait for wait in waits if wait is not None]
        return max(told) if told and len(told) == len(waits) and self.whole else None

    @property
    def operators(self) -> Operators | None:
        """The telephones that could answer; None where several queues may have the same ones."""
        return self._states[0].operators if len(self.queues) == 1 and self.known else None

    @property
    def _states(self) -> Sequence[QueueState]:
        return [one.state for one in self.queues if one.state is not None]
