"""Moments as people write them on a command line."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import rich_click as click

_AGO = re.compile(r"(\+?)([0-9]{1,5})([mhd])")
_DATE = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}|[0-9]{4}-?W[0-9]{2}(-?[1-7])?")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Moment(click.ParamType[datetime]):
    """A date, a date and time, how long ago, or with a + how long ahead. Without a zone it is the
    hotline's.

    A date is the beginning of its day, or its end, `whole`: what is before the next one.
    """

    name = "when"

    def __init__(self, *, whole: bool = False) -> None:
        self._whole = whole

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The moment that is meant, with its zone."""
        if isinstance(value, datetime):
            return value
        ago = _AGO.fullmatch(value)
        if ago:
            away = timedelta(**{_UNITS[ago[3]]: int(ago[2])})
            return datetime.now(UTC) + (away if ago[1] else -away)
        try:
            moment = datetime.fromisoformat(value)
            if self._whole and _DATE.fullmatch(value):
                moment += timedelta(days=1)
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r}: write 2026-11-24, 2026-11-24T09:30, or 30m, 24h, 7d, +2h", param, ctx
            )
        zone = ZoneInfo(ctx.obj.settings.timezone) if ctx is not None else UTC
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def from_then_on() -> Any:
    """The option of what is no earlier."""
    return click.option("--since", type=Moment(), help="From then on: a date, or 24h ago")


def before_then() -> Any:
    """The option of what is earlier."""
    return click.option("--until", type=Moment(whole=True), help="Before this; a date: its end")
