"""Moments as callers hear them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from call_handlers.dates import spoken_date
from hotline.settings import load_settings
from ivr.spoken.language import CALENDARS

RIYADH = ZoneInfo("Asia/Riyadh")


def test_a_moment_is_told_by_the_day_that_it_is_there() -> None:
    """An hour before midnight in UTC is the next day in Jeddah."""
    late = datetime(2026, 11, 28, 23, tzinfo=UTC)
    assert spoken_date(late, RIYADH, "gregorian") == "gregorian:2026-11-29"
    assert spoken_date(late, ZoneInfo("UTC"), "gregorian") == "gregorian:2026-11-28"


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ((2026, 7, 28), "hijri:1448-02-14"),
        ((2026, 11, 29), "hijri:1448-06-19"),
        ((2027, 3, 9), "hijri:1448-10-01"),
        ((2077, 11, 16), "hijri:1500-12-30"),
        ((2077, 11, 17), "gregorian:2077-11-17"),
        ((1924, 7, 31), "gregorian:1924-07-31"),
    ],
)
def test_hijri_days_are_those_of_umm_al_qura(day: tuple[int, int, int], said: str) -> None:
    """For as long as that calendar is known; a day beyond is told in the other one."""
    assert spoken_date(datetime(*day, 12, tzinfo=RIYADH), RIYADH, "hijri") == said


def test_the_calendar_is_a_setting() -> None:
    """Gregorian where nobody says otherwise."""
    assert load_settings({}).calendar == "gregorian"
    for calendar in CALENDARS:
        assert load_settings({"HOTLINE_CALENDAR": calendar}).calendar == calendar
