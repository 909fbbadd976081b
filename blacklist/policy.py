"""The policy of screening: which limits hold, and what follows when they are passed.

It is data that people edit (`config/screening.yaml`); here is its checked form. All durations are
whole seconds. Machines queue, challenge and notify; only a person blocks: `faults` holds every
policy to that, wherever it comes from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from blacklist.verdict import (
    DISPOSITIONS,
    HARD_DISPOSITIONS,
    MACHINE_DISPOSITIONS,
    Disposition,
)
from people.person import Role

APPROVERS = 2
"""Who asks for a prefix, and who agrees: no fewer, and more are not asked."""
MOST_CALLS = 1000
"""Calls that a window may hold: more is no limit on one person."""
LONGEST_WINDOW_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Window:
    """The `calls`th call of one number within `seconds` passes the limit.

    By the generic cell rate algorithm (ITU-T I.371): a call fills a bucket that empties steadily,
    by `calls` in `seconds`. A burst meets the limit at once; who calls steadily, and less often
    than that, never does.
    """

    calls: int
    seconds: int

    @property
    def interval_ms(self) -> float:
        """Milliseconds in which the bucket loses one call."""
        return self.seconds * 1000 / self.calls

    @property
    def room_ms(self) -> float:
        """What the bucket holds, as the time it takes to empty: `calls` less one.

        Half a millisecond more: what the bucket holds is a sum of so many rounded intervals.
        """
        return self.interval_ms * (self.calls - 1) + 0.5


@dataclass(frozen=True, slots=True)
class StruckPolicy:
    """A narrower window for a number that was struck within the last `fresh_seconds`."""

    window: Window
    fresh_seconds: int


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """A number whose call was served counts a `times`th of a call for each, for `seconds`."""

    times: int
    seconds: int


@dataclass(frozen=True, slots=True)
class LoadPolicy:
    """When many numbers call again and again at once, it is the city's night and not the callers'.

    A number repeats once its calls fill the last window (that of the struck, where there is one) by
    `mark`. Of those who repeat on one trunk, `window.calls` are forgotten in `window.seconds`; each
    `every` of the others make a call count less once more, to a `most`th of a call.
    """

    mark: int
    window: Window
    every: int
    most: int

    @property
    def ceiling_ms(self) -> float:
        """What is kept of those who repeat, as the time it takes to forget them."""
        return self.window.interval_ms * self.every * self.most


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """Calls of one number: passing any window brings `disposition` for `measure_seconds`.

    A call that passes a limit again renews the measure. `alert`: supervisors are told when it
    begins. `struck`, `trust` and `load` make a number's limits narrower or wider.
    """

    windows: tuple[Window, ...]
    disposition: Disposition
    measure_seconds: int
    alert: bool
    struck: StruckPolicy | None = None
    trust: TrustPolicy | None = None
    load: LoadPolicy | None = None

    @property
    def all_windows(self) -> tuple[Window, ...]:
        """Every window that a number's calls fill: those of everybody, then that of the struck."""
        return self.windows if self.struck is None else (*self.windows, self.struck.window)

    @property
    def memory_seconds(self) -> int:
        """How long an attempt can matter."""
        return max(self.measure_seconds, *(window.seconds for window in self.all_windows))


@dataclass(frozen=True, slots=True)
class ClassLimit:
    """Calls of a class of callers by one origin: `calls` in `seconds`, of which `burst` at once.

    By the generic cell rate algorithm (ITU-T I.371), whose state is one number however many callers
    there are. Two things make room for more. While a class is crowded, every call with a number
    that is vouched for, or of which nobody says, makes room on its trunk for `share_percent`
    hundredths of a call: in a storm everybody calls, those of the class too, and only calls beyond
    their usual share are a flood. And a call of the class that came to something makes room for
    `served` others: what floods comes to nothing.
    """

    calls: int
    seconds: int
    burst: int
    share_percent: int
    served: int = 1

    @property
    def interval_ms(self) -> int:
        """Milliseconds between two calls at the steady rate."""
        return self.seconds * 1000 // self.calls

    @property
    def credit_ms(self) -> int:
        """The room that a call with a number makes, in milliseconds at the steady rate."""
        return self.interval_ms * self.share_percent // 100

    @property
    def room_ms(self) -> int:
        """What the bucket holds, as the time it takes to empty."""
        return self.interval_ms * self.burst

    @property
    def crowded_ms(self) -> int:
        """From how much on the class is crowded: half of what the bucket holds."""
        return self.room_ms // 2


NO_LIMIT = ClassLimit(1_000_000, 1, 1_000_000, 0)
"""For a class that no rule asks about."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """Two limits: for callers whom their network vouches for in full (A), and for others (B, C)."""

    attested: ClassLimit
    gateway: ClassLimit

    def limit(self, attestation: str) -> ClassLimit:
        """The limit of callers with this attestation."""
        return self.attested if attestation == "A" else self.gateway


@dataclass(frozen=True, slots=True)
class ClassPolicy:
    """Callers without a number: all of one origin have a limit, by who vouches for them.

    `unknown` where nobody does (no attestation): then the origin is the trunk, as it is by `trunk`
    where no origin is named. By `origin` those of one that is. Beyond it a call gets `disposition`.
    """

    unknown: ClassLimit
    trunk: Vouched
    origin: Vouched
    disposition: Disposition

    def limit(self, attestation: str, *, named: bool) -> ClassLimit:
        """The limit of callers with this attestation; whether their origin is `named`."""
        if not attestation:
            return self.unknown
        return (self.origin if named else self.trunk).limit(attestation)


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """Numbers that change with every call, and that nobody vouches for in full (B, C).

    What tells them is not the number: it is where they come from. `origin` limits the calls of
    numbers that were never served by one origin (RFC 8588) beside what else its trunk carries.
    Beyond that a call gets `disposition`: any where the origin is `quiet`, so that hardly anybody
    else comes by it. One by which more comes to something has a greater share of its trunk,
    `busy_percent`, and only a number that comes again gets it there, for a machine with a stock of
    numbers comes back to each in its turn: from `after_seconds` to `within_seconds` after its last
    call, or sooner, but then for a third time. While an origin is crowded, numbers in a row (the
    last four digits aside) get it beyond `block`.

    Where no origin is named, all of a trunk by gateways (C) count as one, with the limit `gateway`
    instead, and numbers in a row at any time. A number that was served is never touched; nor one of
    another country than `home` (its code), for those come by gateways.
    """

    block: Window
    origin: ClassLimit
    quiet: Window
    busy_percent: int
    gateway: ClassLimit
    after_seconds: int
    within_seconds: int
    home: str
    disposition: Disposition

    @property
    def quiet_below_ms(self) -> float:
        """Up to how much of `quiet`, which calls fill that came to something: half of it."""
        return self.quiet.room_ms / 2

    @property
    def busy_credit_ms(self) -> int:
        """The room that a call with a number makes by an origin that is not quiet."""
        return self.origin.interval_ms * self.busy_percent // 100


IN_PART = ("B", "C")
"""The attestations of a number that nobody vouches for in full (ATIS-1000074): its network knows
the customer alone (B, partial), or a gateway knows neither (C).
"""
GATEWAY = "C"


@dataclass(frozen=True, slots=True)
class Step:
    """What the `strikes`th live strike brings, for `seconds`.

    It needs strikes of at least `operators` people, and a person of at least `role` who gives this
    one. `review`: the measure gets a date on which somebody looks again.
    """

    strikes: int
    disposition: Disposition
    seconds: int
    operators: int = 1
    role: Role = "operator"
    review: bool = False


@dataclass(frozen=True, slots=True)
class StrikePolicy:
    """The ladder. A strike is live for `decay_seconds`. Of those on a number, as many as it has
    calls that were served weigh nothing, `forgiven` at most.

    Strikes of one operator on one number count once in `same_operator_seconds`. `again` is what a
    number that was blocked before, or a threat, brings when a person of its role decides it.
    """

    decay_seconds: int
    same_operator_seconds: int
    steps: tuple[Step, ...]
    again: Step
    forgiven: int = 0


@dataclass(frozen=True, slots=True)
class PrefixPolicy:
    """What a restriction of a whole prefix needs. `shortest_saudi` counts digits after +966."""

    approvers: int
    replay: bool
    longest_seconds: int
    shortest_saudi: int


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """Redress: who asks for review is answered within `answer_seconds`."""

    answer_seconds: int


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole policy. `longest_seconds` bounds every measure: none is without an end."""

    version: int
    rate: RatePolicy
    withheld: ClassPolicy
    strikes: StrikePolicy
    prefix: PrefixPolicy
    reviews: ReviewPolicy
    longest_seconds: int
    rotation: RotationPolicy | None = None


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
