"""What is done to a ticket from its page: each a form that is sent, and the page again."""

from collections.abc import Callable, Mapping
from typing import Protocol

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from console.access import needs, person
from console.house import House
from console.typed import digits
from console.workers import workers
from tickets.working.assigning import assign
from tickets.working.change import Office, Work
from tickets.working.merging import merge
from tickets.working.refusals import ChangeRefused, Why
from tickets.working.replying import reply
from tickets.working.status import set_priority, set_status
from tickets.working.writing import add_note


class Show(Protocol):
    """Shows the ticket of this number, with why a change was refused and what was typed for it."""

    def __call__(
        self, reference: str, fault: Why | None = None, typed: Mapping[str, str] | None = None
    ) -> Response:
        """Raises NothingThere."""
        ...


def add_changes(made: Blueprint, house: House, show: Show) -> None:
    """Serve them on the blueprint of tickets."""
    room = house.tickets
    office = Office(house.engine, room.told)

    def changed(reference: str, how: Callable[[Work], object], done: str) -> AnyResponse:
        """The page again by a redirect, or with what was typed and why it was refused."""
        work = Work(person(), reference, _version(), house.now())
        try:
            how(work)
        except ChangeRefused as error:
            typed = {name: request.form.get(name, "") for name in ("note", "reply", "parent")}
            return show(reference, error.why, typed)
        flash(done, "success")
        return redirect(url_for("tickets.one", reference=reference))

    @made.post("/tickets/<reference>/status")
    @needs("tickets.work")
    def status(reference: str) -> AnyResponse:
        wanted = request.form.get("status", "")
        return changed(
            reference,
            lambda work: set_status(office, work, wanted, room.services),
            _("The status is changed."),
        )

    @made.post("/tickets/<reference>/priority")
    @needs("tickets.work")
    def priority(reference: str) -> AnyResponse:
        wanted = request.form.get("priority", "")
        done = _("The priority is changed.")
        return changed(reference, lambda work: set_priority(office, work, wanted), done)

    @made.post("/tickets/<reference>/assignment")
    @needs("tickets.work")
    def assignment(reference: str) -> AnyResponse:
        def given(work: Work) -> object:
            return assign(
                office,
                work,
                departments=request.form.getlist("department"),
                person=request.form.get("who") or None,
                known=tuple(room.departments),
                people=workers(house),
            )

        return changed(reference, given, _("It is assigned."))

    @made.post("/tickets/<reference>/notes")
    @needs("tickets.work")
    def note(reference: str) -> AnyResponse:
        text, number = request.form.get("note", ""), request.form.get("form", "")

        def written(work: Work) -> object:
            return add_note(office, work.by, work.reference, text, now=work.now, note_id=number)

        return changed(reference, written, _("The note is written."))

    @made.post("/tickets/<reference>/replies")
    @needs("tickets.reply")
    def send(reference: str) -> AnyResponse:
        text, number = request.form.get("reply", ""), request.form.get("form", "")

        def sent(work: Work) -> object:
            return reply(office, work, text, gateway=room.gateway, reply_id=number)

        return changed(reference, sent, _("The reply is on its way."))

    @made.post("/tickets/<reference>/merge")
    @needs("tickets.merge")
    def merged(reference: str) -> AnyResponse:
        parent = digits(request.form.get("parent", "")[:100])
        done = _("It is a duplicate now.")
        return changed(reference, lambda work: merge(office, work, parent), done)


def _version() -> int:
    """The version that was seen; none for a form that is not whole, so that nothing is changed."""
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
