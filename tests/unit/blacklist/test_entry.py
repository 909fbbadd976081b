"""Which entries may be made."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from blacklist.entry import AGENCIES, Entry, EntryRefused, moment_of, new_entry

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def entry(raw: str = "0501234567", **given: Any) -> Entry:
    """Make an entry with what is given, the rest being fine."""
    wanted: dict[str, Any] = {"reason": "harassment", "who": "admin", "now": NOW, "days": 7}
    wanted.update(given)
    return new_entry(raw, **wanted)


def test_an_entry_ends_after_its_days() -> None:
    """Seven days are seven days, in UTC."""
    assert entry(days=7).until == NOW + timedelta(days=7)
    assert entry().number == "+966501234567"


def test_an_entry_ends_at_until_whatever_its_zone() -> None:
    """A local end is stored as UTC."""
    local = datetime(2026, 11, 25, 3, 0, tzinfo=timezone(timedelta(hours=3)))
    made = entry(days=None, until=local)
    assert made.until == datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
    assert made.until.tzinfo is UTC


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-12-31", "2026-12-31T23:59:59+03:00"),
        ("20261231", "2026-12-31T23:59:59+03:00"),
        ("2026-12-31T08:30", "2026-12-31T08:30+03:00"),
        ("2026-12-31T00:00", "2026-12-31T00:00+03:00"),
        ("2026-12-31T08:30Z", "2026-12-31T11:30+03:00"),
    ],
)
def test_an_end_is_where_a_person_means_it(written: str, meant: str) -> None:
    """A date is its whole day in the hotline's time; a time is that time."""
    assert moment_of(written, ZoneInfo("Asia/Riyadh")) == datetime.fromisoformat(meant)


@pytest.mark.parametrize("raw", ["940", "٩٤٠", "+966940", "00966940"])
def test_the_hotline_itself_is_refused(raw: str) -> None:
    """Nobody blocks 940, however it is written."""
    with pytest.raises(EntryRefused, match="940 is the hotline itself"):
        entry(raw)


@pytest.mark.parametrize("agency", AGENCIES)
def test_agencies_are_refused(agency: str) -> None:
    """A partner's operations room always comes through."""
    for raw in (agency, f"+966{agency}"):
        with pytest.raises(EntryRefused, match=AGENCIES[agency]):
            entry(raw)


def test_protected_numbers_are_refused_in_every_spelling() -> None:
    """The city's own lines cannot be blocked by another way of writing them."""
    for raw in ("0126123456", "+966126123456", "00966126123456"):
        with pytest.raises(EntryRefused, match="never blocked"):
            entry(raw, protected=frozenset({"+966126123456"}))


@pytest.mark.parametrize("raw", ["", "anonymous", "+266696687"])
def test_withheld_callers_cannot_be_blocked(raw: str) -> None:
    """An entry for `anonymous` would block everyone who hides their number."""
    with pytest.raises(EntryRefused, match="withheld"):
        entry(raw)


@pytest.mark.parametrize("raw", ["0", "+966", "05", "050123", "*", "%", "05012345678", "x" * 9000])
def test_what_is_no_full_number_is_refused(raw: str) -> None:
    """No prefix, no pattern, no half a number."""
    with pytest.raises(EntryRefused, match="full number"):
        entry(raw)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"days": None}, "always ends"),
        ({"until": NOW + timedelta(days=1)}, "always ends"),
        ({"days": 0}, "days"),
        ({"days": 0.0000001}, "at least 0.0007"),
        ({"days": -1}, "days"),
        ({"days": float("nan")}, "days"),
        ({"days": float("inf")}, "days"),
        ({"days": 367}, "days"),
        ({"days": None, "until": NOW}, "ahead"),
        ({"days": None, "until": NOW - timedelta(seconds=1)}, "ahead"),
        ({"days": None, "until": NOW + timedelta(days=400)}, "ahead"),
        ({"days": None, "until": NOW.replace(tzinfo=None)}, "time zone"),
    ],
)
def test_a_measure_without_a_sensible_end_is_refused(given: dict[str, Any], message: str) -> None:
    """There is no block without an end."""
    with pytest.raises(EntryRefused, match=message):
        entry(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"reason": "dislike"}, "harassment"),
        ({"reason": ""}, "harassment"),
        ({"disposition": "allow"}, "disposition"),
        ({"disposition": "ban"}, "disposition"),
        ({"who": " "}, "who"),
        ({"note": "x" * 501}, "note"),
    ],
)
def test_unknown_words_are_refused_with_the_known_ones(given: dict[str, Any], message: str) -> None:
    """The message tells what would have been right."""
    with pytest.raises(EntryRefused, match=message):
        entry(**given)
