"""Which status may follow which at the word of the back office: one table that all read.

A ticket is taken up, looked into, worked on or handed on, and done. Steps may be left out on the
way, but nothing is called done that nobody has looked into, and what has ended is only opened
again: whoever reported it may have been told of its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tickets.model import CLOSED_STATUSES
from tickets.working.refusals import IllegalTransition

BY_MERGING = "duplicate"
"""The status that a ticket has by naming the one it repeats, and in no other way."""

_AT_WORK = ("in_progress", "action_scheduled", "internal_referral", "forwarded_external")
_DONE = ("fixed", "closed")
_UNWORKED = ("duplicate", "no_further_action", "not_our_responsibility", "cancelled")
"""Ends without work: there is another, there is nothing to do, it is others', it is taken back."""


@dataclass(frozen=True, slots=True)
class Step:
    """What may follow a status, in the order in which it is offered, and why that."""

    to: tuple[str, ...]
    why: str


_NEW = Step(
    ("for_triage", "investigating", *_AT_WORK, *_UNWORKED),
    "nobody has looked into it: it is taken up anywhere, or ends without work, and is not done",
)
_HALTED = ("investigating", *_AT_WORK, *_DONE, *_UNWORKED)
_GIVEN_BACK = ("for_triage", *_HALTED)
_ENDED = Step(("reopen",), "it has ended, and others may have been told so: it is opened again")

_STEPS = {
    "open": _NEW,
    # Somebody says that it was not done: it begins anew.
    "reopen": _NEW,
    "for_triage": Step(
        ("investigating", *_AT_WORK, *_UNWORKED),
        "it is sorted, and not looked into: it is as if it were new, but for being new",
    ),
    "investigating": Step(
        ("for_triage", *_AT_WORK, *_DONE, *_UNWORKED),
        "it may be another department's after all, be worked on, or have been done on the spot",
    ),
    "in_progress": Step(_HALTED, "work is begun: it halts for a question, is handed on, or ends"),
    "action_scheduled": Step(_HALTED, "its day is set: it is begun, moved or handed on, or ends"),
    "internal_referral": Step(
        _GIVEN_BACK, "the other department gives it back to be sorted, works on it, or has done it"
    ),
    "forwarded_external": Step(
        _GIVEN_BACK, "the other body gives it back to be sorted, works on it, or has done it"
    ),
    **dict.fromkeys(CLOSED_STATUSES, _ENDED),
}
TRANSITIONS: Mapping[str, Step] = MappingProxyType(
    {
        status: Step(tuple(one for one in step.to if one != status), step.why)
        for status, step in _STEPS.items()
    }
)


def require_transition(before: str, after: str) -> None:
    """Raises IllegalTransition where `after` may not follow `before`, saying what may."""
    step = TRANSITIONS.get(before)
    if step is None or after not in step.to:
        raise IllegalTransition(before, after, () if step is None else step.to)
