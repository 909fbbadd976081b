"""Parts `twilio_rate` and `twilio_tail`: a turn by webhook, beside a constant string.

Both routes are of one application in one gunicorn process, and asked in turns by the same caller.
"""

import statistics
from collections.abc import Iterator, Sequence

from lab.bench.figures import Bound, Figure, Measured, ratio
from lab.bench.house import BenchFailed, House, open_web_house
from lab.bench.setting import Bench
from lab.bench.web_load import (
    AT_ONCE,
    ENTRIES,
    Exchange,
    WebCall,
    closed_loop,
    constant,
    open_loop,
    web_call,
)

RATE_BOUND = Bound("at least", 0.35)
TAIL_BOUND = Bound("at most", 5.0)
LOAD = 0.5
"""The part of its highest rate at which a turn's times are taken."""

RATE_NOTES = (
    "a turn is verified, its session loaded from Redis, stepped, saved and rendered; the constant "
    "route is asked by GET without a form. One gunicorn process with the threads of the settings, "
    f"{AT_ONCE} connections that stay; the caller runs on the same processors and is not taken off",
    "the median of alternating rounds",
)
TAIL_NOTES = (
    "both routes at the same rate: half of what turns reached at full load in this run; times run "
    "from when a request was due, so a stalled server is not spared",
)


def measure_rate(bench: Bench) -> Iterator[Figure]:
    """The figures. Raises BenchFailed, and what `open_house` raises."""
    with open_web_house(bench.services) as house:
        turns, constants = _rates(bench, house, bench.sizes.web_rounds)
        count = bench.sizes.web_calls * len(ENTRIES)
        yield ratio(
            "turns a second by webhook, against a route that returns a constant",
            Measured(f"turns, {len(turns)} rounds of {count}", statistics.median(turns), "1/s"),
            Measured("the constant, as many", statistics.median(constants), "1/s"),
            RATE_BOUND,
        )


def measure_tail(bench: Bench) -> Iterator[Figure]:
    """The figures. Raises BenchFailed, and what `open_house` raises."""
    with open_web_house(bench.services) as house:
        turns, _ = _rates(bench, house, 1)
        rate = LOAD * turns[0]
        bench.say(f"{rate:.0f} requests a second, {bench.sizes.web_rounds} rounds of each route")
        ours: list[float] = []
        plain: list[float] = []
        for _ in range(bench.sizes.web_rounds):
            calls = _begun(bench, house)
            ours += open_loop(house, [call.turns for call in calls], rate)
            _over(house, calls)
            plain += open_loop(house, _constants(bench), rate)
        yield ratio(
            "99th percentile of a turn by webhook at half load, against the constant's",
            Measured(f"turns, p99 of {len(ours)}", _p99(ours) * 1000, "ms"),
            Measured("the constant at the same rate", _p99(plain) * 1000, "ms"),
            TAIL_BOUND,
        )
        yield ratio(
            "the same, medians",
            Measured("turns", statistics.median(ours) * 1000, "ms"),
            Measured("the constant", statistics.median(plain) * 1000, "ms"),
        )


def _rates(bench: Bench, house: House, rounds: int) -> tuple[list[float], list[float]]:
    """Requests a second at full load: of turns, and of the constant."""
    count = bench.sizes.web_calls * len(ENTRIES)
    bench.say(f"{rounds} rounds of {count} turns and as many constants, as fast as they go")
    _warm(bench, house)
    turns, constants = [], []
    for _ in range(rounds):
        calls = _begun(bench, house)
        turns.append(count / closed_loop(house, [call.turns for call in calls]))
        _over(house, calls)
        constants.append(count / closed_loop(house, _constants(bench)))
    return turns, constants


def _warm(bench: Bench, house: House) -> None:
    calls = [web_call(house.token) for _ in range(max(AT_ONCE, bench.sizes.warm_calls))]
    before = house.counts().begun
    closed_loop(house, [(call.voice, *call.turns, call.end) for call in calls])
    _written(house, begun=before + len(calls), ended=before + len(calls))
    closed_loop(house, [[constant()] * len(ENTRIES) for _ in calls])


def _begun(bench: Bench, house: House) -> list[WebCall]:
    """Calls that wait for their first keys; their records are written."""
    calls = [web_call(house.token) for _ in range(bench.sizes.web_calls)]
    before = house.counts().begun
    closed_loop(house, [[call.voice] for call in calls])
    _written(house, begun=before + len(calls))
    return calls


def _over(house: House, calls: Sequence[WebCall]) -> None:
    closed_loop(house, [[call.end] for call in calls])
    _written(house, ended=house.counts().begun)


def _written(house: House, *, begun: int = 0, ended: int = 0) -> None:
    counts = house.settle(ended, begun=begun)
    if counts.begun < begun or counts.ended < ended:
        raise BenchFailed("the records of the calls are not written")


def _constants(bench: Bench) -> list[list[Exchange]]:
    return [[constant()] * len(ENTRIES) for _ in range(bench.sizes.web_calls)]


def _p99(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]
