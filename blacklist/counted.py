"""What is counted of calls, and which limit holds for which class of callers. Times are ms."""

import math
from dataclasses import dataclass, field

from blacklist.class_policy import IN_PART, NO_LIMIT, ClassLimit
from blacklist.decision import PATIENCE_S, UNNUMBERED, Way
from blacklist.policy import Policy

ATTESTATIONS = ("", "A", *IN_PART)
CLASSES: tuple[str, ...] = ("number", *UNNUMBERED)
"""The classes of callers of one origin: numbers that were never served, and callers without one."""
NUMBERS = 0
MOST_SERVED = 255
STRUCK = 255
"""The number of the window of those who were struck lately."""
BLOCK_DIGITS = 4
"""Numbers that differ in no more than these last digits are numbers in a row."""

ALERT_AGAIN_MS = 3_600_000
"""Supervisors are told of a class of callers once in this time."""


@dataclass(slots=True)
class Attempts:
    """The calls of one number: the newest (ms), the theoretical arrival time (ms) of each window of
    the policy, and the measure (until in seconds) that the window passed last brought.
    """

    newest_ms: int = 0
    arrivals_ms: list[float] = field(default_factory=list)
    held_until: int = 0
    window: int = 0


@dataclass(slots=True)
class Trust:
    """The `served` calls of a number, worth something until then (s); so many of them are yet to be
    taken back from what was counted.
    """

    until: int = 0
    served: int = 0
    back: int = 0


@dataclass(slots=True)
class Trunk:
    """What is counted of one trunk: the theoretical arrival time (ms) of the numbers that repeat,
    until when (ms) one of its classes is crowded, and its `calls` while one was.
    """

    repeating_ms: float = 0.0
    crowded_until_ms: float = 0.0
    calls: int = 0


@dataclass(slots=True)
class Origin:
    """What is counted of the calls of one origin: the theoretical arrival time (ms) of each class
    of `CLASSES` and of calls that came to something, when supervisors were last told, which of its
    trunk's `calls` have made room, and the newest call.
    """

    calls: int
    arrivals_ms: list[float] = field(default_factory=lambda: [0.0] * len(CLASSES))
    served_ms: float = 0.0
    alerted_ms: int = 0
    newest_ms: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """A call as it was counted. `before_ms` is when the one before it came, 0 for none; `often`
    when more than one came just before.
    """

    state: Attempts
    over: int
    repeats: bool
    trusted: bool
    load: int
    before_ms: int
    often: bool


def class_limit(policy: Policy, place: int, way: Way) -> ClassLimit:
    """The limit of a class of `CLASSES` by an origin, or where none is named by the whole trunk."""
    if place != NUMBERS:
        return policy.withheld.limit(way.attestation, named=bool(way.origin))
    if policy.rotation is None:
        return NO_LIMIT
    return policy.rotation.origin if way.origin else policy.rotation.gateway


def origin_lasts_s(policy: Policy) -> int:
    """For how long what is counted of an origin can matter, in seconds."""
    limits = [
        policy.withheld.limit(attestation, named=named).room_ms
        for attestation in ATTESTATIONS
        for named in (True, False)
    ]
    quiet = 0
    if policy.rotation is not None:
        limits += [policy.rotation.origin.room_ms, policy.rotation.gateway.room_ms]
        quiet = policy.rotation.quiet.seconds
    return max(math.ceil(max(limits) / 1000) + PATIENCE_S, ALERT_AGAIN_MS // 1000, quiet)
