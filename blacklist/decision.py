"""What the index says of a call, before it is dressed as a verdict. Times are whole seconds.

The same for the script in Redis and for its model in Python, so that they can be compared.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from blacklist.ladder import Measure
from blacklist.verdict import Disposition, Verdict

UNNUMBERED = ("withheld", "unusable")
"""The classes of callers without a number: each is counted as one."""

PATIENCE_S = 300
"""A clock that goes back by up to this is held still; by more, what was counted is forgotten.

In doubt for the caller: attempts of a future that is yet to come prove nothing.
"""


class Way(NamedTuple):
    """How a call came: the trunk's name, who vouches for the caller (A, B, C as in ATIS-1000074, or
    empty), and the opaque name that its network gives the origin of the call (`origid` of RFC 8588,
    or empty).
    """

    trunk: str = ""
    attestation: str = ""
    origin: str = ""


UNKNOWN_WAY = Way()


class Decision(NamedTuple):
    """The answer of the index. `until` is in seconds since the epoch, 0 for none."""

    disposition: Disposition = "allow"
    reason: str = ""
    until: int = 0
    evidence: str = ""
    rule: str = "no_entry"
    alert: bool = False


class Hold(NamedTuple):
    """A measure as the index keeps it. `until` 0 is without an end (allowed numbers only)."""

    disposition: Disposition
    reason: str
    until: int
    evidence: str = ""


def hold(measure: Measure) -> Hold:
    """The measure as the index keeps it: it ends with the second in which `until` lies."""
    return Hold(
        measure.disposition, measure.reason, seconds(measure.until), plain(measure.evidence)
    )


def seconds(moment: datetime | None) -> int:
    """The first whole second at which `moment` is reached; 0 for none."""
    return 0 if moment is None else int(-(-moment.timestamp() // 1))


def plain(evidence: str) -> str:
    """Evidence without what separates the parts of a kept value."""
    return "".join(c for c in evidence if c.isascii() and c.isprintable() and c not in ";:")[:64]


def verdict(decision: Decision, *, ms: float = 0.0, degraded: bool = False) -> Verdict:
    """The decision as the rest of the house knows it."""
    disposition, reason, until, evidence, rule, alert = decision
    moment = datetime.fromtimestamp(until, UTC) if until else None
    return Verdict(disposition, reason, moment, evidence, rule, ms, degraded, alert)


def hardest(holds: Iterable[Hold]) -> tuple[Hold, ...]:
    """Holds, hardest first; among equals the one that lasts longest."""
    order = ("block", "voicemail", "low_priority", "challenge", "warn", "allow")
    return tuple(sorted(holds, key=lambda h: (order.index(h.disposition), -h.until)))
