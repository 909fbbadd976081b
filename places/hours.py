"""Whether the municipality's offices are open: the week, public holidays, and what overrides both.

The hotline itself is always open. What nobody has written down counts as open: a citizen who comes
in vain is worse off than one who is told nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from places.holidays import holiday
from places.hours_file import load_hours
from places.week import Hours, Spans

__all__ = ["Day", "Hours", "Opening", "day_of", "load_hours", "opening"]

Reason = Literal["hours", "holiday", "override", "unknown"]
_LOOK_AHEAD_DAYS = 60
_NONE: Spans = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether it is open at a moment, and by what. `name` is the holiday's, or the override's.

    `closes_at` is known of what is open, `opens_at` of what is closed; None where it is not.
    """

    open: bool
    reason: Reason
    closes_at: datetime | None = None
    opens_at: datetime | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """One day: when it is open (None: not known), by what, and its name."""

    spans: Spans | None
    reason: Reason
    name: str = ""


def day_of(hours: Hours, day: date) -> Day:
    """How this day is."""
    week = hours.week.get(day.weekday())
    for override in reversed(hours.overrides):
        if override.first <= day <= override.last:
            spans = week if override.spans is None else override.spans
            return Day(spans, "override", override.name)
    if name := holiday(hours.country, day):
        return Day(_NONE, "holiday", name)
    return Day(week, "unknown" if week is None else "hours")


def opening(hours: Hours, now: datetime) -> Opening:
    """Whether the offices are open at `now`. Raises ValueError for a moment without a zone."""
    if now.tzinfo is None:
        raise ValueError("a moment needs a time zone: pass an aware datetime")
    today = now.astimezone(hours.zone).date()
    of_today = day_of(hours, today)
    for day in (today - timedelta(days=1), today):  # one that began yesterday may go on
        found = day_of(hours, day)
        for begin, end in _moments(hours, day, found.spans or _NONE):
            if begin <= now < end:
                closes = _closing(hours, end)
                return Opening(True, found.reason, closes_at=closes, name=found.name)
    if of_today.spans is None:
        return Opening(True, "unknown")
    opens = _next_opening(hours, today, now)
    return Opening(False, of_today.reason, opens_at=opens, name=of_today.name)


def _moments(hours: Hours, day: date, spans: Spans) -> Iterator[tuple[datetime, datetime]]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=hours.zone)
    for begin, end in spans:
        yield midnight + timedelta(minutes=begin), midnight + timedelta(minutes=end)


def _closing(hours: Hours, end: datetime) -> datetime | None:
    """When it closes that is open until `end`: another span may begin there; None for never."""
    for _ in range(_LOOK_AHEAD_DAYS):
        day = end.astimezone(hours.zone).date()
        found = day_of(hours, day)
        if found.spans is None:
            return None
        after = [last for first, last in _moments(hours, day, found.spans) if first <= end < last]
        if not after:
            return end
        end = after[0]
    return None


def _next_opening(hours: Hours, today: date, now: datetime) -> datetime | None:
    for ahead in range(_LOOK_AHEAD_DAYS):
        day = today + timedelta(days=ahead)
        spans = day_of(hours, day).spans
        if spans is None:
            return datetime(day.year, day.month, day.day, tzinfo=hours.zone)
        for begin, _ in _moments(hours, day, spans):
            if begin > now:
                return begin
    return None
