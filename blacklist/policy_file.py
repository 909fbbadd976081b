"""The policy as people write it: the schema of `config/screening.yaml`, and its checked form."""

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from blacklist.policy import (
    ClassPolicy,
    Policy,
    PrefixPolicy,
    RatePolicy,
    ReviewPolicy,
    Role,
    Step,
    StrikePolicy,
    Window,
)
from blacklist.verdict import DISPOSITIONS, Disposition

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _seconds(written: object) -> object:
    if not isinstance(written, str) or not (
        found := re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", written)
    ):
        raise ValueError("write a duration such as 15m, 24h or 30d")
    return int(found[1]) * _UNITS[found[2]]


def _percent(written: object) -> object:
    found = re.fullmatch(r"([0-9]{1,2})%", written) if isinstance(written, str) else None
    if found is None:
        raise ValueError("write a share such as 4%")
    return int(found[1])


def _disposition(written: str) -> str:
    if written not in DISPOSITIONS:
        raise ValueError(f"is not one of {', '.join(DISPOSITIONS)}")
    return written


Duration = Annotated[int, BeforeValidator(_seconds)]
Percent = Annotated[int, BeforeValidator(_percent)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Outcome = Annotated[Disposition, BeforeValidator(_disposition)]


class Strict(BaseModel):
    """What all parts share: no unknown keys, no guessed types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class WindowFile(Strict):
    """So many calls in so long."""

    calls: Count
    within: Duration


class RateFile(Strict):
    """Calls of one number."""

    windows: Annotated[list[WindowFile], Field(min_length=1, max_length=8)]
    disposition: Outcome
    measure: Annotated[Duration, Field(alias="for")]
    alert: bool


class ClassFile(Strict):
    """Calls of all who show no number."""

    calls: Count
    within: Duration
    burst: Count
    share: Percent = 0
    disposition: Outcome


class MeasureFile(Strict):
    """What a step brings, and who decides it."""

    disposition: Outcome
    measure: Annotated[Duration, Field(alias="for")]
    operators: Annotated[int, Field(ge=1, le=10)] = 1
    by: Role = "operator"
    review: bool = False


class StepFile(MeasureFile):
    """A step of the ladder."""

    strikes: Annotated[int, Field(ge=1, le=100)]


class StrikesFile(Strict):
    """The ladder."""

    decay: Duration
    same_operator: Duration
    steps: Annotated[list[StepFile], Field(min_length=1)]
    again: MeasureFile


class PrefixFile(Strict):
    """What a restriction of a prefix needs."""

    approvers: Count
    replay: bool
    longest: Duration
    shortest_saudi: Count


class ReviewsFile(Strict):
    """Redress."""

    answer_within: Duration


class PolicyFile(Strict):
    """The whole file."""

    version: Count
    longest: Duration
    rate: RateFile
    withheld: ClassFile
    strikes: StrikesFile
    prefix: PrefixFile
    reviews: ReviewsFile


def policy_of(file: PolicyFile) -> Policy:
    """The policy that the file means; `blacklist.policy.faults` says what may not be in it."""
    rate, withheld, strikes = file.rate, file.withheld, file.strikes
    return Policy(
        version=file.version,
        longest_seconds=file.longest,
        rate=RatePolicy(
            windows=tuple(Window(w.calls, w.within) for w in rate.windows),
            disposition=rate.disposition,
            measure_seconds=rate.measure,
            alert=rate.alert,
        ),
        withheld=ClassPolicy(
            withheld.calls, withheld.within, withheld.burst, withheld.share, withheld.disposition
        ),
        strikes=StrikePolicy(
            decay_seconds=strikes.decay,
            same_operator_seconds=strikes.same_operator,
            steps=tuple(_step(step, step.strikes) for step in strikes.steps),
            again=_step(strikes.again, 0),
        ),
        prefix=PrefixPolicy(
            approvers=file.prefix.approvers,
            replay=file.prefix.replay,
            longest_seconds=file.prefix.longest,
            shortest_saudi=file.prefix.shortest_saudi,
        ),
        reviews=ReviewPolicy(file.reviews.answer_within),
    )


def _step(file: MeasureFile, strikes: int) -> Step:
    return Step(
        strikes=strikes,
        disposition=file.disposition,
        seconds=file.measure,
        operators=file.operators,
        role=file.by,
        review=file.review,
    )
