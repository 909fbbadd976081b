"""The entries in force, the first to end first, and the way to one number."""

import secrets
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from blacklist.entry import EntryRefused
from blacklist.numbers import LONGEST_RAW, normalise
from blacklist.record.entries import entry_of
from console.access import may, needs
from console.api.blueprint import ENTRIES
from console.api.pages import NoPlace, read_place, written
from console.house import House
from console.named import KINDS
from store.sql import reading

PAGE = 50
PART = "part of a number"
"""What the session keeps of what a reader looks for."""
_NUMBERS = "numbers"
_MOST_KEPT = 20


def keep_number(number: str) -> str:
    """The name by which pages and forms of this session speak of a number: no digit is in it."""
    kept: dict[str, str] = dict(session.get(_NUMBERS, {}))
    known = next((name for name, one in kept.items() if one == number), None)
    if known is None:
        known = secrets.token_urlsafe(9)
        kept = {**dict(list(kept.items())[1 - _MOST_KEPT :]), known: number}
        session[_NUMBERS] = kept
    return known


def number_of(name: str) -> str | None:
    """The number of that name; None where this session knows none."""
    found: str | None = session.get(_NUMBERS, {}).get(name)
    return found


def page_of_number(number: str) -> AnyResponse:
    """Lead to the page of a number."""
    return redirect(url_for("blocklist.number", of=keep_number(number)))


def add_views(made: Blueprint, house: House) -> None:
    """The list and its search."""

    @made.get("/blocklist")
    @needs("blacklist.read")
    def show() -> str:
        kind = request.args.get("kind", "")
        part = session.get(PART) if "part" in request.args and may("numbers.see") else None
        fault, entries = "", []
        try:
            after = read_place(request.args.get("after"), ENTRIES.kinds)
            entries = house.register.list(
                kind=kind if kind in KINDS else None,  # type: ignore[arg-type]  # just looked at
                like=part,
                after=after,
                limit=PAGE + 1,
            )
        except (EntryRefused, NoPlace):
            fault = _("Nothing can be looked for by that: give some digits of a number.")
        more = len(entries) > PAGE
        entries = entries[:PAGE]
        following: dict[str, Any] = {"after": written(ENTRIES.place(entries[-1]))} if more else {}
        return render_template(
            "pages/blocklist/list.html",
            entries=entries,
            kind=kind,
            part=part,
            fault=fault,
            following=following,
        )

    @made.post("/blocklist/entry/<entry>")
    @needs("blacklist.read")
    def entry(entry: str) -> AnyResponse:
        """Lead to the number of an entry of the list."""
        with reading(house.engine) as connection:
            found = entry_of(connection, entry)
        return page_of_number(found.subject)

    @made.post("/blocklist/look")
    @needs("blacklist.read")
    def look() -> AnyResponse:
        """A whole number leads to its page, a part of one to the list of those that have it."""
        typed = request.form.get("number", "").strip()[:LONGEST_RAW]
        found = normalise(typed)
        if found.e164 is not None and found.known:
            return page_of_number(found.e164)
        if not may("numbers.see"):  # a part after the other would tell the whole
            flash(_("Type the whole number."), "error")
            return redirect(url_for("blocklist.show"))
        session[PART] = typed
        return redirect(url_for("blocklist.show", part="1") if typed else url_for("blocklist.show"))
