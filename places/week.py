"""What is known of opening hours, as data: the week, a country's holidays, what overrides both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo

from places.holidays import NONE

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""The days of a week, as `date.weekday` counts them."""
Spans = tuple[tuple[int, int], ...]
"""When a day is open: from and until, in minutes from its beginning; past 1440 is the next day."""


@dataclass(frozen=True, slots=True)
class Override:
    """Days that are not as they would be, both included. `spans` None: the hours of the week hold,
    though it is a holiday.
    """

    first: date
    last: date
    spans: Spans | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """What is known: `week` by weekday (a day that is missing is not known), the country whose
    holidays are kept. Of overrides that cover a day the last one holds.
    """

    zone: tzinfo = UTC
    week: Mapping[int, Spans] = field(default_factory=dict)
    country: str = NONE
    overrides: tuple[Override, ...] = ()
