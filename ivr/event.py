"""What can happen on the caller's side of a turn."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Digits:
    """Keys pressed, as sent (`0-9*#`; anything else is a *nomatch*)."""

    value: str


@dataclass(frozen=True, slots=True)
class Speech:
    """What a recogniser understood, on drivers that have one."""

    text: str


@dataclass(frozen=True, slots=True)
class NoInput:
    """Silence until the time-out."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording was made. `reference` names it (never a path); empty when it could not be kept.

    `key` ended it; empty for silence, the longest length, and a caller who hung up. A recording in
    which nobody spoke is no recording: that is `NoInput`, or the key alone.
    """

    reference: str
    duration_ms: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """An effect came to its named `outcome`; `data` are answers to remember."""

    outcome: str
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transferred:
    """A transfer came to its end: `answered`, `busy`, `no_answer` or `unavailable`."""

    result: str


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller is gone."""


Event = Digits | Speech | NoInput | Recorded | Done | Transferred | HungUp
