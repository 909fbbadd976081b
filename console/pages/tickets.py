"""`/tickets`: the queue, and one ticket with all that belongs to it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, render_template
from werkzeug.wrappers import Response as AnyResponse

from console.access import needs
from console.house import House
from console.masking import reveal
from console.named import ACTIONS
from console.pages.ticket_changes import add_changes
from console.pages.ticket_queue import show_queue
from console.ticket_words import (
    FIELDS,
    OUTCOMES,
    REFUSED,
    STATES,
    event_name,
    named,
)
from console.words import language_of_reader
from console.workers import workers
from people.person import NothingThere
from recordings.kept import call_of
from tickets.ahead import ahead
from tickets.destination import Message
from tickets.destinations.mail.told import Fact, tell
from tickets.health import read_health
from tickets.model import PRIORITIES, Ticket
from tickets.reference import is_reference
from tickets.spoken import recordings_named
from tickets.working.queue import is_overdue
from tickets.working.refusals import Why
from tickets.working.replying import why_no_reply
from tickets.working.transitions import BY_MERGING, TRANSITIONS
from tickets.working.whole import WholeTicket, whole_ticket
from tickets.working.writing import new_id

_OF_THE_CALLER = ("caller", "phone", "called_from")
"""What is told beside the ticket, and of numbers as much as the reader may see."""


def blueprint(house: House) -> Blueprint:
    """The tickets."""
    made = Blueprint("tickets", __name__)
    room = house.tickets

    @made.get("/tickets")
    @needs("tickets.read")
    def queue() -> AnyResponse:
        return show_queue(house)

    @made.get("/tickets/<reference>")
    @needs("tickets.read")
    def one(reference: str) -> Response:
        return show(reference)

    @made.post("/tickets/<reference>/number")
    @needs("numbers.unmask")
    def number(reference: str) -> Response:
        whole = _there(house, reference)
        where = f"ticket {whole.ticket.service_request_id}"
        return shown(whole, revealed=reveal(house, whole.ticket.phone, where))

    def show(
        reference: str, fault: Why | None = None, typed: Mapping[str, str] | None = None
    ) -> Response:
        return shown(_there(house, reference), fault=fault, typed=typed or {})

    def shown(
        whole: WholeTicket,
        *,
        fault: Why | None = None,
        typed: Mapping[str, str] | None = None,
        revealed: bool = False,
    ) -> Response:
        ticket = whole.ticket
        health = {one.name: one for one in read_health(house.engine)}
        ways = [way for way, _ in whole.ways]
        told: dict[str, Any] = {
            "whole": whole,
            "ticket": ticket,
            "facts": _facts(house, ticket),
            "steps": [one for one in TRANSITIONS[ticket.status].to if one != BY_MERGING],
            "priorities": PRIORITIES,
            "workers": workers(house),
            "mergeable": BY_MERGING in TRANSITIONS[ticket.status].to,
            "overdue": is_overdue(ticket, house.now()),
            "no_reply": why_no_reply(ticket, gateway=room.gateway),
            "ahead": {way.id: ahead(way, ways, health) for way in ways},
            "fault": fault,
            "typed": typed or {},
            "revealed": revealed,
            "new_id": new_id,
            "recordings": _recordings(ticket),
            **_WORDS,
        }
        status = 200 if fault is None else 409 if fault == "seen_another" else 422
        return Response(render_template("pages/ticket.html", **told), status=status)

    add_changes(made, house, show)
    return made


_WORDS = {
    "refused": REFUSED,
    "actions": ACTIONS,
    "fields": FIELDS,
    "states": STATES,
    "outcomes": OUTCOMES,
    "event_name": event_name,
    "named": named,
}


def _recordings(ticket: Ticket) -> list[tuple[str, int]]:
    """What its caller has said, each by its call and its turn."""
    parts = (name.partition("-") for name in recordings_named(ticket) if call_of(name))
    return [(call_id, int(turn)) for call_id, _, turn in parts]


def _there(house: House, reference: str) -> WholeTicket:
    whole = whole_ticket(house.engine, reference) if is_reference(reference) else None
    if whole is None:
        raise NothingThere("there is no ticket of this number")
    return whole


def _facts(house: House, ticket: Ticket) -> list[Fact]:
    """What is known of it, but for what stands elsewhere on the page, and who has called."""
    told = tell(Message(ticket), house.tickets.names, language_of_reader())
    elsewhere = {told.words[key] for key in (*_OF_THE_CALLER, "reference", "status", "priority")}
    return [fact for fact in told.facts if fact.label not in elsewhere]
