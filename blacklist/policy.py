"""The policy of screening: which limits hold, and what follows when they are passed.

It is data that people edit (`config/screening.yaml`); here is its checked form. All durations are
whole seconds. Machines queue, challenge and notify; only a person blocks: `faults` holds every
policy to that, wherever it comes from.
"""

from dataclasses import dataclass

from blacklist.class_policy import ClassPolicy, RotationPolicy
from blacklist.verdict import (
    Disposition,
)
from blacklist.window import Window
from people.person import Role

APPROVERS = 2
"""Who asks for a prefix, and who agrees: no fewer, and more are not asked."""
MOST_CALLS = 1000
"""Calls that a window may hold: more is no limit on one person."""
LONGEST_WINDOW_S = 7 * 86_400


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
class ReferencePolicy:
    """Guessing: after so many `wrong` references in `within_seconds` a number may try no more."""

    wrong: int = 10
    within_seconds: int = 86_400


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
    references: ReferencePolicy = ReferencePolicy()
