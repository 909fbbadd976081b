"""When a store that failed may be asked again."""

import threading

from store.breaker import Breaker


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_one_failure_opens_it_for_its_period() -> None:
    """After a failure nobody asks until the period is over."""
    clock = Clock()
    breaker = Breaker(2.0, clock)
    assert breaker.allows()
    assert breaker.failed()
    clock.now += 1.9
    assert not breaker.allows()
    clock.now += 0.2
    assert breaker.allows()


def test_only_one_trial_is_let_through_in_each_period() -> None:
    """Of many callers that come when the period is over, one pays for the trial."""
    clock = Clock()
    breaker = Breaker(2.0, clock)
    breaker.failed()
    clock.now += 3
    barrier = threading.Barrier(20)
    granted: list[bool] = []

    def ask() -> None:
        barrier.wait()
        granted.append(breaker.allows())

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted.count(True) == 1
    clock.now += 2.1  # the trial never reported back
    assert breaker.allows()


def test_a_good_trial_closes_it() -> None:
    """When the trial succeeds everyone may ask again."""
    clock = Clock()
    breaker = Breaker(2.0, clock)
    breaker.failed()
    clock.now += 3
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.closed
    assert all(breaker.allows() for _ in range(5))


def test_only_the_first_failure_is_told() -> None:
    """The log gets one line when the store is lost, not one a call."""
    breaker = Breaker(2.0, Clock())
    assert breaker.failed()
    assert not breaker.failed()
