"""How long a person of which role may restrict, and with what words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from blacklist.entry import Entry, EntryRefused, new_entry
from people.person import Person

DEFAULT_DAYS = 7.0
SUPERVISOR_DAYS = 30.0
"""The longest measure that a supervisor may take; longer ones are a manager's."""
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Wanted:
    """A restriction as it is asked for. It ends after `days` or at `until`; neither: a week."""

    reason: str
    days: float | None = None
    until: datetime | None = None
    note: str = ""
    disposition: str = "block"


def restriction(
    raw: str,
    wanted: Wanted,
    *,
    by: Person,
    now: datetime,
    longest_seconds: int,
    protected: frozenset[str],
) -> Entry:
    """The entry that is asked for, where `by` may make it.

    Raises NotAllowed, and EntryRefused as `new_entry` does and beyond `longest_seconds`.
    """
    by.must_be("supervisor", "a restriction")
    week = wanted.days is None and wanted.until is None
    entry = new_entry(
        raw,
        reason=wanted.reason,
        who=by.name,
        now=now,
        days=DEFAULT_DAYS if week else wanted.days,
        until=wanted.until,
        note=wanted.note,
        disposition=wanted.disposition,
        protected=protected,
    )
    lasts = entry.until - entry.added
    if lasts > timedelta(seconds=longest_seconds):
        raise EntryRefused(f"such a measure lasts {longest_seconds / _DAY:g} days at most")
    if lasts > timedelta(days=SUPERVISOR_DAYS):
        by.must_be("manager", f"a restriction of more than {SUPERVISOR_DAYS:g} days")
    return entry
