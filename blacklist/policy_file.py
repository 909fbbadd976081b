"""The policy as people write it: the schema of `config/screening.yaml`, and its checked form."""

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from blacklist.class_policy import ClassLimit, ClassPolicy, RotationPolicy, Vouched
from blacklist.policy import (
    LoadPolicy,
    Policy,
    PrefixPolicy,
    RatePolicy,
    ReferencePolicy,
    ReviewPolicy,
    Step,
    StrikePolicy,
    StruckPolicy,
    TrustPolicy,
)
from blacklist.verdict import DISPOSITIONS, Disposition
from blacklist.window import Window
from people.person import Deciding

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


class StruckFile(WindowFile):
    """The window of a number that was struck lately."""

    fresh: Duration


class TrustFile(Strict):
    """What a call that was served is worth to its number."""

    times: Annotated[int, Field(ge=1, le=100)]
    duration: Annotated[Duration, Field(alias="for")]


class LoadFile(WindowFile):
    """When many numbers call again and again."""

    mark: Annotated[int, Field(ge=1, le=100)]
    every: Annotated[int, Field(ge=1, le=1000)]
    most: Annotated[int, Field(ge=1, le=100)]


class RateFile(Strict):
    """Calls of one number."""

    windows: Annotated[list[WindowFile], Field(min_length=1, max_length=8)]
    disposition: Outcome
    measure: Annotated[Duration, Field(alias="for")]
    alert: bool
    struck: StruckFile | None = None
    trust: TrustFile | None = None
    load: LoadFile | None = None


class LimitFile(Strict):
    """Calls of a class of callers by one origin."""

    calls: Count
    within: Duration
    burst: Count
    share: Percent = 0
    served: Annotated[int, Field(ge=0, le=100)] = 1


class OriginFile(Strict):
    """Calls of all who show no number by one origin that is named."""

    attested: LimitFile
    gateway: LimitFile


class ClassFile(LimitFile):
    """Calls of all who show no number; where the network vouches for them or not, apart."""

    disposition: Outcome
    attested: LimitFile | None = None
    gateway: LimitFile | None = None
    origin: OriginFile | None = None


class RotationFile(Strict):
    """Numbers that change with every call."""

    block: WindowFile
    origin: LimitFile
    quiet: WindowFile
    busy: Percent
    gateway: LimitFile
    after: Duration
    within: Duration
    home: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{0,2}$")]
    disposition: Outcome


class MeasureFile(Strict):
    """What a step brings, and who decides it."""

    disposition: Outcome
    measure: Annotated[Duration, Field(alias="for")]
    operators: Annotated[int, Field(ge=1, le=10)] = 1
    by: Deciding = "operator"
    review: bool = False


class StepFile(MeasureFile):
    """A step of the ladder."""

    strikes: Annotated[int, Field(ge=1, le=100)]


class StrikesFile(Strict):
    """The ladder."""

    decay: Duration
    same_operator: Duration
    forgiven: Annotated[int, Field(ge=0, le=100)] = 0
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


class ReferencesFile(Strict):
    """Wrong references in so long."""

    wrong: Count
    within: Duration


class PolicyFile(Strict):
    """The whole file."""

    version: Count
    longest: Duration
    rate: RateFile
    withheld: ClassFile
    rotation: RotationFile | None = None
    strikes: StrikesFile
    prefix: PrefixFile
    reviews: ReviewsFile
    references: ReferencesFile | None = None


def policy_of(file: PolicyFile) -> Policy:
    """The policy that the file means; `blacklist.policy.faults` says what may not be in it."""
    withheld, strikes = file.withheld, file.strikes
    unknown, origin = _limit(withheld), withheld.origin
    trunk = Vouched(
        unknown if withheld.attested is None else _limit(withheld.attested),
        unknown if withheld.gateway is None else _limit(withheld.gateway),
    )
    return Policy(
        version=file.version,
        longest_seconds=file.longest,
        rate=_rate(file.rate),
        withheld=ClassPolicy(
            unknown=unknown,
            trunk=trunk,
            origin=(
                trunk
                if origin is None
                else Vouched(_limit(origin.attested), _limit(origin.gateway))
            ),
            disposition=withheld.disposition,
        ),
        strikes=StrikePolicy(
            decay_seconds=strikes.decay,
            same_operator_seconds=strikes.same_operator,
            steps=tuple(_step(step, step.strikes) for step in strikes.steps),
            again=_step(strikes.again, 0),
            forgiven=strikes.forgiven,
        ),
        prefix=PrefixPolicy(
            approvers=file.prefix.approvers,
            replay=file.prefix.replay,
            longest_seconds=file.prefix.longest,
            shortest_saudi=file.prefix.shortest_saudi,
        ),
        reviews=ReviewPolicy(file.reviews.answer_within),
        references=_references(file.references),
        rotation=None if file.rotation is None else _rotation(file.rotation),
    )


def _references(file: ReferencesFile | None) -> ReferencePolicy:
    return ReferencePolicy() if file is None else ReferencePolicy(file.wrong, file.within)


def _rate(file: RateFile) -> RatePolicy:
    struck, trust, load = file.struck, file.trust, file.load
    return RatePolicy(
        windows=tuple(map(_window, file.windows)),
        disposition=file.disposition,
        measure_seconds=file.measure,
        alert=file.alert,
        struck=None if struck is None else StruckPolicy(_window(struck), struck.fresh),
        trust=None if trust is None else TrustPolicy(trust.times, trust.duration),
        load=None if load is None else LoadPolicy(load.mark, _window(load), load.every, load.most),
    )


def _rotation(file: RotationFile) -> RotationPolicy:
    return RotationPolicy(
        block=_window(file.block),
        origin=_limit(file.origin),
        quiet=_window(file.quiet),
        busy_percent=file.busy,
        gateway=_limit(file.gateway),
        after_seconds=file.after,
        within_seconds=file.within,
        home=file.home,
        disposition=file.disposition,
    )


def _window(file: WindowFile) -> Window:
    return Window(file.calls, file.within)


def _limit(file: LimitFile) -> ClassLimit:
    return ClassLimit(file.calls, file.within, file.burst, file.share, file.served)


def _step(file: MeasureFile, strikes: int) -> Step:
    return Step(
        strikes=strikes,
        disposition=file.disposition,
        seconds=file.measure,
        operators=file.operators,
        role=file.by,
        review=file.review,
    )
