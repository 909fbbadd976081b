"""An entry of the blocklist: whose calls are restricted, why, by whom, and until when."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from blacklist.numbers import LONGEST_RAW, at_a_glance, normalise, written
from blacklist.verdict import DISPOSITIONS, Disposition
from people.person import SHORTEST_DAYS

MISUSE = {
    "harassment": "معاكسات",
    "false_report": "بلاغ كاذب",
    "malicious_complaint": "شكوى كيدية",
    "abuse": "إساءة",
    "silent_call": "مكالمة صامتة",
    "flood": "تكرار مفرط",
}
"""The kinds of misuse a number may be restricted for, and what they are called in Arabic."""

AGENCIES = {
    "911": "unified emergency",
    "112": "emergency",
    "993": "traffic",
    "994": "coast guard",
    "996": "road security",
    "997": "Red Crescent",
    "998": "civil defence",
    "999": "police",
}
"""Partners whose calls must always come through, by the number people dial."""

HOTLINE = "940"
LONGEST_DAYS = 366
"""Days a measure may last: longer ones are renewed by a person who looks again."""
LONGEST_NOTE = 500


class EntryRefused(ValueError):
    """The entry may not be made; the message says why and what to do instead."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One restricted number. Times are UTC; `who` is the person or program that made it."""

    number: str
    reason: str
    until: datetime
    added: datetime
    who: str
    note: str = ""
    disposition: Disposition = "block"


def full_number(raw: str, *, protected: frozenset[str] = frozenset()) -> str:
    """Return `raw` as E.164 when it may stand in the blocklist.

    `protected` holds numbers (E.164) that never may: the hotline's own lines, agencies' lines.

    Raises `EntryRefused` for the hotline, agencies, short codes, and whatever is not one whole
    number: such an entry would block everyone, the city itself, or nobody.
    """
    found = at_a_glance(raw)
    if found is None:
        number = normalise(raw)
        if number.e164 is None:
            raise EntryRefused(_why_not(raw, number.kind))
        found = number.e164
    if found in protected:
        raise EntryRefused("this number belongs to the hotline or an agency and is never blocked")
    return found


def _why_not(raw: str, kind: str) -> str:
    digits = "".join(c for c in written(raw[:LONGEST_RAW]) if c in "0123456789")
    bare = digits.removeprefix("00").removeprefix("966")
    if HOTLINE in (digits, bare):
        return f"{HOTLINE} is the hotline itself and is never blocked"
    for candidate in (digits, bare):
        if candidate in AGENCIES:
            return f"{candidate} is {AGENCIES[candidate]} and is never blocked"
    if kind == "short":
        return "a short code is not a caller's number: give a full number, such as +966501234567"
    if kind == "withheld":
        return "withheld callers are never blocked: give a full number, such as +966501234567"
    return "this is not a full number: give one such as +966501234567 or 0501234567"


def new_entry(
    raw: str,
    *,
    reason: str,
    who: str,
    now: datetime,
    days: float | None = None,
    until: datetime | None = None,
    note: str = "",
    disposition: str = "block",
    protected: frozenset[str] = frozenset(),
) -> Entry:
    """Make an entry that ends after `days`, or at `until` (with a time zone); one of them is given.

    Raises `EntryRefused` for a number that may not be blocked (`full_number`), an unknown reason or
    disposition, and an end that is missing, past, or more than `LONGEST_DAYS` away.
    """
    number = full_number(raw, protected=protected)
    if reason not in MISUSE:
        raise EntryRefused(f"reason {reason!r} is not one of {', '.join(MISUSE)}")
    if disposition == "allow" or disposition not in DISPOSITIONS:
        choices = ", ".join(DISPOSITIONS[1:])
        raise EntryRefused(f"disposition {disposition!r} is not one of {choices}")
    if not who.strip():
        raise EntryRefused("who made the entry must be given")
    if len(note) > LONGEST_NOTE:
        raise EntryRefused(f"the note is longer than {LONGEST_NOTE} characters")
    return Entry(
        number=number,
        reason=reason,
        until=_end(now, days, until),
        added=now.astimezone(UTC),
        who=who.strip(),
        note=note.strip(),
        disposition=disposition,  # type: ignore[arg-type]  # one of DISPOSITIONS, checked above
    )


def lasting(days: float) -> timedelta:
    """How long so many days are. Raises EntryRefused for too few, too many, and what is none."""
    if not SHORTEST_DAYS <= days <= LONGEST_DAYS:  # also refuses NaN
        shortest = f"{SHORTEST_DAYS:.4f} (a minute)"
        raise EntryRefused(f"days must be at least {shortest} and at most {LONGEST_DAYS}")
    return timedelta(days=days)


def moment_of(written: str, zone: tzinfo) -> datetime:
    """The end that a person wrote; of a date the last second of its day. Without a zone, in `zone`.

    Raises EntryRefused.
    """
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise EntryRefused("until must be a time such as 2026-12-31T23:59, or a date") from None
    with suppress(ValueError):  # it has a time
        found = datetime.combine(date.fromisoformat(written), time(23, 59, 59))
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _end(now: datetime, days: float | None, until: datetime | None) -> datetime:
    if (days is None) == (until is None):
        raise EntryRefused("a measure always ends: give either days or until")
    if until is None:
        assert days is not None
        until = now + lasting(days)
    if until.tzinfo is None:
        raise EntryRefused("until must carry a time zone, as in 2026-12-31T23:59+03:00")
    if not now < until <= now + timedelta(days=LONGEST_DAYS):
        raise EntryRefused(f"until must lie ahead, and at most {LONGEST_DAYS} days ahead")
    return until.astimezone(UTC)
