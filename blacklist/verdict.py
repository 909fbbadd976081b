"""A verdict: what screening says of one call, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Disposition = Literal["allow", "warn", "challenge", "low_priority", "voicemail", "block"]
"""What happens to the call, from mildest to hardest. Emergencies stay reachable from every one."""

DISPOSITIONS: tuple[str, ...] = get_args(Disposition)

MACHINE_DISPOSITIONS: tuple[Disposition, ...] = ("warn", "challenge", "low_priority")
"""What a program may decide by itself: it queues, challenges and notifies. Only a person blocks."""

HARD_DISPOSITIONS: tuple[Disposition, ...] = ("voicemail", "block")
"""What keeps a caller from an operator: an entry that a person made, and nothing else."""

LAST_IN_QUEUE: tuple[Disposition, ...] = ("challenge", "low_priority")
"""Whose calls the operators' queue puts last."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of screening one call.

    `reason` is a misuse category (empty for `allow`), `until` the end of the measure (UTC),
    `evidence` what it rests on (an entry's id, a limit that was passed), `rule` the name of what
    decided. `ms` is the time it took. `degraded` means that the store could not be asked: at most
    the blocks made by people were looked at, and the call record says so. `alert` marks the call
    with which a measure of the machine begins: supervisors are told once.
    """

    disposition: Disposition = "allow"
    reason: str = ""
    until: datetime | None = None
    evidence: str = ""
    rule: str = "no_entry"
    ms: float = 0.0
    degraded: bool = False
    alert: bool = False
