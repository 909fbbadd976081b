"""What the rest of the house may ask of screening, whatever stands behind it."""

from typing import Protocol

from blacklist.decision import UNKNOWN_WAY, Way
from blacklist.numbers import CallerNumber, Kind
from blacklist.verdict import Verdict


class Screening(Protocol):
    """Answers one question, at once, always: it is on the path of every call."""

    def screen(
        self, number: CallerNumber, *, emergency: bool = False, way: Way = UNKNOWN_WAY
    ) -> Verdict:
        """Say what is to happen to a call from `number`; never raises.

        `emergency`: it came by a line kept for emergencies, and passes unasked.
        """
        ...

    def served(self, number: str | None, way: Way = UNKNOWN_WAY, kind: Kind = "withheld") -> None:
        """Learn that a call of `number` (E.164) came to something; never raises.

        None is a caller without a number, of the class `kind`.
        """
        ...


class RegisterUnavailable(RuntimeError):
    """The index could not be reached; nothing was changed there."""


class RebuildOvertaken(RuntimeError):
    """Another rebuild was begun, or this one took too long: what it wrote does not count."""
