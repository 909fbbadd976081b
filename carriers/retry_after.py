"""When a receiver wants to be asked again (RFC 9110, 10.2.3): seconds, or a date."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"[0-9]{1,20}")


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds from `now` (aware) until the moment of `retry-after`; None where it says nothing.

    `headers` have small letters. A date is compared with the answer's own, where that has one: the
    receiver's clock may show another time than ours. The wait is not bounded here: who waits is.
    """
    value = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    wanted = _moment(value)
    if wanted is None:
        return None
    return max(0.0, (wanted - (_moment(headers.get("date", "")) or now)).total_seconds())


def _moment(value: str) -> datetime | None:
    """The moment of any of the three forms of RFC 9110, 5.6.7; all of them are in UTC."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
