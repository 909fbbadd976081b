"""What a prefix would do: the recorded calls run through the policy, with the rule and without.

It is looked up before anybody accepts the prefix, and kept with it for the second person. Whoever
builds the register hands in what looks it up.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from blacklist.verdict import Disposition

FRESH = timedelta(days=1)
"""How long a look at the past is good enough to decide by."""


class RecordUnreadable(RuntimeError):
    """The recorded calls could not be read now: nobody knows what the prefix would stop."""


@dataclass(frozen=True, slots=True)
class Touched:
    """Whom a policy touches. `stopped` are calls kept from an operator (voicemail, block).

    The rest counts callers of whom a call met worse than a warning: `genuine` opened a ticket and
    were never struck, `nuisance` were struck, `shared` both (a prankster's family), `unknown`
    neither.
    """

    stopped: int = 0
    genuine: int = 0
    nuisance: int = 0
    shared: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class PrefixReplay:
    """The calls and callers of a prefix in the last `days`, and whom the policy touches of them."""

    days: int
    calls: int
    callers: int
    with_rule: Touched
    without_rule: Touched

    def told(self, at: datetime) -> dict[str, Any]:
        """As kept with the entry."""
        return {**asdict(self), "at": at.isoformat()}


class Replays(Protocol):
    """Runs the recorded calls of a prefix through the policy."""

    def __call__(self, prefix: str, disposition: Disposition, now: datetime) -> PrefixReplay:
        """What the rule would have done. Raises RecordUnreadable, EntryRefused (too many calls)."""
        ...


def is_fresh(kept: Mapping[str, Any], now: datetime) -> bool:
    """Whether a kept replay is young enough to decide by."""
    return "at" in kept and datetime.fromisoformat(kept["at"]) >= now - FRESH


def touches_more(fresh: Mapping[str, Any], kept: Mapping[str, Any]) -> bool:
    """Whether more citizens would be shut out than the kept replay says."""
    return citizens(fresh) > citizens(kept)


def citizens(kept: Mapping[str, Any]) -> int:
    """Callers who opened a ticket and would be touched."""
    touched = kept.get("with_rule", {})
    return int(touched.get("genuine", 0)) + int(touched.get("shared", 0))
