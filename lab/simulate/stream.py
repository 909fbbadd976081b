"""The calls of all kinds of callers, merged into one history, oldest first."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from random import Random

from blacklist.replay.history import PastCall
from lab.simulate import genuine, nuisance
from lab.simulate.city import City, drawn
from lab.simulate.day import DAY_S, HOUR_S, Day
from lab.simulate.network import Network

START = 1_767_474_000
"""The first moment of every simulated history: Sunday 2026-01-04, midnight in Riyadh."""

_SUNDAY = 6
_KINDS: tuple[Callable[[Day], Iterator[PastCall]], ...] = (
    *(genuine.storm, genuine.outages, genuine.caretakers, genuine.contractors),
    *(genuine.persistent, genuine.shared_lines, genuine.exchanges, genuine.hotels),
    genuine.households,
    *(nuisance.pranks, nuisance.harassers, nuisance.floods, nuisance.rotations),
)


def simulate(seed: int, calls: int, city: City | None = None) -> Iterator[PastCall]:
    """Exactly `calls` calls, oldest first, the same for the same seed, number and city.

    Without a `city` the seed draws one. They span about ninety days whatever their number: fewer
    calls are those of a smaller city. In memory are the calls of the coming hour and the later
    calls that are already known of: some tens of thousands for a million.
    """
    rng, left = Random(seed), calls  # noqa: S311  # a seeded history, not a secret
    city = city or drawn(rng)
    for call in _endless(rng, city, calls / city.whole_city_calls):
        if left <= 0:
            return
        left -= 1
        yield call


def _endless(rng: Random, city: City, scale: float) -> Iterator[PastCall]:
    coming: list[tuple[float, int, PastCall]] = []
    order = count()
    network = Network.drawn(rng, city)
    usual = tuple(
        rng.lognormvariate(0, city.persistent_spread)
        for _ in range(max(1, round(city.persistent * scale)))
    )

    def expect(calls: Iterator[PastCall]) -> None:
        for call in calls:
            at = round(call.at, 1)
            heapq.heappush(coming, (at, next(order), replace(call, at=at)))

    for number in count():
        weekday = (_SUNDAY + number) % 7
        day = Day(rng, city, network, scale, START + number * DAY_S, weekday, usual)
        for kind in _KINDS:
            expect(kind(day))
        for hour in range(24):
            expect(genuine.hour_of_citizens(day, hour))
            ends = day.start + (hour + 1) * HOUR_S
            while coming and coming[0][0] < ends:
                yield heapq.heappop(coming)[2]
