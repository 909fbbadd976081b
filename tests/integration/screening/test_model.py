"""The script in Redis and its model in Python answer alike, whatever happens and in any order."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from blacklist.class_policy import ClassLimit, ClassPolicy, RotationPolicy, Vouched
from blacklist.decision import UNKNOWN_WAY, Way, hold, verdict
from blacklist.entry import Entry
from blacklist.ladder import Measure
from blacklist.model import ScreeningModel
from blacklist.numbers import CallerNumber, Kind
from blacklist.policy import LoadPolicy, Policy, StruckPolicy
from blacklist.projected import entry_of, strikes_of
from blacklist.verdict import DISPOSITIONS, Disposition
from blacklist.window import Window
from tests.fixtures.screening import WITHHELD, Clock, Screened, default_policy, full, screened

NUMBERS = ("+966501234567", "+966501234568", "+966551111111", "+441632960000")
PREFIXES = ("+96650", "+966501234", "+9665", "+44")
REASONS = ("harassment", "flood", "abuse", "silent_call", "false_report", "malicious_complaint")

SHORT = "*44163"
numbers = st.sampled_from(NUMBERS)
ways = st.builds(
    Way,
    st.sampled_from(["", "north"]),
    st.sampled_from(["", "A", "B", "C", "C"]),
    st.sampled_from(["", "one", "two"]),
)
restrictions = st.sampled_from([d for d in DISPOSITIONS if d != "allow"])
spans = st.sampled_from([-60, 1, 30, 900, 3600, 86_400, 7 * 86_400])
measures = st.builds(
    lambda disposition, reason, span: (disposition, reason, span),
    restrictions,
    st.sampled_from(REASONS),
    spans,
)


@pytest.fixture
def here(redis_url: str) -> Iterator[Screened]:
    """An empty index whose clock the test sets."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    # One key counts all of them, so that none may be taken for another.
    with screened(redis_url, counts_bytes=1, policy=narrow_policy()) as made:
        yield made


@pytest.fixture
def roomy(redis_url: str) -> Iterator[Screened]:
    """The same with room for the counts of everybody."""
    with screened(redis_url, policy=narrow_policy()) as made:
        yield made


def narrow_policy() -> Policy:
    """The shipped policy with limits that a few calls pass."""
    shipped = default_policy()
    gateway, origin = ClassLimit(3, 3600, 3, 25), ClassLimit(4, 3600, 4, 25, 2)
    rate = replace(
        shipped.rate,
        windows=(Window(7, 900), Window(9, 3600), Window(15, 86_400)),
        struck=StruckPolicy(Window(3, 3600), 86_400),
        load=LoadPolicy(2, Window(2, 3600), 2, 3),
    )
    trunk, apart = Vouched(ClassLimit(6, 3600, 5, 10, 3), gateway), Vouched(origin, origin)
    withheld = ClassPolicy(ClassLimit(6, 3600, 60, 4), trunk, apart, "low_priority")
    quiet, row = Window(4, 86_400), Window(6, 1800)
    rotation = RotationPolicy(row, origin, quiet, 60, gateway, 240, 7200, "+966", "low_priority")
    return replace(shipped, rate=rate, withheld=withheld, rotation=rotation)


def machine(here: Screened) -> type[RuleBasedStateMachine]:
    """The machine over this Redis."""

    class Histories(RuleBasedStateMachine):
        """Everything that can happen to screening, to both sides at once."""

        def __init__(self) -> None:
            super().__init__()
            here.client.flushdb()
            here.clock.ms = Clock().ms
            here.index.commit_rebuild(here.index.begin_rebuild())
            self.model = ScreeningModel(here.policy)
            self.ends_ms = 0

        @rule(number=numbers, times=st.integers(1, 8), way=ways)
        def call(self, number: str, times: int, way: Way = UNKNOWN_WAY) -> None:
            """Calls one after another."""
            for _ in range(times):
                made = self.model.screen(number, here.clock.ms, **way._asdict())
                got = here.screening.screen(full(number), way=way)
                assert _plain(got) == _plain(verdict(made))

        @rule(number=numbers, way=ways)
        def served(self, number: str, way: Way) -> None:
            """A call came to something."""
            self.model.served(number, here.clock.ms, **way._asdict())
            here.screening.served(number, way)

        @rule(kind=st.sampled_from(["withheld", "unusable"]), way=ways)
        def served_without_number(self, kind: Kind, way: Way) -> None:
            """One of those who cannot be told apart."""
            self.model.served(None, here.clock.ms, kind, **way._asdict())
            here.screening.served(None, way, kind)

        @rule(rounds=st.integers(1, 4), every=st.sampled_from([1, 100, 300]), way=ways)
        def rotation(self, rounds: int, every: int, way: Way) -> None:
            """Numbers in a row call in turn."""
            for digit in (0, 1, 2) * rounds:
                self.call(f"{NUMBERS[0][:-1]}{digit}", 1, way)
                here.clock.move(seconds=every)

        @rule(times=st.integers(1, 8))
        def short_call(self, times: int) -> None:
            """Calls of a short number, which looks like the beginning of one of the others."""
            for _ in range(times):
                expected = self.model.screen(SHORT, here.clock.ms)
                if expected.disposition == "allow":
                    shared = self.model.screen(None, here.clock.ms, "unusable")
                    expected = shared if shared.evidence else expected
                got = here.screening.screen(CallerNumber(None, "short", SHORT[1:]))
                assert (got.disposition, got.evidence) == (expected.disposition, expected.evidence)

        @rule(number=numbers, seconds=st.sampled_from([128.571, 128.572, 399.999, 400, 5760]))
        def just_room(self, number: str, seconds: float) -> None:
            """A window is filled; just as it has lost one call, or just before, two more come."""
            self.call(number, 6)
            here.clock.move(seconds=seconds)
            self.call(number, 2)

        @rule(number=numbers, every=st.sampled_from([100, 180, 1800]), times=st.integers(8, 25))
        def steady(self, number: str, every: int, times: int) -> None:
            """Calls at a steady pace, until one of the windows is full."""
            for _ in range(times):
                self.call(number, 1)
                here.clock.move(seconds=every)

        @rule(number=numbers, seconds=st.sampled_from([3599, 3600, 3601]))
        def flood_again(self, number: str, seconds: int) -> None:
            """A flood, the end of its measure to the second, and another flood."""
            self.call(number, 7)
            here.clock.move(seconds=seconds)
            self.call(number, 7)

        @rule()
        def something_ends(self) -> None:
            """To the second the end of what was made last; whoever it is calls."""
            if self.ends_ms > here.clock.ms:
                here.clock.ms = self.ends_ms
            for number in NUMBERS:
                self.call(number, 1)

        @rule(times=st.sampled_from([1, 5, 61]), way=ways)
        def withheld_call(self, times: int, way: Way) -> None:
            """Calls without a number."""
            for _ in range(times):
                made = self.model.screen(None, here.clock.ms, **way._asdict())
                expected = verdict(made)
                got = here.screening.screen(WITHHELD, way=way)
                assert (got.disposition, got.alert) == (expected.disposition, expected.alert)

        @rule(seconds=st.sampled_from([0.4, 1, 7, 59, 300, 901, 1800, 3601, 40_000, 86_401]))
        def time_passes(self, seconds: float) -> None:
            """The clock goes on."""
            here.clock.move(seconds=seconds)

        @rule(seconds=st.sampled_from([0.5, 1, 60, 300, 301, 5000, 91_007]))
        def clock_goes_back(self, seconds: float) -> None:
            """The clock is set back."""
            here.clock.move(seconds=-seconds)

        @rule(number=numbers, measure=measures)
        def restrict(self, number: str, measure: tuple[Disposition, str, int]) -> None:
            """A person restricts a number."""
            disposition, reason, span = measure
            until = here.clock.now + timedelta(seconds=span)
            self.ends_ms = here.clock.ms + span * 1000
            entry = Entry(number, reason, until, here.clock.now, "test", "", disposition)
            here.index.put(entry)
            self.model.put_entry(number, entry_of(entry).holds[0])

        @rule(number=numbers)
        def lift(self, number: str) -> None:
            """A person lifts it."""
            here.index.drop(number)
            self.model.drop_entry(number)

        @rule(number=numbers, several=st.lists(measures, max_size=3))
        def strike(self, number: str, several: list[tuple[Disposition, str, int]]) -> None:
            """Strikes come to something, or to nothing any more."""
            if several:
                self.ends_ms = here.clock.ms + several[0][2] * 1000
            made = [
                Measure(d, reason, here.clock.now + timedelta(seconds=span), "2 strikes")
                for d, reason, span in several
            ]
            here.index.put_strikes(number, made)
            self.model.put_strikes(number, strikes_of(number, made).holds)

        @rule(number=numbers, span=st.sampled_from([None, 30, 4000]))
        def allow(self, number: str, span: int | None) -> None:
            """A number is let through."""
            until = None if span is None else here.clock.now + timedelta(seconds=span)
            here.index.put_allow(number, until)
            kept = Measure("allow", "", until or here.clock.now, "entry")
            self.model.put_allow(
                number, hold(kept)._replace(until=0) if until is None else hold(kept)
            )

        @rule(number=numbers)
        def allow_no_more(self, number: str) -> None:
            """And is not any more."""
            here.index.drop_allow(number)
            self.model.drop_allow(number)

        @rule(prefix=st.sampled_from(PREFIXES), measure=measures)
        def restrict_prefix(self, prefix: str, measure: tuple[Disposition, str, int]) -> None:
            """All numbers that begin alike are restricted."""
            disposition, reason, span = measure
            self.ends_ms = here.clock.ms + span * 1000
            made = Measure(disposition, reason, here.clock.now + timedelta(seconds=span), "entry")
            here.index.put_prefix(prefix, made)
            self.model.put_prefix(prefix, hold(made))

        @rule(prefix=st.sampled_from(PREFIXES))
        def lift_prefix(self, prefix: str) -> None:
            """And are not any more."""
            here.index.drop_prefix(prefix)
            self.model.drop_prefix(prefix)

        @rule()
        def rebuild(self) -> None:
            """The index is made anew from what it says itself: nothing changes."""
            standing = list(here.index.entries())
            rebuilding = here.index.begin_rebuild()
            here.index.project(rebuilding, standing)
            here.index.commit_rebuild(rebuilding)

    return Histories


def _plain(made: object) -> tuple[object, ...]:
    fields = ("disposition", "reason", "until", "evidence", "rule", "alert", "degraded")
    return tuple(getattr(made, name) for name in fields)


def test_the_script_and_the_model_agree_over_any_history(here: Screened) -> None:
    """Random histories, with the clock going on and back: verdict for verdict the same."""
    run_state_machine_as_test(
        machine(here),
        settings=settings(
            max_examples=120,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


WAYS = (
    *(Way("north", "A", "customers"), Way("north", "", ""), Way("north", "C", "")),
    *(Way("north", "B", "reseller"), Way("north", "C", "busy"), Way("north", "C", "small")),
)
SHOWN = tuple(f"+9665012340{number:02d}" for number in range(12))
SHOWN += tuple(f"+9665{number * 79_193:08d}" for number in range(1, 40))
SERVED = SHOWN[-5:]


def test_they_agree_where_many_call_by_few_ways(roomy: Screened) -> None:
    """Floods of all kinds by a few origins of one trunk, with genuine calls that are served."""
    seen = {evidence for seed in range(4) for evidence in crowded(roomy, Random(seed))}
    assert seen >= {"class", "origin", "again", "block", "gateway"}


def crowded(here: Screened, rng: Random) -> Iterator[str]:
    """What the verdicts of such a history rest on, each the same by the script and the model."""
    model = ScreeningModel(here.policy)
    here.client.flushdb()
    here.clock.ms = Clock().ms
    here.index.commit_rebuild(here.index.begin_rebuild())
    for step in range(1500):
        if step % 100 == 0:
            busiest = rng.choice(WAYS)
        way = busiest if rng.random() < 0.6 else rng.choice(WAYS)
        kind: Kind = rng.choice(("withheld", "withheld", "unusable"))
        happens = rng.random()
        if happens < 0.6:
            number = rng.choice(SHOWN)
            expected = verdict(model.screen(number, here.clock.ms, **way._asdict()))
            got = here.screening.screen(full(number), way=way)
        elif happens < 0.85:
            expected = verdict(model.screen(None, here.clock.ms, kind, **way._asdict()))
            got = here.screening.screen(CallerNumber(None, kind), way=way)
        else:
            of = rng.choice(SERVED) if happens < 0.95 else None
            way = rng.choice(WAYS[:-1])  # by the last one nothing comes to anything
            model.served(of, here.clock.ms, kind, **way._asdict())
            here.screening.served(of, way, kind)
            continue
        assert (got.disposition, got.evidence, got.alert) == (
            *(expected.disposition, expected.evidence, expected.alert),
        )
        yield got.evidence
        here.clock.move(seconds=rng.choice((0, 1, 5, 20, 20, 60, 240)))
