"""What the rest of the house may ask of screening, whatever stands behind it."""

from typing import Protocol

from blacklist.numbers import CallerNumber
from blacklist.verdict import Verdict


class Screening(Protocol):
    """Answers one question, at once, always: it is on the path of every call."""

    def screen(self, number: CallerNumber, *, emergency: bool = False) -> Verdict:
        """Say what is to happen to a call from `number`; never raises.

        `emergency`: it came by a line kept for emergencies, and passes unasked.
        """
        ...


class RegisterUnavailable(RuntimeError):
    """The index could not be reached; nothing was changed there."""
