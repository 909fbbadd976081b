"""Which calls are looked for: what may be asked, as conditions of SQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from blacklist.numbers import normalise
from call_handlers.hourly import ANSWERED
from call_handlers.schema import (
    HIDDEN,
    MEASURED,
    OPEN,
    UNNUMBERED,
    UNUSUAL,
    calls,
    is_unusual,
)
from tickets.open import of_reference
from tickets.schema import tickets

IN_PROGRESS = "in_progress"
"""The filter for calls that have not ended."""
ANY_ANSWER = "answered"
"""The filter for calls in which the caller got what they called for, or somebody who gives it."""
NO_CHOICE = "none"
"""The filter for callers who chose nothing in the main menu."""
WITHHELD = "withheld"
"""The filter for callers whose number was not shown."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls: all that is given must hold. `since` counts from it on, `until` up to before it.

    `caller` is a number in any usual writing, `withheld`, or the text that the network sent.
    `disposition` may be `in_progress` or `answered`. `node` is the last one that the caller was at,
    `choice` the one that the main menu led to last, or `none`; `reference` is the number of a
    ticket that the call opened.
    """

    since: datetime | None = None
    until: datetime | None = None
    disposition: str = ""
    caller: str = ""
    channel: str = ""
    node: str = ""
    verdict: str = ""
    reference: str = ""
    choice: str = ""


def conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    """All that must hold."""
    return [*of_time(wanted), *(condition for _, condition in each(wanted))]


def of_time(wanted: Wanted) -> Iterator[sa.ColumnElement[bool]]:
    """What must hold of the time at which a call began."""
    if wanted.since is not None:
        yield calls.c.started_at >= wanted.since
    if wanted.until is not None:
        yield calls.c.started_at < wanted.until


def each(wanted: Wanted) -> Iterator[tuple[bool, sa.ColumnElement[bool]]]:
    """What must hold beside the time, and whether an index leads to it; what is rarest first."""
    if wanted.reference:
        yield True, calls.c.id.in_(_of_ticket(wanted.reference))
    if wanted.caller:
        yield True, _called_by(wanted.caller)
    if wanted.disposition == IN_PROGRESS:
        yield True, OPEN
    elif wanted.disposition == ANY_ANSWER:
        yield False, calls.c.disposition.in_(ANSWERED)
    elif wanted.disposition:
        same = calls.c.disposition == wanted.disposition
        unusual = is_unusual(wanted.disposition)
        yield unusual, sa.and_(UNUSUAL, same) if unusual else same
    if wanted.verdict:
        same, measured = calls.c.verdict == wanted.verdict, wanted.verdict != "allow"
        yield measured, sa.and_(MEASURED, same) if measured else same
    if wanted.node:
        yield True, calls.c.last_node == wanted.node
    if wanted.channel:
        yield False, calls.c.channel == wanted.channel
    if wanted.choice:
        yield False, calls.c.choice == ("" if wanted.choice == NO_CHOICE else wanted.choice)


def _called_by(caller: str) -> sa.ColumnElement[bool]:
    if caller.casefold() == WITHHELD:
        return HIDDEN
    number = normalise(caller)
    if number.e164 is not None:
        return calls.c.e164 == number.e164
    return sa.and_(UNNUMBERED, calls.c.caller == caller)


def _of_ticket(reference: str) -> sa.Select[tuple[str | None]]:
    return sa.select(tickets.c.call_id).where(of_reference(reference))
