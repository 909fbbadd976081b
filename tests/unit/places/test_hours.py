"""Whether the offices are open: the week, holidays, overrides, and what nobody knows."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files.yaml_model import FileWrong
from places.holidays import holiday
from places.hours import Hours, Opening, load_hours, opening

RIYADH = ZoneInfo("Asia/Riyadh")
WEEK = """\
timezone: Asia/Riyadh
week:
  sunday: "07:30-14:30"
  monday: "09:00-12:00, 16:00-20:00"
  tuesday: "21:00-01:00"
  wednesday: "00:00-24:00"
  thursday: "00:00-10:00"
  friday: closed
  saturday: closed
"""
OVERRIDES = """\
holidays: SA
overrides:
  - {date: 2027-03-08, closed: true, name: Eid al-Fitr}
  - {date: 2027-03-14, closed: false}
  - {date: 2027-02-08, to: 2027-03-08, hours: "10:00-15:00", name: Ramadan}
  - {date: 2027-02-10, closed: true}
"""


def hours(folder: Path, text: str = WEEK) -> Hours:
    """The hours of a file."""
    path = folder / "hours.yaml"
    path.write_text(text, encoding="utf-8")
    return load_hours(path)


def at(text: str) -> datetime:
    """A moment in Jeddah."""
    return datetime.fromisoformat(text).replace(tzinfo=RIYADH)


def told(found: Opening) -> tuple[bool, str, str]:
    """Open or not, until when or from when, by what."""
    then = found.closes_at if found.open else found.opens_at
    return found.open, f"{then:%a %H:%M}" if then else "", found.reason


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-29T07:29", (False, "Sun 07:30", "hours")),
        ("2026-11-29T07:30", (True, "Sun 14:30", "hours")),
        ("2026-11-29T14:29", (True, "Sun 14:30", "hours")),
        ("2026-11-29T14:30", (False, "Mon 09:00", "hours")),
        ("2026-11-30T12:30", (False, "Mon 16:00", "hours")),
        ("2026-11-30T19:59", (True, "Mon 20:00", "hours")),
        ("2026-12-01T21:00", (True, "Thu 10:00", "hours")),
        ("2026-12-02T00:30", (True, "Thu 10:00", "hours")),
        ("2026-12-03T10:00", (False, "Sun 07:30", "hours")),
    ],
)
def test_the_week_tells_until_when_it_is_open_or_when_it_opens(
    tmp_path: Path, moment: str, expected: tuple[bool, str, str]
) -> None:
    """Two spans a day, one that goes on past midnight, and days that join without a gap."""
    assert told(opening(hours(tmp_path), at(moment))) == expected


def test_a_moment_is_the_same_in_every_zone(tmp_path: Path) -> None:
    """Half past four UTC is half past seven in Jeddah."""
    found = opening(hours(tmp_path), datetime(2026, 11, 29, 4, 30, tzinfo=UTC))
    assert found == opening(hours(tmp_path), at("2026-11-29T07:30"))
    assert found.open
    with pytest.raises(ValueError, match="needs a time zone"):
        opening(hours(tmp_path), datetime(2026, 11, 29, 4, 30))  # noqa: DTZ001 - which is the point


def test_a_day_that_ends_past_midnight_is_open_on_the_next_that_is_closed(tmp_path: Path) -> None:
    """Until its own end, and not by that day's hours."""
    late = "timezone: Asia/Riyadh\nweek: {thursday: '21:00-01:00', friday: closed}\n"
    assert told(opening(hours(tmp_path, late), at("2026-12-04T00:59"))) == (
        *(True, "Fri 01:00", "hours"),
    )
    assert not opening(hours(tmp_path, late), at("2026-12-04T01:00")).open


@pytest.mark.parametrize(
    ("moment", "open_", "reason", "name"),
    [
        ("2026-09-23T09:00", False, "holiday", "National Day Holiday"),
        ("2027-03-10T09:00", False, "holiday", "Eid al-Fitr Holiday"),
        ("2027-03-08T11:00", True, "override", "Ramadan"),
        ("2027-02-09T14:59", True, "override", "Ramadan"),
        ("2027-02-09T15:00", False, "override", "Ramadan"),
        ("2027-02-10T11:00", False, "override", ""),
        ("2027-03-14T08:00", True, "override", ""),
        ("2027-03-15T09:30", True, "hours", ""),
    ],
)
def test_a_holiday_closes_and_an_override_holds_before_it(
    tmp_path: Path, moment: str, open_: bool, reason: str, name: str
) -> None:
    """The moon is sighted: a feast moves by a day; the last line that covers a day holds."""
    found = opening(hours(tmp_path, WEEK + OVERRIDES), at(moment))
    assert (found.open, found.reason, found.name) == (open_, reason, name)


def test_who_is_closed_by_a_feast_opens_after_it(tmp_path: Path) -> None:
    """Its days and the day in lieu are passed over."""
    found = opening(hours(tmp_path, WEEK + "holidays: SA\n"), at("2027-03-08T21:00"))
    assert told(found) == (False, "Mon 09:00", "hours")
    assert found.opens_at == at("2027-03-15T09:00")


def test_the_holidays_are_those_of_umm_al_qura() -> None:
    """As the library has them: this is what an override is held against."""
    assert holiday("SA", date(2026, 3, 20)) == "Eid al-Fitr Holiday"
    assert holiday("SA", date(2026, 5, 26)) == "Day of Arafah"
    assert holiday("SA", date(2026, 2, 22)) == "Founding Day Holiday"
    assert holiday("SA", date(2026, 3, 25)) == holiday("none", date(2026, 9, 23)) == ""


def test_what_nobody_knows_counts_as_open(tmp_path: Path) -> None:
    """No file, or a day that is not in it; when it closes is not known either."""
    nothing = load_hours(tmp_path / "none.yaml")
    sunday = "timezone: Asia/Riyadh\nweek: {sunday: '07:30-14:30'}\n"
    for known, moment in (
        (nothing, "2026-11-29T03:00"),
        (hours(tmp_path, sunday), "2026-11-30T03:00"),
    ):
        assert opening(known, at(moment)) == Opening(True, "unknown")
    closed = opening(hours(tmp_path, sunday), at("2026-11-29T20:00"))
    assert (closed.open, closed.opens_at) == (False, at("2026-11-30T00:00"))


def test_a_week_that_never_closes_and_one_that_never_opens_have_no_end(tmp_path: Path) -> None:
    """Nothing is looked for without end."""
    days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    for span, open_ in (("00:00-24:00", True), ("closed", False)):
        text = "timezone: Asia/Riyadh\nweek:\n" + "".join(f'  {day}: "{span}"\n' for day in days)
        assert opening(hours(tmp_path, text), at("2026-11-29T12:00")) == Opening(open_, "hours")


SHIPPED = load_hours(Path(__file__).parents[3] / "config" / "hours.yaml")


MOMENTS = st.integers(int(at("2024-01-01").timestamp()), int(at("2030-01-01").timestamp()))


@given(MOMENTS.map(lambda second: datetime.fromtimestamp(second, RIYADH)))
def test_what_is_said_of_a_moment_is_true_of_the_one_it_names(moment: datetime) -> None:
    """What ships: open until it closes, closed until it opens, never otherwise in between."""
    found = opening(SHIPPED, moment)
    then = found.closes_at if found.open else found.opens_at
    assert then is not None
    assert then > moment
    assert opening(SHIPPED, then).open is not found.open
    assert opening(SHIPPED, then - timedelta(minutes=1)).open is found.open
    middle = moment + (then - moment) / 2
    assert opening(SHIPPED, middle).open is found.open


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("week: {}\n", r":1: timezone: is missing: write it here"),
        ("timezone: Asia/Jeddah\n", r":1: timezone: .*'Asia/Jeddah' is no time zone"),
        ("timezone: Asia/Riyadh\nholidays: XX\n", r":2: holidays: .*is no country that is known"),
        ("timezone: Asia/Riyadh\nweek:\n  sunday: 7-14\n", r":3: week.sunday: .*write 07:30-14:30"),
        ("timezone: Asia/Riyadh\nweek:\n  sunday: 24:30-25:00\n", r":3: week.sunday"),
        (
            "timezone: Asia/Riyadh\nweek:\n  monday: 09:00-12:00, 11:00-13:00\n",
            r":3: week.monday: .*begins before the one before it ends",
        ),
        ("timezone: Asia/Riyadh\nweek:\n  someday: closed\n", r":3: week.someday"),
        ("timezone: Asia/Riyadh\nweeks: {}\n", r":2: weeks: is not known here"),
        (
            "timezone: Asia/Riyadh\noverrides:\n  - date: 2026-13-01\n    closed: true\n",
            r":3: 2026-13-01 is no date: month must be in 1..12",
        ),
        (
            "timezone: Asia/Riyadh\noverrides:\n  - date: 2026-03-20\n",
            r":3: overrides.0: write one of `closed: true`",
        ),
        (
            "timezone: Asia/Riyadh\n"
            "overrides:\n  - {date: 2026-03-20, closed: true, hours: closed}\n",
            r":3: overrides.0: write one of",
        ),
        (
            "timezone: Asia/Riyadh\n"
            "overrides:\n  - date: 2026-03-20\n    to: 2026-03-19\n    closed: true\n",
            r":4: overrides.0.to: lies before date: exchange the two",
        ),
    ],
)
def test_a_mistake_names_file_line_and_mend(tmp_path: Path, text: str, mend: str) -> None:
    """As whoever edits it needs them."""
    with pytest.raises(FileWrong, match=rf"hours\.yaml{mend}"):
        hours(tmp_path, text)
