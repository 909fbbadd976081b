"""A verdict: what screening says of one call, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Disposition = Literal["allow", "warn", "challenge", "low_priority", "voicemail", "block"]
"""What happens to the call, from mildest to hardest. Emergencies stay reachable from every one."""

DISPOSITIONS: tuple[str, ...] = get_args(Disposition)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of screening one call.

    `reason` is a misuse category (empty for `allow`), `until` the end of the measure (UTC),
    `evidence` what it rests on, `rule` the name of what decided. `ms` is the time it took.
    `degraded` means that the store could not be asked: the call went through unscreened, and the
    call record says so.
    """

    disposition: Disposition = "allow"
    reason: str = ""
    until: datetime | None = None
    evidence: str = ""
    rule: str = "no_entry"
    ms: float = 0.0
    degraded: bool = False
