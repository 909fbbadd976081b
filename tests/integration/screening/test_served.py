"""What calls came to, and who hides: as Redis keeps it."""

from collections.abc import Iterator

import pytest

from blacklist.decision import Way
from blacklist.numbers import normalise
from tests.fixtures.screening import WITHHELD, Screened, default_policy, screened

CALLER = "+966501234567"


@pytest.fixture
def here(redis_url: str) -> Iterator[Screened]:
    """An empty index under the shipped policy."""
    with screened(redis_url, policy=default_policy()) as made:
        made.client.flushdb()
        yield made


def test_a_served_call_is_taken_back_and_gives_room(here: Screened) -> None:
    """Of fourteen calls five were served: twice the room, and those five do not count."""
    for _ in range(20):
        here.call(CALLER)
    assert here.call(CALLER).disposition == "low_priority"
    here.clock.move(hours=1, seconds=1)
    for _ in range(5):
        here.screening.served(CALLER)
    again = [here.call(CALLER).disposition for _ in range(60)]
    assert again.index("low_priority") >= 26


def test_what_a_number_has_earned_outlives_its_counts(here: Screened) -> None:
    """It lasts ninety days, and no longer."""
    here.screening.served(CALLER)
    here.clock.move(days=89)
    assert [here.call(CALLER).disposition for _ in range(26)] == ["allow"] * 26
    (key,) = here.client.keys("hotline:t:*")
    assert 89 * 86_400 < here.client.ttl(key) <= 90 * 86_400
    here.clock.move(days=2)
    assert "low_priority" in [here.call(CALLER).disposition for _ in range(30)]


def test_a_redis_that_is_away_costs_a_served_call_nothing(here: Screened) -> None:
    """The call is over; nothing is raised, and the number is one that was never served."""
    here.client.config_set("min-replicas-to-write", 1)
    try:
        here.screening.served(CALLER)
    finally:
        here.client.config_set("min-replicas-to-write", 0)
    assert here.client.keys("hotline:t:*") == []


def test_who_hides_and_calls_without_end_is_held_alone(here: Screened) -> None:
    """The network names them to us: they are counted, and the others who hide are not touched."""
    flooder = normalise(CALLER, withheld=True)
    made = [here.screening.screen(flooder).disposition for _ in range(40)]
    assert made == ["allow"] * 13 + ["low_priority"] * 27
    assert here.screening.screen(normalise("+966507654321", withheld=True)).disposition == "allow"
    assert here.screening.screen(WITHHELD).disposition == "allow"


def test_nothing_that_is_kept_names_who_hides(here: Screened) -> None:
    """No key and no value holds the number, and the verdict says no more than that it is hidden."""
    verdict = here.screening.screen(normalise(CALLER, withheld=True))
    assert verdict.rule == "withheld_number"
    for key in here.client.keys("*"):
        assert isinstance(key, bytes)
        assert CALLER[4:].encode() not in key + (here.client.dump(key) or b"")
    assert 0 < here.client.ttl("hotline:screening:salt") <= 2 * 86_400


def test_trunks_are_counted_apart_whatever_they_are_called(here: Screened) -> None:
    """A flood of callers without a number by one does not touch those by another."""
    for _ in range(30):
        here.screening.screen(WITHHELD, way=Way("north", "C"))
    assert here.screening.screen(WITHHELD, way=Way("north", "C")).disposition == "low_priority"
    assert here.screening.screen(WITHHELD, way=Way("s\r\nü{x}*" * 99, "C")).disposition == "allow"
    assert here.screening.screen(WITHHELD, way=Way("north", "nonsense")).disposition == "allow"
    assert all(len(key) < 60 for key in here.client.keys("hotline:a:*"))
