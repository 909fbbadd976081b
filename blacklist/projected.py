"""What stands about a number or a prefix, as the index is told it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple

from blacklist.decision import Hold, hardest, hold, seconds
from blacklist.entry import Entry
from blacklist.ladder import Measure
from blacklist.verdict import MACHINE_DISPOSITIONS

Kind = Literal["entry", "allow", "strikes", "prefix"]


class Projected(NamedTuple):
    """One kind of thing that stands about a number or prefix (E.164): `holds` hardest first."""

    kind: Kind
    subject: str
    holds: tuple[Hold, ...]


def entry_of(entry: Entry) -> Projected:
    """An entry as the index keeps it."""
    kept = Hold(entry.disposition, entry.reason, seconds(entry.until), "entry")
    return Projected("entry", entry.number, (kept,))


def allow_of(number: str, until: datetime | None) -> Projected:
    """An allowed number as the index keeps it."""
    return Projected("allow", number, (Hold("allow", "", seconds(until), "entry"),))


def prefix_of(prefix: str, measure: Measure) -> Projected:
    """A prefix rule as the index keeps it."""
    return Projected("prefix", prefix, (hold(measure),))


def strikes_of(number: str, measures: Iterable[Measure]) -> Projected:
    """What strikes come to, as the index keeps it: never more than a machine may decide."""
    kept = (hold(m) for m in measures if m.disposition in MACHINE_DISPOSITIONS)
    return Projected("strikes", number, hardest(kept))
