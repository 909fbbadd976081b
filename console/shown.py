"""How moments, lengths and counts are shown: in Riyadh's time, in the reader's language."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal
from flask import Flask
from flask_babel import get_locale
from markupsafe import Markup


def add_filters(app: Flask, zone: ZoneInfo) -> None:
    """Give templates `moment`, `clock`, `hour`, `day` and the other ways to show something."""

    def moment(when: datetime | None) -> Markup:
        """Day and minute, with the exact time (UTC) for programs."""
        if when is None:
            return Markup("")
        local = when.astimezone(zone)
        text = f"{local:%d/%m/%Y %H:%M}"
        return _time(when, text)

    def clock(when: datetime | None) -> Markup:
        """The second of the day."""
        return Markup("") if when is None else _time(when, f"{when.astimezone(zone):%H:%M:%S}")

    def hour(when: datetime) -> Markup:
        """The minute of the day at which something begins."""
        return _time(when, f"{when.astimezone(zone):%H:%M}")

    def day(when: datetime | None) -> str:
        """The day in words."""
        if when is None:
            return ""
        return str(format_date(when.astimezone(zone), "full", locale=get_locale()))

    def lasts(seconds: float | None) -> str:
        """How long something took or is to take, roughly."""
        if seconds is None:
            return ""
        told = format_timedelta(timedelta(seconds=seconds), locale=get_locale(), threshold=1.2)
        return str(told)

    def count(value: float | None) -> str:
        """A number with its thousands."""
        return "" if value is None else str(format_decimal(value, locale=get_locale()))

    def weekday(when: date) -> str:
        """A day of the calendar, with its name."""
        return str(format_date(when, "EEEE d MMMM", locale=get_locale()))

    def of_day(minutes: int) -> str:
        """Minutes from midnight as a clock shows them; past 24:00 it is the next day's."""
        return "24:00" if minutes == 24 * 60 else f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"

    def for_field(when: datetime, hours: int = 0) -> str:
        """The minute, so many hours later, as a field of day and minute has it."""
        return f"{(when + timedelta(hours=hours)).astimezone(zone):%Y-%m-%dT%H:%M}"

    for given in (weekday, of_day, for_field, moment, clock, hour, day, lasts, count):
        app.jinja_env.filters[given.__name__] = given
    app.jinja_env.filters["read_moment"] = datetime.fromisoformat


def _time(when: datetime, text: str) -> Markup:
    exact = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time dir="ltr" datetime="{}">{}</time>').format(exact, text)
