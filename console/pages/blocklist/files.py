"""Files of the blocklist: an import that shows first what it would change, and the export.

A file that was looked at waits ten minutes for its import, so that what is imported is what was
looked at. Larger ones are the command's: `hotline blacklist import`.
"""

import io
import secrets
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from blacklist.record.operations import OPERATIONS
from console.access import needs, person
from console.faults import REFUSALS, told
from console.house import House

LONGEST_FILE = 4 * 1024 * 1024
_WAITS_S = 600
_FORMS = ("csv", "freepbx")


def add_views(made: Blueprint, house: House) -> None:
    """The page of files."""

    def page(status: int = 200, **told_of: Any) -> Response:
        known: dict[str, Any] = {"fault": "", "done": None, "waits": "", "form": "csv"}
        text = render_template("pages/blocklist/files.html", **(known | told_of))
        return Response(text, status=status)

    def imported(content: bytes, form: str, *, dry_run: bool) -> Any:
        how = {"form": form, "reason": None, "days": None, "keep_going": False}
        file = io.BytesIO(content)
        verb = OPERATIONS["import"]
        return verb.run(house.register, person(), file, **how, dry_run=dry_run, zone=house.zone)

    @made.get("/blocklist/files")
    @needs("blacklist.import")
    def files() -> Response:
        return page()

    @made.post("/blocklist/files")
    @needs("blacklist.import")
    def preview() -> Response:
        """What the file would change; nothing is written."""
        request.max_content_length = LONGEST_FILE
        sent = request.files.get("file")
        content = sent.read() if sent is not None else b""
        form = request.form.get("form", "csv")
        if not content or form not in _FORMS:
            return page(422, fault=_("Choose a file."))
        try:
            done = imported(content, form, dry_run=True)
        except REFUSALS as error:
            return page(422, fault=told(error), form=form)
        waits = ""
        if not done.refused:
            waits = secrets.token_urlsafe(16)
            house.redis.set(_key(waits), form.encode() + b"\n" + content, ex=_WAITS_S)
        return page(done=done, waits=waits, form=form)

    @made.post("/blocklist/files/import")
    @needs("blacklist.import")
    def carry_out() -> AnyResponse:
        """Import the file that was looked at."""
        kept: Any = house.redis.getdel(_key(request.form.get("file", "")[:64]))
        if kept is None:
            return page(409, fault=_("The file has waited for too long: choose it again."))
        form, _line, content = kept.partition(b"\n")
        try:
            done = imported(content, form.decode(), dry_run=False)
        except REFUSALS as error:
            return page(422, fault=told(error))
        flash(_("Imported: %(new)d new, %(other)d changed.", new=done.added, other=done.replaced),
              "success")  # fmt: skip
        return redirect(url_for("blocklist.show"))

    @made.get("/blocklist/export")
    @needs("blacklist.export")
    def export() -> Response:
        verb = OPERATIONS["export"]
        answer = Response(
            verb.run(house.register, person()), content_type="text/csv; charset=utf-8"
        )
        answer.headers["Content-Disposition"] = 'attachment; filename="blocklist.csv"'
        return answer


def _key(name: str) -> str:
    return f"hotline:console:file:{name}"
