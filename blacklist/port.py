"""What the rest of the house may ask of screening, whatever stands behind it.

Two ports, because they have different promises: `Screening` is on the path of every call, answers
in milliseconds and never fails; `Register` is for people, may be slow, and says what went wrong.
A register kept in SQL can stand before the Redis one: it commits the entry as the record and then
hands the same `Entry` to `put` and `drop`, which only project it into what screening reads.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from blacklist.entry import Entry
from blacklist.numbers import CallerNumber
from blacklist.verdict import Verdict


class Screening(Protocol):
    """Answers one question, at once, always."""

    def screen(self, number: CallerNumber) -> Verdict:
        """Say what is to happen to a call from `number`; never raises."""
        ...


class Register(Protocol):
    """The blocklist as people keep it."""

    def add(
        self,
        raw: str,
        *,
        reason: str,
        who: str,
        days: float | None = None,
        until: datetime | None = None,
        note: str = "",
        disposition: str = "block",
    ) -> Entry:
        """Restrict a number; raises `EntryRefused` or `RegisterUnavailable`."""
        ...

    def remove(self, raw: str) -> bool:
        """Lift the restriction; False when there was none."""
        ...

    def show(self, raw: str) -> Entry | None:
        """Return the entry of a number, if one is in force."""
        ...

    def entries(self) -> Iterator[Entry]:
        """Every entry in force, the first to end first."""
        ...


class RegisterUnavailable(RuntimeError):
    """The store behind the register could not be reached; nothing was changed."""
