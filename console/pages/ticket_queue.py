"""The queue of tickets: what somebody looks for, a page at a time, and whose the work is."""

from collections.abc import Mapping
from typing import Any

from flask import Response, abort, redirect, render_template, request, url_for
from pydantic import TypeAdapter
from werkzeug.wrappers import Response as AnyResponse

from console.access import person
from console.api.pages import Moment, NoPlace, read_place, written
from console.house import House
from console.typed import digits
from console.workers import workers
from tickets.model import STATUSES, Ticket
from tickets.working.counts import by_department, by_sub_municipality
from tickets.working.queue import Order, Place, State, Wanted, is_overdue, list_queue, place_of

ON_A_PAGE = 50
MINE, NOBODY, ANY_STATE, ENDED_TODAY = "me", "nobody", "all", "ended_today"
ORDERS: tuple[Order, ...] = ("newest", "most_overdue")
"""What a reader chooses from: what has ended today is in an order of its own."""
_PLACE: TypeAdapter[Place] = TypeAdapter(tuple[Moment, str])
_FILTERS = ("department", "sub_municipality", "service_code", "status", "who")
_STATES: Mapping[str, State] = {"open": "open", "overdue": "overdue", "closed": "closed"}
_LONGEST = 100


def show_queue(house: House) -> AnyResponse:
    """The page that the address asks for; of a ticket's number, the ticket."""
    asked = _asked(request.args)
    if asked["reference"]:
        return _found(house, asked)
    order, now, after = _order(asked), house.now(), _after(request.args.get("after"))
    wanted, most = _wanted(house, asked), ON_A_PAGE + 1
    rows = list_queue(house.engine, wanted, now=now, order=order, limit=most, after=after)
    shown = rows[:ON_A_PAGE]
    following = written(_kept(place_of(shown[-1], order))) if rows[ON_A_PAGE:] else ""
    return _page(house, asked, shown, following)


def _asked(given: Mapping[str, str]) -> dict[str, str]:
    """What the address asks for; what is none of it counts as nothing."""
    asked = {name: given.get(name, "")[:_LONGEST] for name in _FILTERS}
    state, order = given.get("state", "open"), given.get("order", "newest")
    asked["state"] = state if state in (*_STATES, ANY_STATE, ENDED_TODAY) else "open"
    asked["order"] = order if order in ORDERS else "newest"
    asked["reference"] = digits(given.get("reference", "")[:_LONGEST])
    return asked


def _wanted(house: House, asked: Mapping[str, str]) -> Wanted:
    who = asked["who"]
    midnight = house.now().astimezone(house.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return Wanted(
        department=asked["department"],
        sub_municipality=asked["sub_municipality"],
        service_code=asked["service_code"],
        status=asked["status"],
        state=_STATES.get(asked["state"], ""),
        assigned_to=person().name if who == MINE else "" if who == NOBODY else who,
        unassigned=who == NOBODY,
        ended_since=midnight if asked["state"] == ENDED_TODAY else None,
    )


def _order(asked: Mapping[str, str]) -> Order:
    if asked["state"] == ENDED_TODAY:
        return "ended_last"
    return "most_overdue" if asked["order"] == "most_overdue" else "newest"


def _after(text: str | None) -> Place | None:
    try:
        place: Place | None = read_place(text, _PLACE)
    except NoPlace:
        abort(400)
    return place


def _kept(place: Place) -> tuple[str, str]:
    return place[0].isoformat(), place[1]


def _found(house: House, asked: dict[str, str]) -> AnyResponse:
    """The ticket of a number that was typed; the queue, saying that there is none."""
    rows = list_queue(house.engine, Wanted(reference=asked["reference"]), now=house.now(), limit=1)
    if rows:
        return redirect(url_for("tickets.one", reference=rows[0].service_request_id))
    return _page(house, asked, [], "", status=404)


def _page(
    house: House, asked: Mapping[str, str], rows: list[Ticket], following: str, status: int = 200
) -> Response:
    now, query = house.now(), {name: value for name, value in asked.items() if value}
    further: dict[str, Any] = {**query, "after": following}
    told = {
        "asked": asked,
        "rows": rows,
        "late": {row.idempotency_key for row in rows if is_overdue(row, now)},
        "following": url_for("tickets.queue", **further) if following else "",
        "statuses": STATUSES,
        "workers": workers(house),
        "departments": by_department(house.engine, now),
        "areas": by_sub_municipality(house.engine, now),
    }
    return Response(render_template("pages/tickets.html", **told), status=status)
