"""`/`: what goes on now, and what has gone on today.

What is live comes by server-sent events. Each request is answered with one of them and ends; the
browser asks again after `_AGAIN_MS`, or when its reader comes back to the page. So nobody who looks
holds a thread of this process, and a console that was away is asked again by itself.
"""

from datetime import UTC, datetime

from flask import Blueprint, Response, render_template

from blacklist.record.today import figures_of_today
from call_handlers.day import day_of
from console import call_names
from console.access import needs
from console.accounts.sessions import by_itself
from console.house import House
from console.ticket_words import HEALTH, named
from tickets.standing import standings
from tickets.working.counts import by_status

_AGAIN_MS = 5000


def blueprint(house: House) -> Blueprint:
    """The first page."""
    made = Blueprint("today", __name__)

    @made.get("/")
    @needs("today.read")
    def show() -> str:
        screening = figures_of_today(house.engine, house.now(), house.zone)
        told = {"now": house.now(), "screening": screening, **_calls(house), **_work(house)}
        told |= {"policy": house.register.policy.version, "policy_at": _changed(house)}
        return render_template("pages/today.html", **told)

    @made.get("/today/live")
    @needs("today.read")
    @by_itself
    def live() -> Response:
        """The figures of calls, as one event (HTML, Server-sent events)."""
        page = render_template("pages/today_calls.html", **_calls(house))
        lines = "".join(f"data: {line}\n" for line in page.splitlines() if line.strip())
        return Response(f"retry: {_AGAIN_MS}\n{lines}\n", content_type="text/event-stream")

    return made


def _changed(house: House) -> datetime | None:
    """When the file of the policy was last written; None where there is none."""
    try:
        return datetime.fromtimestamp(house.policy_file.stat().st_mtime, UTC)
    except OSError:
        return None


def _calls(house: House) -> dict[str, object]:
    day = day_of(house.engine, house.now(), house.zone)
    midnight = day.begins.astimezone(house.zone)
    told = {"names": call_names, "midnight": f"{midnight:%Y-%m-%dT%H:%M}"}
    return {"day": day, "waiting": house.waiting(), **told}


def _work(house: House) -> dict[str, object]:
    """What is to be done about tickets, and how they go out."""
    now = house.now()
    midnight = now.astimezone(house.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "statuses": by_status(house.engine, now, midnight),
        "standings": standings(house.engine, house.tickets.kinds),
        "health": HEALTH,
        "named": named,
    }
