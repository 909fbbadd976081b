"""The operators' queue as a carrier tells of it at one moment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operators:
    """The telephones of a queue that somebody could answer: how many there are, and are free."""

    there: int
    free: int


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many callers wait, and for how long the first of them has (s; None: not told).

    `operators` is None where the carrier does not know of telephones what is true of them.
    """

    callers: int
    longest_s: int | None = None
    operators: Operators | None = None


class QueueUnknown(Exception):
    """Nothing is known of the queue now. The text is why, and nothing of a caller or a secret.

    `refused`: it was said by who knows us, and asking again at once would change nothing.
    """

    def __init__(self, why: str, *, refused: bool = False) -> None:
        super().__init__(why)
        self.refused = refused
