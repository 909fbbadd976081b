"""The figures of a day's calls, from midnight to midnight where the hotline is."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from call_handlers.hourly import HOUR, STEP_S, HourFigures, hours_of
from call_handlers.schema import OPEN, calls
from call_handlers.sessions import SESSION_TTL_S
from store.sql import reading

Key = TypeVar("Key")


@dataclass(frozen=True)
class DayFigures:
    """What became of the calls that began on a day, until now. `begins` is its midnight (UTC).

    `in_progress` are the calls that go on just now, also those that began the day before.
    """

    begins: datetime
    hours: tuple[HourFigures, ...]
    in_progress: int

    @property
    def calls(self) -> int:
        """How many calls began."""
        return sum(self.dispositions.values())

    @property
    def answered(self) -> int:
        """How many came to something."""
        return sum(hour.answered for hour in self.hours)

    @property
    def given_up(self) -> int:
        """How many callers hung up before they had what they called for."""
        return sum(hour.given_up for hour in self.hours)

    @cached_property
    def dispositions(self) -> Counter[str]:
        """How they came out; those that go on under ""."""
        return _together(hour.dispositions for hour in self.hours)

    @cached_property
    def choices(self) -> Counter[str]:
        """What was chosen last in the main menu, by its node; nothing under ""."""
        return _together(hour.choices for hour in self.hours)

    @cached_property
    def median_s(self) -> int | None:
        """The length that half of the calls did not exceed, to `STEP_S`; None where none ended."""
        lengths = _together(hour.lengths for hour in self.hours)
        left = (sum(lengths.values()) + 1) // 2
        for length in sorted(lengths):
            left -= lengths[length]
            if left <= 0:
                return length * STEP_S
        return None


def day_of(engine: sa.Engine, now: datetime, zone: ZoneInfo) -> DayFigures:
    """The figures of the day that `now` (aware) is in. Raises SQLAlchemyError.

    They cost the same however many calls there are, and whatever happened earlier on this day.
    """
    local = now.astimezone(zone)
    begins = datetime.combine(local.date(), time(), zone).astimezone(UTC)
    hours = [begins]
    while hours[-1] + HOUR <= now:
        hours.append(hours[-1] + HOUR)
    return DayFigures(begins, hours_of(engine, hours), in_progress(engine, now))


def in_progress(engine: sa.Engine, now: datetime) -> int:
    """How many calls go on at `now`. Raises SQLAlchemyError.

    One whose end was lost is taken for one that goes on until it is swept, or is as old as no
    call is.
    """
    since = now - timedelta(seconds=SESSION_TTL_S)
    counted = sa.select(sa.func.count()).where(OPEN, calls.c.started_at > since)
    with reading(engine) as connection:
        return int(connection.execute(counted).scalar_one())


def _together(counts: Iterable[Mapping[Key, int]]) -> Counter[Key]:
    together: Counter[Key] = Counter()
    for some in counts:
        together.update(some)
    return together
