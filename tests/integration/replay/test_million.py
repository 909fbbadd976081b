"""The shipped policy over a million simulated calls; `pytest -m bench -s` prints its figures."""

from typing import Any

import pytest
from rich.console import Console

from blacklist.replay.report import report
from blacklist.replay.run import Replay
from blacklist.simulate.stream import simulate
from hotline.cli.replay_tables import print_report
from hotline.screening_policy import load_policy
from hotline.settings import CONFIG_DIR

pytestmark = [pytest.mark.bench, pytest.mark.xdist_group("million")]


@pytest.fixture(scope="module")
def figures(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the policy does to seed 940; half a minute, so only when it is asked for."""
    if "bench" not in request.config.option.markexpr:
        pytest.skip("run with -m bench")
    made = Replay(load_policy(CONFIG_DIR / "screening.yaml"))
    for call in simulate(940, 1_000_000):
        made.take(call)
    found = report({"shipped": made.tally})
    print_report(found, Console(width=140, markup=False))
    policy: dict[str, Any] = found["policies"]["shipped"]
    return policy


def test_floods_do_not_get_ahead_of_others(figures: dict[str, Any]) -> None:
    """At least 90 % of the calls after ten minutes of a flood, floods without a number included."""
    assert figures["floods"]["flood"]["percent"] >= 90


def test_ordinary_citizens_are_hardly_ever_touched(figures: dict[str, Any]) -> None:
    """Citizens who show a number, in storms too, and shared lines: not one in 100,000 calls."""
    by_kind = figures["genuine"]["by_kind"]
    ordinary = sum(by_kind.get(kind, 0) for kind in ("citizen", "storm", "shared_line"))
    assert ordinary / 10 < 1


def test_fewer_than_ten_genuine_callers_for_100_000_calls_are_touched(
    figures: dict[str, Any],
) -> None:
    """Whoever calls often for good reasons among them: caretakers, contractors, the persistent."""
    assert figures["genuine"]["per_100000_calls"] < 10
