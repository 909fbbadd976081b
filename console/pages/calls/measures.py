"""What is decided about the number of a call, with the call as evidence: a strike, a measure."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blacklist.entry import EntryRefused
from blacklist.port import RegisterUnavailable
from blacklist.record.fields import Evidence
from blacklist.record.limits import Wanted
from call_handlers.history import find_call
from call_handlers.timeline import spoken_in
from console.access import needs, person
from console.faults import told
from console.house import House
from console.pages.calls.one import page_of, story_at
from people.person import NotAllowed, NothingThere

Spoken = tuple[str, ...]
"""References of what the caller spoke."""


def add(made: Blueprint, house: House) -> None:
    """Add the forms of one call."""

    def decided(call_id: str, how: Callable[[str, Spoken], object], done: str) -> Response:
        found = find_call(house.engine, call_id)
        if found is None:
            raise NothingThere("there is no call of this id")
        record, events = found
        if record.e164 is None:
            return refused(call_id, _("This caller has shown no number."))
        try:
            how(record.e164, spoken_in(record, events))
        except EntryRefused as error:
            return refused(call_id, told(error))
        except NotAllowed:
            abort(403)
        except RegisterUnavailable:
            unknown = _("It is written down, but screening does not know it yet: Redis is away.")
            return refused(call_id, unknown, 503)
        flash(done, "success")
        return redirect(url_for("calls.one", call_id=record.id))

    def refused(call_id: str, fault: str, status: int = 422) -> Response:
        return page_of(story_at(house, call_id), fault=fault, status=status)

    @made.post("/calls/<call_id>/strike")
    @needs("blacklist.strike")
    def strike(call_id: str) -> Response:
        def struck(number: str, spoken: Spoken) -> object:
            return house.register.strike(
                number,
                by=person(),
                reason=request.form.get("reason", ""),
                threat=request.form.get("threat") == "yes",
                note=request.form.get("note", ""),
                call_id=call_id,
                recording=next(iter(spoken), ""),
            )

        return decided(call_id, struck, _("The strike is noted."))

    @made.post("/calls/<call_id>/restrict")
    @needs("blacklist.restrict")
    def restrict(call_id: str) -> Response:
        def restricted(number: str, spoken: Spoken) -> object:
            wanted = Wanted(
                request.form.get("reason", ""),
                days=_days(request.form.get("days", "")),
                note=request.form.get("note", ""),
                disposition=request.form.get("disposition", ""),
            )
            evidence = Evidence(calls=(call_id,), recordings=spoken)
            return house.register.add(number, wanted, by=person(), evidence=evidence)

        return decided(call_id, restricted, _("The number is restricted."))


def _days(text: str) -> float:
    """Raises EntryRefused for what is no number of days."""
    try:
        return float(text)
    except ValueError:
        raise EntryRefused(_("Days are a number, as 7 or 0.5.")) from None
