"""When a ticket's delivery is repeated: a list of waits, as people write them."""

import pytest

from files.durations import seconds_of
from hotline.settings import load_settings
from outbox.schedule import MOST_ASKED_S, STANDARD_S, Schedule


def test_the_standard_schedule_has_ten_attempts_in_three_days() -> None:
    """At once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h; each drawn a little longer."""
    minutes = (0, 5 / 60, 5, 30, 120, 300, 600, 840, 1200, 1440)
    assert pytest.approx(minutes) == [wait / 60 for wait in STANDARD_S]
    schedule = Schedule()
    assert schedule.max_attempts == 10
    for attempts in range(1, 10):
        waits = [schedule.wait_s(attempts) for _ in range(200)]
        planned = STANDARD_S[attempts]
        assert planned <= min(waits) <= max(waits) <= planned * 1.1
        assert max(waits) > min(waits)


@pytest.mark.parametrize(("asked", "least"), [(None, 300.0), (3600.0, 3600.0), (1e9, MOST_ASKED_S)])
def test_a_receivers_wish_is_obeyed_for_a_day_at_most(asked: float | None, least: float) -> None:
    """Whatever the schedule says; a longer one would hold a ticket for ever."""
    assert Schedule().wait_s(2, asked) >= least
    assert Schedule().wait_s(2, asked) <= max(least, 330.0)


@pytest.mark.parametrize("waits", [(), (-1.0,), (0.0, 8 * 86_400.0)])
def test_a_schedule_that_could_not_work_is_refused(waits: tuple[float, ...]) -> None:
    """Where it is made."""
    with pytest.raises(ValueError, match="schedule"):
        Schedule(waits)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5s", 5), ("30m", 1800), ("2h", 7200), ("1d", 86_400), ("7", 7), (0.5, 0.5)],
)
def test_times_are_read_as_people_write_them(text: object, seconds: float) -> None:
    """With a unit, or in seconds."""
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "5 s", "-5s", "5w", "\u0665s", None, [], "5s\n"])
def test_what_is_no_time_is_refused(text: object) -> None:
    """With the mend."""
    with pytest.raises(ValueError, match="5s, 30m, 2h or 1d"):
        seconds_of(text)


def test_the_setting_takes_a_schedule_in_words() -> None:
    """With spaces or commas between the waits."""
    settings = load_settings({"HOTLINE_DELIVERIES__SCHEDULE": "0 5s, 2h"})
    assert settings.deliveries.schedule == (0.0, 5.0, 7200.0)
    assert load_settings({}).deliveries.schedule == STANDARD_S
