"""The parts that place real SIP calls, run small: what they tell, never how much."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.bootstrap import Services
from hotline.settings import load_settings
from lab.bench import answer, cpu
from lab.bench.house import open_house
from lab.bench.setting import Bench, Sizes
from lab.bench.sipp import place_sip_calls
from lab.bench.telephone import Plan
from tests.fixtures.asterisk import asterisk_root

pytestmark = [pytest.mark.asterisk, pytest.mark.bench, pytest.mark.alone]

SMALL = Sizes(warm_calls=1, sip_calls=2, sip_rate=2, listened_calls=0, answers=2)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A bench of few calls with the real prompts."""
    asterisk_root()
    services = Services(load_settings({"HOTLINE_STATE_DIR": str(tmp_path)}))
    yield Bench(services, lambda _line: None, SMALL)
    services.close()


def test_the_cpu_part_compares_calls_that_came_to_a_ticket(bench: Bench) -> None:
    """A real call by SIPp lives all turns: the part refuses to measure another."""
    cost, redis = cpu.measure(bench)
    assert cost.bound is not None
    assert (cost.bound.side, cost.bound.value, cost.unit) == ("at most", 1.0, "x")
    assert cost.against is not None
    assert min(cost.ours.amount, cost.against.amount, redis.value) > 0


def test_the_answer_part_hears_the_prompt_both_ways(bench: Bench) -> None:
    """940 and the plain extension are answered and heard."""
    median, _ = answer.measure(bench)
    assert median.against is not None
    assert min(median.ours.amount, median.against.amount) > 0


def test_a_call_without_its_keys_comes_to_no_ticket(bench: Bench, tmp_path: Path) -> None:
    """What SIPp calls a success is not believed: the database is asked."""
    with open_house(bench.services, asterisk=True) as house:
        assert house.asterisk is not None
        target = house.asterisk.sip_address
        assert place_sip_calls(target, Plan((), 1.0), tmp_path / "sipp", calls=1, rate=1) == 1
        counts = house.settle(1)
    assert (counts.begun, counts.ended, counts.complete, counts.tickets) == (1, 1, 0, 0)
