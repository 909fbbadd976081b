"""The list: the newest calls, or those that somebody looks for, a page at a time."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from call_handlers.search import CallsPage, Place, find_calls
from console import call_names
from console.access import needs
from console.house import House
from console.pages.calls.asked import (
    IN_ADDRESS,
    Asked,
    AskedWrong,
    in_address,
    keep,
    kept,
    typed,
    wanted_of,
)

_SHOWN = 50


def add(made: Blueprint, house: House) -> None:
    """Add the list to the pages of calls."""

    def page(asked: Asked, search: str, after: Place | None, fault: str = "") -> Response:
        found, status = CallsPage((), None), 422
        if not fault:
            try:
                wanted = wanted_of(asked, house.zone)
                found, status = find_calls(house.engine, wanted, limit=_SHOWN, after=after), 200
            except AskedWrong as error:
                fault = str(error)
        told = {"asked": asked, "found": found, "fault": fault, "names": call_names}
        told["following"] = _following(asked, search, found)
        return Response(render_template("pages/calls.html", **told), status=status)

    @made.get("/calls")
    @needs("calls.read")
    def show() -> Response:
        search = request.args.get("search", "")
        asked = kept(search) if search else in_address(request.args)
        if asked is None:
            return page(Asked(), "", None, _("This search was too long ago: look again."))
        try:
            after = Place.of(request.args["after"]) if "after" in request.args else None
        except ValueError:
            return page(asked, search, None, _("This page is no more: look again."))
        return page(asked, search, after)

    @made.post("/calls")
    @needs("calls.read")
    def look() -> AnyResponse:
        asked = typed(request.form)
        try:
            wanted_of(asked, house.zone)
        except AskedWrong as error:
            return page(asked, "", None, str(error))
        return redirect(url_for("calls.show", search=keep(asked)))


def _following(asked: Asked, search: str, found: CallsPage) -> str:
    """Where the next page is; "" behind the last."""
    if found.next is None:
        return ""
    if search:
        return url_for("calls.show", search=search, after=str(found.next))
    given = {name: getattr(asked, name) for name in IN_ADDRESS if getattr(asked, name)}
    return url_for("calls.show", after=str(found.next), **given)
