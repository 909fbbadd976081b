"""When an attempt is repeated: policies that cannot work are refused, waits keep their bounds."""

from typing import Any

import pytest

from outbox.retry import RetryPolicy

GOOD = {"base_s": 1.0, "cap_s": 60.0, "max_attempts": 1, "lease_s": 0.5}


@pytest.mark.parametrize(
    "change",
    [
        {"base_s": 0.0},
        {"base_s": -1.0},
        {"base_s": 61.0},
        {"cap_s": 3600.5},
        {"max_attempts": 0},
        {"lease_s": 0.0},
    ],
)
def test_a_policy_that_could_not_work_is_refused(change: dict[str, Any]) -> None:
    """Where it is made, and not when the first ticket waits."""
    with pytest.raises(ValueError, match="retry policy"):
        RetryPolicy(**(GOOD | change))


@pytest.mark.parametrize("change", [{}, {"base_s": 60.0}, {"base_s": 3600.0, "cap_s": 3600.0}])
def test_a_policy_at_its_bounds_works(change: dict[str, Any]) -> None:
    """One attempt, a base as long as the cap, and a cap of an hour."""
    policy = RetryPolicy(**(GOOD | change))
    assert 0 <= policy.wait_s(1) <= policy.base_s


@pytest.mark.parametrize(("attempts", "weight"), [(1, 1), (2, 1), (3, 1), (6, 2), (60, 20)])
def test_a_message_that_may_have_gone_out_is_sent_three_times_at_most(
    attempts: int, weight: int
) -> None:
    """Each such attempt counts as a third of all."""
    assert RetryPolicy(max_attempts=attempts).unsure_weight == weight


def test_waits_spread_over_all_of_a_ceiling_that_doubles_up_to_the_cap() -> None:
    """However many attempts there were."""
    policy = RetryPolicy(base_s=1.0, cap_s=100.0)
    for attempts, ceiling in [(1, 1.0), (2, 2.0), (4, 8.0), (8, 100.0), (100_000, 100.0)]:
        waits = [policy.wait_s(attempts) for _ in range(400)]
        assert 0 <= min(waits) < ceiling * 0.1
        assert ceiling * 0.9 < max(waits) <= ceiling


@pytest.mark.parametrize(
    ("asked", "least", "most"), [(None, 0, 1), (0.0, 0, 1), (30, 30, 30), (999, 60, 60)]
)
def test_a_receivers_wish_counts_up_to_the_cap(
    asked: float | None, least: float, most: float
) -> None:
    """It may ask for longer than we would wait, and not for ever."""
    waits = [RetryPolicy(base_s=1.0, cap_s=60.0).wait_s(1, asked) for _ in range(50)]
    assert all(least <= wait <= most for wait in waits)
