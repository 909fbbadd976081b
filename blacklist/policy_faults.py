"""What no policy may say, whatever its file's form allows: machines queue, only a person blocks."""

from collections.abc import Iterator
from itertools import pairwise

from blacklist.class_policy import ClassPolicy, RotationPolicy
from blacklist.policy import (
    APPROVERS,
    LONGEST_WINDOW_S,
    MOST_CALLS,
    Policy,
    RatePolicy,
    Step,
    StrikePolicy,
)
from blacklist.verdict import DISPOSITIONS, HARD_DISPOSITIONS, MACHINE_DISPOSITIONS
from blacklist.window import Window

Fault = tuple[tuple[str | int, ...], str]
"""Where in the policy (names of `config/screening.yaml`), and what is wrong there."""


def faults(policy: Policy) -> Iterator[Fault]:
    """Everything in `policy` that may not be, whatever its file's form allows."""
    yield from _rate(policy.rate)
    yield from _class(policy.withheld)
    yield from _rotation(policy.rotation)
    yield from _ladder(policy.strikes, policy.longest_seconds)
    prefix = policy.prefix
    if prefix.approvers != APPROVERS:
        yield ("prefix", "approvers"), f"a prefix is restricted by two people: write {APPROVERS}"
    if not prefix.replay:
        yield ("prefix", "replay"), "a prefix is restricted after a replay: write true"
    if prefix.longest_seconds > policy.longest_seconds:
        yield ("prefix", "longest"), "is longer than the longest measure"
    if prefix.shortest_saudi < 6:
        yield ("prefix", "shortest_saudi"), "a Saudi prefix has six digits at least"
    yield from _reviews(policy)


def _reviews(policy: Policy) -> Iterator[Fault]:
    """An answer that comes after the measure has ended is no redress."""
    steps = (*policy.strikes.steps, policy.strikes.again)
    hard = [step.seconds for step in steps if step.disposition in HARD_DISPOSITIONS]
    if hard and policy.reviews.answer_seconds > min(hard):
        yield ("reviews", "answer_within"), "is longer than the shortest voicemail or block"


def _machine(where: tuple[str, ...], disposition: str) -> Iterator[Fault]:
    if disposition not in MACHINE_DISPOSITIONS:
        choices = ", ".join(MACHINE_DISPOSITIONS)
        yield (
            (*where, "disposition"),
            f"{disposition}: only a person blocks; a machine may {choices}",
        )


def _rate(rate: RatePolicy) -> Iterator[Fault]:
    yield from _machine(("rate",), rate.disposition)
    if not rate.windows:
        yield ("rate", "windows"), "is empty: write at least one window"
    for number, window in enumerate(rate.windows):
        yield from _window(("rate", "windows", number), window)
    pairs = pairwise(rate.windows)
    for number, (short, long) in enumerate(pairs, 1):
        if not (short.seconds < long.seconds and short.calls < long.calls):
            where = ("rate", "windows", number)
            yield where, "must be longer, and allow more calls, than the window before it"
    if rate.struck is not None:
        yield from _window(("rate", "struck"), rate.struck.window)
    if rate.load is not None:
        yield from _window(("rate", "load"), rate.load.window)


def _window(where: tuple[str | int, ...], window: Window) -> Iterator[Fault]:
    if not 2 <= window.calls <= MOST_CALLS:
        yield (*where, "calls"), f"must be from 2 to {MOST_CALLS}: a first call is no flood"
    if not 0 < window.seconds <= LONGEST_WINDOW_S:
        yield (*where, "within"), "must be at most 7d"


def _class(withheld: ClassPolicy) -> Iterator[Fault]:
    yield from _machine(("withheld",), withheld.disposition)
    if withheld.disposition != "low_priority":
        yield ("withheld", "disposition"), "withheld callers are only put last: write low_priority"
    trunk, origin = withheld.trunk, withheld.origin
    for where, limit in (
        (("withheld",), withheld.unknown),
        (("withheld", "attested"), trunk.attested),
        (("withheld", "gateway"), trunk.gateway),
        (("withheld", "origin", "attested"), origin.attested),
        (("withheld", "origin", "gateway"), origin.gateway),
    ):
        if limit.interval_ms < 1:
            yield (*where, "calls"), "are more than one in a millisecond"


def _rotation(rotation: RotationPolicy | None) -> Iterator[Fault]:
    if rotation is None:
        return
    yield from _machine(("rotation",), rotation.disposition)
    yield from _window(("rotation", "block"), rotation.block)
    if rotation.within_seconds <= rotation.after_seconds:
        yield ("rotation", "within"), "is not longer than after"
    yield from _window(("rotation", "quiet"), rotation.quiet)
    for name, limit in (("origin", rotation.origin), ("gateway", rotation.gateway)):
        if limit.interval_ms < 1:
            yield ("rotation", name, "calls"), "are more than one in a millisecond"


def _ladder(strikes: StrikePolicy, longest: int) -> Iterator[Fault]:
    steps = strikes.steps
    if not steps:
        yield ("strikes", "steps"), "is empty: write at least one step"
    for number, step in enumerate(steps):
        yield from _step(("strikes", "steps", number), step, longest)
    for number, (low, high) in enumerate(pairwise(steps), 1):
        where = ("strikes", "steps", number)
        if high.strikes <= low.strikes:
            yield (*where, "strikes"), "must be more than in the step before it"
        if DISPOSITIONS.index(high.disposition) < DISPOSITIONS.index(low.disposition):
            yield (*where, "disposition"), "is milder than the step before it"
    yield from _step(("strikes", "again"), strikes.again, longest)


def _step(where: tuple[str | int, ...], step: Step, longest: int) -> Iterator[Fault]:
    if step.disposition == "allow":
        yield (*where, "disposition"), "a strike never allows"
    if step.disposition == "block" and step.role == "operator":
        yield (*where, "by"), "a block is decided by a supervisor or a manager"
    if step.disposition in HARD_DISPOSITIONS and step.operators < 2 and step.role == "operator":
        yield (*where, "operators"), f"{step.disposition} by operators needs at least two of them"
    if step.seconds > longest:
        yield (*where, "for"), "is longer than the longest measure"
