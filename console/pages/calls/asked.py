"""What a reader looks for: as they typed it, kept for the next page, and as the record is asked.

A number is typed into a form that is sent as POST, and waits in the reader's session: it stands in
no address, no history of a browser, no log of a server. What is nobody's may stand in an address:
so a figure can lead to its calls.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import session
from flask_babel import gettext as _

from call_handlers.wanted import Wanted
from tickets.reference import is_reference

_LONGEST = 64
_KEPT = 8
"""Searches that a session remembers: as many windows as somebody has open."""
_SEARCHES = "searches_of_calls"
IN_ADDRESS = ("disposition", "verdict", "node", "choice", "channel", "since", "until")
"""What is nobody's."""


class AskedWrong(ValueError):
    """Something that was typed means nothing; the message says what and the mend."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields of the form. Times are as a browser sends them: `2026-11-30T09:40`."""

    caller: str = ""
    reference: str = ""
    disposition: str = ""
    verdict: str = ""
    node: str = ""
    choice: str = ""
    channel: str = ""
    since: str = ""
    until: str = ""


def typed(form: Mapping[str, str]) -> Asked:
    """What the form has."""
    return Asked(**{one.name: form.get(one.name, "").strip()[:_LONGEST] for one in fields(Asked)})


def in_address(arguments: Mapping[str, str]) -> Asked:
    """What an address asks for: nobody's number, whatever stands there."""
    return typed({name: arguments[name] for name in IN_ADDRESS if name in arguments})


def keep(asked: Asked) -> str:
    """Keep a search in the session; the name by which `kept` finds it."""
    name = secrets.token_urlsafe(6)
    searches: dict[str, dict[str, str]] = session.get(_SEARCHES, {})
    newest = list(searches.items())[1 - _KEPT :]
    session[_SEARCHES] = {**dict(newest), name: asdict(asked)}
    return name


def kept(name: str) -> Asked | None:
    """The search of this name; None where the session has it no more."""
    found = session.get(_SEARCHES, {}).get(name)
    return None if found is None else typed(found)


def wanted_of(asked: Asked, zone: ZoneInfo) -> Wanted:
    """What the record is asked; times without a zone are in `zone`. Raises AskedWrong."""
    if asked.reference and not is_reference(asked.reference):
        raise AskedWrong(_("A ticket has nine digits, and one of these is wrong."))
    return Wanted(
        since=_moment(asked.since, zone),
        until=_moment(asked.until, zone),
        disposition=asked.disposition,
        caller=asked.caller,
        channel=asked.channel,
        node=asked.node,
        choice=asked.choice,
        verdict=asked.verdict,
        reference=asked.reference,
    )


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        whole = found if found.tzinfo else found.replace(tzinfo=zone)
        if not 1970 < whole.year < 9000:
            raise ValueError("no call of ours was then")
    except (ValueError, OverflowError):
        raise AskedWrong(_("A time is written as 2026-11-30T09:40.")) from None
    return whole
