"""A ticket that somebody writes down for a caller, from the page of their call."""

from collections.abc import Mapping

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from pydantic import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from call_handlers.timeline import CallStory
from console.access import needs, person
from console.house import House
from console.opening import Given, opened
from console.pages.calls.one import story_at
from console.ticket_words import REFUSED
from console.typed import digits
from tickets.model import KINDS, PRIORITIES
from tickets.working.refusals import ChangeRefused, Why
from tickets.working.writing import checked_id, new_id

_WHY: Mapping[str, Why] = {"string_too_long": "text_long", "value_error": "text_control"}
_DIGITS = ("building_number", "postal_code")


def add(made: Blueprint, house: House) -> None:
    """Add the form and what becomes of it."""

    def page(story: CallStory, typed: Mapping[str, str], form: str, fault: str = "") -> Response:
        told = {
            "record": story.record,
            "recordings": [(one.reference, one.at) for one in story.spoken],
            "typed": typed,
            "form": form,
            "fault": fault,
            "ticket_kinds": KINDS,
            "priorities": PRIORITIES,
        }
        text = render_template("pages/call_ticket.html", **told)
        return Response(text, status=422 if fault else 200)

    @made.get("/calls/<call_id>/ticket")
    @needs("tickets.open")
    def ticket(call_id: str) -> Response:
        story = story_at(house, call_id)
        recording = next((one.reference for one in story.spoken), "")
        return page(story, {**_nothing(), "recording": recording}, new_id())

    @made.post("/calls/<call_id>/ticket")
    @needs("tickets.open")
    def open_one(call_id: str) -> AnyResponse:
        """Sent twice as it was it is the same ticket."""
        story, typed = story_at(house, call_id), _typed()
        try:
            form = checked_id(request.form.get("form"))
            given = Given.model_validate(typed)
            made = opened(house, person(), given, form=form, story=story)
        except ChangeRefused as error:
            return page(story, typed, new_id(), str(REFUSED[error.why]))
        except ValidationError as error:
            return page(story, typed, new_id(), str(REFUSED[_why(error)]))
        flash(_("The ticket is opened."), "success")
        return redirect(url_for("tickets.one", reference=made.service_request_id))


def _why(error: ValidationError) -> Why:
    kind = error.errors()[0]["type"]
    return _WHY.get(kind, "form_unknown")


def _nothing() -> dict[str, str]:
    return {**dict.fromkeys(Given.model_fields, ""), "kind": "report", "priority": "normal"}


def _typed() -> dict[str, str]:
    """What the form has; digits of any keyboard are digits, and a line's end is one character."""
    given = {name: request.form.get(name, "") for name in Given.model_fields}
    typed = {name: text.replace("\r\n", "\n").strip() for name, text in given.items()}
    return {**_nothing(), **typed, **{name: digits(typed[name]) for name in _DIGITS}}
