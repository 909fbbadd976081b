"""`/deliveries`: how each destination does, what waits, what was given up, and what helps."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from pydantic import TypeAdapter
from werkzeug.wrappers import Response as AnyResponse

from console.access import needs, person
from console.api.pages import Moment, NoPlace, read_place, written
from console.house import House
from console.ticket_room import NotBuilt
from console.ticket_words import HEALTH, REFUSED, STATES, event_name, named
from people.person import NothingThere
from tickets.delivery_pages import Place, dead_page, place_of, waiting_page
from tickets.destination import Destination
from tickets.outbox import Delivery
from tickets.reference import is_reference
from tickets.standing import standings
from tickets.trial import Tried, trial
from tickets.working.delivering import (
    disable_destination,
    enable_destination,
    retry_dead,
    retry_one,
    try_destination,
)
from tickets.working.refusals import ChangeRefused

ON_A_PAGE = 50
_PLACE: TypeAdapter[Place] = TypeAdapter(tuple[Moment, str])
_TriedOne = tuple[str, Tried]
_LISTS: dict[str, Callable[..., list[Delivery]]] = {"dead": dead_page, "waiting": waiting_page}


def blueprint(house: House) -> Blueprint:
    """The deliveries."""
    made = Blueprint("deliveries", __name__)
    room = house.tickets

    def page(
        fault: str = "", tried: tuple[str, Tried] | None = None, status: int = 200
    ) -> Response:
        which = request.args.get("list", "dead")
        which, to = which if which in _LISTS else "dead", request.args.get("to", "")[:64]
        after, most = _after(request.args.get("after")), ON_A_PAGE + 1
        rows = _LISTS[which](house.engine, to=to, limit=most, after=after)
        shown = rows[:ON_A_PAGE]
        told: dict[str, Any] = {
            "standings": standings(house.engine, room.kinds),
            "which": which,
            "to": to,
            "rows": shown,
            "following": _following(which, to, shown) if rows[ON_A_PAGE:] else "",
            "tried": tried,
            "fault": fault,
            "kinds": room.kinds,
            "states": STATES,
            "health": HEALTH,
            "event_name": event_name,
            "named": named,
        }
        return Response(render_template("pages/deliveries.html", **told), status=status)

    def changed(how: Callable[[], str]) -> AnyResponse:
        try:
            flash(how(), "success")
        except ChangeRefused as error:
            return page(fault=str(REFUSED[error.why]), status=409)
        reference = request.form.get("ticket", "")
        if is_reference(reference):  # it was asked on the page of the ticket
            return redirect(url_for("tickets.one", reference=reference))
        where: dict[str, Any] = {
            name: given[:64] for name in ("list", "to") if (given := request.form.get(name, ""))
        }
        return redirect(url_for("deliveries.show", **where))

    @made.get("/deliveries")
    @needs("deliveries.read")
    def show() -> Response:
        return page()

    @made.post("/deliveries/<delivery_id>/retry")
    @needs("deliveries.retry")
    def retry(delivery_id: str) -> AnyResponse:
        def again() -> str:
            reference = retry_one(house.engine, person(), delivery_id, house.now())
            return str(_("Ticket %(reference)s is tried again now.", reference=reference))

        return changed(again)

    @made.post("/destinations/<name>/retry")
    @needs("deliveries.retry")
    def retry_all(name: str) -> AnyResponse:
        def again() -> str:
            back = retry_dead(house.engine, person(), name, house.now())
            return str(_("%(count)s deliveries are tried again now.", count=back))

        return changed(again)

    @made.post("/destinations/<name>/enable")
    @needs("destinations.change")
    def enable(name: str) -> AnyResponse:
        def enabled() -> str:
            waiting = enable_destination(house.engine, person(), name, house.now())
            return str(
                _("%(name)s is enabled; deliveries that go out now: %(count)s.",
                  name=name, count=waiting)
            )  # fmt: skip

        return changed(enabled)

    @made.post("/destinations/<name>/disable")
    @needs("destinations.change")
    def disable(name: str) -> AnyResponse:
        def disabled() -> str:
            if name not in room.kinds:
                raise NothingThere("there is no such destination")
            disable_destination(house.engine, person(), name, house.now())
            return str(_("%(name)s is sent nothing until it is enabled.", name=name))

        return changed(disabled)

    @made.post("/destinations/<name>/trial")
    @needs("destinations.test")
    def test(name: str) -> AnyResponse:
        try:
            destination = _destination(house, name)
        except NotBuilt:
            fault = _("This process lacks a secret or a file of the destination: it cannot try it.")
            return page(fault=str(fault), status=409)
        service, now = next(iter(room.services.values())), house.now()
        message = trial(service, room.jurisdiction, now)
        return page(
            tried=(name, try_destination(house.engine, person(), destination, message, now))
        )

    return made


def _destination(house: House, name: str) -> Destination:
    """To be tried. Raises NothingThere and NotBuilt."""
    found = house.tickets.destination(name)
    if found is None:
        raise NothingThere("there is no such destination")
    return found


def _after(text: str | None) -> Place | None:
    try:
        place: Place | None = read_place(text, _PLACE)
    except NoPlace:
        abort(400)
    return place


def _following(which: str, to: str, shown: list[Delivery]) -> str:
    moment, key = place_of(shown[-1])
    further: dict[str, Any] = {"list": which, "after": written((moment.isoformat(), key))}
    return url_for("deliveries.show", **(further | ({"to": to} if to else {})))
