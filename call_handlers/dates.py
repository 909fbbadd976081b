"""Moments as callers hear them: a day and its month, by the calendar that the house has chosen."""

from datetime import datetime
from zoneinfo import ZoneInfo

from ivr.spoken.language import Calendar


def spoken_date(moment: datetime, zone: ZoneInfo, calendar: Calendar) -> str:
    """The value of a placeholder of kind `date` for the day of `moment` (aware) in `zone`.

    Hijri days are those of the Umm al-Qura calendar, which is known for 1343 to 1500 AH: beyond
    that the day is told in the Gregorian one.
    """
    day = moment.astimezone(zone).date()
    if calendar == "hijri":
        from hijridate import Gregorian  # for houses that want it alone

        try:
            return f"hijri:{Gregorian.fromdate(day).to_hijri().isoformat()}"
        except OverflowError:
            pass
    return f"gregorian:{day.isoformat()}"
