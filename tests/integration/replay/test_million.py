"""The shipped policy over a million calls of each of twenty cities that nobody has seen before.

Nightly: a city takes a minute. `-s` prints the seeds and their figures.
"""

import secrets
import sys
from typing import Any

import pytest

from blacklist.replay.report import report
from blacklist.replay.run import Replay
from blacklist.simulate.stream import simulate
from tests.fixtures.screening import default_policy

CITIES = 20


@pytest.mark.nightly
@pytest.mark.parametrize("city", range(CITIES))
def test_a_city_drawn_now_keeps_the_three_bounds(city: int) -> None:
    """Fewer than one genuine caller for 100,000 calls meets worse than a warning; of the calls
    after the first ten minutes of a flood 95 % are not ahead of others, of a rotation's half.
    """
    seed = secrets.randbelow(2**32)
    replay = Replay(default_policy())
    for call in simulate(seed, 1_000_000):
        replay.take(call)
    made: dict[str, Any] = report({"shipped": replay.tally})["policies"]["shipped"]
    genuine, floods = made["genuine"], made["floods"]
    figures = (
        genuine["per_100000_calls"],
        floods["flood"]["percent"],
        floods.get("rotation", {"percent": 100.0})["percent"],
    )
    sys.stdout.write(f"seed {seed}: {figures} {genuine['by_kind']} {genuine['withheld']}\n")
    worse, flood, rotation = figures
    assert worse < 1, f"seed {seed}: {genuine}"
    assert flood >= 95, f"seed {seed}: {floods}"
    assert rotation >= 50, f"seed {seed}: {floods}"
