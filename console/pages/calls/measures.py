"""What is decided about the number of a call, with the call as evidence: a strike, a measure."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blacklist.entry import EntryRefused
from blacklist.port import RegisterUnavailable
from blacklist.record.fields import Evidence
from blacklist.record.limits import Wanted
from call_handlers.timeline import CallStory
from console.access import needs, person
from console.faults import told
from console.house import House
from console.pages.calls.one import page_of, story_at
from people.person import NotAllowed


def add(made: Blueprint, house: House) -> None:
    """Add the forms of one call."""

    def decided(call_id: str, how: Callable[[CallStory, str], object], done: str) -> Response:
        story = story_at(house, call_id)
        number = story.record.e164
        if number is None:
            return page_of(story, fault=_("This caller has shown no number."), status=422)
        try:
            how(story, number)
        except EntryRefused as error:
            return page_of(story, fault=told(error), status=422)
        except NotAllowed:
            abort(403)
        except RegisterUnavailable:
            unknown = _("It is written down, but screening does not know it yet: Redis is away.")
            return page_of(story, fault=unknown, status=503)
        flash(done, "success")
        return redirect(url_for("calls.one", call_id=story.record.id))

    @made.post("/calls/<call_id>/strike")
    @needs("blacklist.strike")
    def strike(call_id: str) -> Response:
        def struck(story: CallStory, number: str) -> object:
            return house.register.strike(
                number,
                by=person(),
                reason=request.form.get("reason", ""),
                threat=request.form.get("threat") == "yes",
                note=request.form.get("note", ""),
                call_id=story.record.id,
                recording=next((one.reference for one in story.spoken), ""),
            )

        return decided(call_id, struck, _("The strike is noted."))

    @made.post("/calls/<call_id>/restrict")
    @needs("blacklist.restrict")
    def restrict(call_id: str) -> Response:
        def restricted(story: CallStory, number: str) -> object:
            spoken = tuple(one.reference for one in story.spoken)
            wanted = Wanted(
                request.form.get("reason", ""),
                days=_days(request.form.get("days", "")),
                note=request.form.get("note", ""),
                disposition=request.form.get("disposition", ""),
            )
            evidence = Evidence(calls=(story.record.id,), recordings=spoken)
            return house.register.add(number, wanted, by=person(), evidence=evidence)

        return decided(call_id, restricted, _("The number is restricted."))


def _days(text: str) -> float:
    """Raises EntryRefused for what is no number of days."""
    try:
        return float(text)
    except ValueError:
        raise EntryRefused(_("Days are a number, as 7 or 0.5.")) from None
