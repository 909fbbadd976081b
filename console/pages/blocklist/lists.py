"""The entries in force, the first to end first, and the way to one number."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from blacklist.entry import EntryRefused
from blacklist.numbers import LONGEST_RAW, normalise
from blacklist.record.entries import entry_of
from console.access import needs
from console.api.blueprint import ENTRIES
from console.api.pages import NoPlace, read_place, written
from console.house import House
from console.named import KINDS
from store.sql import reading

PAGE = 50
ABOUT, PART = "number", "part of a number"
"""What the session keeps: which number the reader has before them, and what they look for."""


def add_views(made: Blueprint, house: House) -> None:
    """The list and its search."""

    @made.get("/blocklist")
    @needs("blacklist.read")
    def show() -> str:
        kind = request.args.get("kind", "")
        part = session.get(PART) if "part" in request.args else None
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
        session[ABOUT] = found.subject
        return redirect(url_for("blocklist.number"))

    @made.post("/blocklist/look")
    @needs("blacklist.read")
    def look() -> AnyResponse:
        """A whole number leads to its page, a part of one to the list of those that have it."""
        typed = request.form.get("number", "").strip()[:LONGEST_RAW]
        found = normalise(typed)
        if found.e164 is not None and found.known:
            session[ABOUT] = found.e164
            return redirect(url_for("blocklist.number"))
        session[PART] = typed
        return redirect(url_for("blocklist.show", part="1") if typed else url_for("blocklist.show"))
