"""Strikes: which are live, what the next one brings, and the measures that a history comes to.

A strike's consequence is a measure with an end, fixed when the strike is given. So nothing has to
be computed again when strikes decay: the end of each measure is known from the start.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from blacklist.policy import Step, StrikePolicy
from blacklist.verdict import DISPOSITIONS, MACHINE_DISPOSITIONS, Disposition
from people.identity import identity, is_telephone, people
from people.person import ROLES, Role


@dataclass(frozen=True, slots=True)
class Strike:
    """One strike against a number, noted by a person of `role`. `at` is UTC.

    `operator` is a name of the audit: `people.identity` knows who is the same. `served` is how
    many calls of the number had been served by then.
    """

    at: datetime
    operator: str
    reason: str
    role: Role = "operator"
    served: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """What holds for a number until a moment (UTC). `evidence` is what it rests on."""

    disposition: Disposition
    reason: str
    until: datetime
    evidence: str = ""


def counted(strikes: Sequence[Strike], policy: StrikePolicy, now: datetime) -> tuple[Strike, ...]:
    """The strikes that are live at `now`, oldest first; a person's repetitions count once."""
    decay = timedelta(seconds=policy.decay_seconds)
    repetitions = _Repetitions(timedelta(seconds=policy.same_operator_seconds))
    kept: list[Strike] = []
    for strike in sorted(strikes, key=lambda strike: strike.at):
        if strike.at > now:
            break
        if not repetitions.has(strike) and strike.at + decay > now:
            kept.append(strike)
    return tuple(kept)


class _Repetitions:
    """Tells strikes that repeat one of the same person, within `period`, from those that count.

    A telephone may be that of a person who struck under a name: the first of each that meet in the
    period are taken for a pair from then on.
    """

    def __init__(self, period: timedelta) -> None:
        self._period = period
        self._last: dict[str, datetime] = {}
        self._pairs: dict[str, str] = {}

    def has(self, strike: Strike) -> bool:
        """Whether it is one, strikes being given in their order."""
        who = identity(strike.operator)
        if who not in self._pairs:
            other = next((one for one in self._last if self._may_be(one, who, strike.at)), None)
            if other is not None:
                self._pairs |= {who: other, other: who}
        if self._recent(who, strike.at) or self._recent(self._pairs.get(who), strike.at):
            return True
        self._last[who] = strike.at
        return False

    def _may_be(self, one: str, who: str, at: datetime) -> bool:
        free = one not in self._pairs and is_telephone(one) != is_telephone(who)
        return free and self._recent(one, at)

    def _recent(self, who: str | None, at: datetime) -> bool:
        before = self._last.get(who) if who is not None else None
        return before is not None and at - before < self._period


def weight(live: Sequence[Strike], policy: StrikePolicy) -> int:
    """How many of these live strikes weigh: as many as calls were served do not, up to a bound.

    Who reports holes and is struck once, by mistake or for a child's prank, is not put last.
    """
    return max(0, len(live) - min(policy.forgiven, live[-1].served)) if live else 0


def step_reached(live: Sequence[Strike], policy: StrikePolicy) -> Step | None:
    """The highest step that these live strikes reach, the last of them being the newest."""
    if not live:
        return None
    role, several = live[-1].role, people(identity(strike.operator) for strike in live)
    strikes = weight(live, policy)
    reached = None
    for step in policy.steps:
        if (
            strikes >= step.strikes
            and several >= step.operators
            and ROLES.index(role) >= ROLES.index(step.role)
        ):
            reached = step
    return reached


def measures(strikes: Sequence[Strike], policy: StrikePolicy, now: datetime) -> tuple[Measure, ...]:
    """What the strikes alone bring and is not over at `now`: hardest first, one a disposition.

    Only what a machine may decide. `voicemail` and `block` are entries of the record, which a
    person makes with its evidence and its review (`step_reached` says when).
    """
    found: dict[Disposition, Measure] = {}
    for strike in sorted(strikes, key=lambda strike: strike.at):
        live = counted(strikes, policy, strike.at)
        if not live or live[-1] != strike:
            continue  # a repetition
        measure = _of(live, policy)
        if measure is None or measure.until <= now:
            continue
        standing = found.get(measure.disposition)
        if standing is None or standing.until < measure.until:
            found[measure.disposition] = measure
    return tuple(
        sorted(found.values(), key=lambda m: DISPOSITIONS.index(m.disposition), reverse=True)
    )


def _of(live: Sequence[Strike], policy: StrikePolicy) -> Measure | None:
    """The measure that the newest strike brings: of the highest step a machine may take."""
    own = [step for step in policy.steps if step.disposition in MACHINE_DISPOSITIONS]
    strikes = weight(live, policy)
    reached = [step for step in own if strikes >= step.strikes]
    if not reached:
        return None
    newest, step = live[-1], reached[-1]
    until = newest.at + timedelta(seconds=step.seconds)
    return Measure(step.disposition, newest.reason, until, f"{len(live)} strikes")
