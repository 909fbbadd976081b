"""One call: what happened in it turn by turn, and what belongs to it."""

import json

from flask import Blueprint, Response, render_template

from call_handlers.fields import CallEvent
from call_handlers.timeline import CallStory, Spoken, story_of
from call_handlers.vcon import vcon
from console import call_names
from console.access import needs, person
from console.house import House
from console.masking import reveal
from people.audit import note_change
from people.person import NothingThere
from tickets.model import Ticket

_ORGANISATION = "Jeddah Municipality"


def add(made: Blueprint, house: House) -> None:
    """Add the page of one call."""

    @made.get("/calls/<call_id>")
    @needs("calls.read")
    def one(call_id: str) -> Response:
        return page_of(story_at(house, call_id))

    @made.post("/calls/<call_id>/number")
    @needs("numbers.unmask")
    def number(call_id: str) -> Response:
        """The page with the number in it; who looked stands in the audit under the number."""
        story = story_at(house, call_id)
        shown = reveal(house, story.record.e164 or story.record.id[:16], f"call {story.record.id}")
        return page_of(story, revealed=shown)

    @made.get("/calls/<call_id>/vcon")
    @needs("calls.export")
    def export(call_id: str) -> Response:
        """The call as a vCon. It has the number: so the audit has who took it."""
        story = story_at(house, call_id)
        record, by = story.record, person()
        whole = vcon(record, story.events, organisation=_ORGANISATION)
        with house.engine.begin() as connection:
            subject = record.e164 or record.id
            note_change(connection, by, "call_exported", subject, house.now(), call=record.id)
        answer = Response(json.dumps(whole, ensure_ascii=False, indent=2))
        answer.content_type = "application/vcon+json"
        answer.headers["Content-Disposition"] = f'attachment; filename="{record.id}.vcon.json"'
        return answer


def story_at(house: House, call_id: str) -> CallStory:
    """The call of this id. Raises NothingThere, SQLAlchemyError."""
    story = story_of(house.engine, call_id, house.recordings.folder)
    if story is None:
        raise NothingThere("there is no call of this id")
    return story


def page_of(
    story: CallStory, *, revealed: bool = False, fault: str = "", status: int = 200
) -> Response:
    """The page of a call."""
    told = {
        "story": story,
        "record": story.record,
        "names": call_names,
        "revealed": revealed,
        "fault": fault,
        "kind_of": _kind_of,
    }
    return Response(render_template("pages/call.html", **told), status=status)


def _kind_of(moment: object) -> str:
    """What of its timeline a moment is, for the template."""
    if isinstance(moment, CallEvent):
        return "event"
    if isinstance(moment, Spoken):
        return "spoken"
    return "ticket" if isinstance(moment, Ticket) else "strike"
