"""What may stand again when a change is taken back: only what its actor could set now."""

from collections.abc import Callable
from datetime import datetime, timedelta

from blacklist.entry import EntryRefused, full_number
from blacklist.record.fields import RecordedEntry
from blacklist.record.limits import SUPERVISOR_DAYS
from blacklist.record.prefixes import full_prefix
from blacklist.record.register import BlacklistRegister
from people.person import Person

May = Callable[[RecordedEntry], None]
"""Refuses an entry that may not stand again. Raises EntryRefused, NotAllowed."""


def may_stand_again(register: BlacklistRegister, by: Person, now: datetime) -> May:
    """The checks of `add`, `allow` and `add_prefix`, for what remains of an entry."""

    def may(entry: RecordedEntry) -> None:
        if entry.kind == "allow":
            by.must_be("supervisor", "allowing a number")
            return
        by.must_be("supervisor", "a restriction")
        if entry.kind == "prefix":
            full_prefix(
                entry.subject,
                protected=register.protected,
                shortest_saudi=register.policy.prefix.shortest_saudi,
            )
            if entry.approved_by is not None:
                raise EntryRefused(
                    f"{entry.subject}: an approved prefix acts again only when two people agree: "
                    f"propose it anew"
                )
        else:
            full_number(entry.subject, protected=register.protected)
        if entry.until is not None and entry.until - now > timedelta(days=SUPERVISOR_DAYS):
            by.must_be("manager", f"{entry.subject}: more than {SUPERVISOR_DAYS:g} days to come")

    return may
