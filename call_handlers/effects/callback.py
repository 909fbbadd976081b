"""A caller who wants to be called, or leaves a message: an inquiry, or the report they began."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from call_handlers.arrival import Facts
from call_handlers.effects.complaint import complaint_of, service_of
from call_handlers.effects.contact import CONTACT_E164
from call_handlers.effects.port import FAILED, KEPT, OPENED, Effect, Keep, OpenTicket
from call_handlers.effects.ticket import (
    CALLBACK_SERVICE,
    GIVEN,
    Waits,
    has_place,
    opened,
    ticket_of,
)
from ivr.contract import EffectContract
from ivr.event import Done
from ivr.session import Session
from ivr.way import given
from tickets.catalogue import Service
from tickets.model import NewTicket

NO_NUMBER = "no_number"
UNHEARD = "unheard"
CONTRACTS = (
    EffectContract("open_callback", {OPENED: GIVEN, KEPT: (), FAILED: (), NO_NUMBER: ()}),
    EffectContract(
        "open_message",
        {OPENED: GIVEN, KEPT: (), FAILED: (), UNHEARD: ()},
        needs=("message",),
    ),
)
"""`open_message` is asked too where nothing was left."""


def callback_effects(
    open_ticket: OpenTicket, services: Mapping[str, Service], keep: Keep
) -> dict[str, Effect]:
    """The effects of call-backs and messages, by name."""
    waits = Waits(keep=keep, told=True, untold=True)  # its words are kept, with a number or without

    def open_callback(facts: Facts, session: Session, now: datetime) -> Done:
        number = facts.e164 or session.answers.get(CONTACT_E164)
        return asked(facts, session, now) if number else Done(NO_NUMBER)

    def open_message(facts: Facts, session: Session, now: datetime) -> Done:
        heard = given(session.answers, "message")
        return asked(facts, session, now) if heard else Done(UNHEARD)

    def asked(facts: Facts, session: Session, now: datetime) -> Done:
        if session.answers.get("complaint"):
            service = service_of(services, session)
            new = _called_back(facts, lambda: complaint_of(facts, session, service))
            return opened(open_ticket, new, now, service.target_hours, waits)
        about = services.get(session.answers.get("service_code", ""))
        reported = about is not None and has_place(session.answers)
        service = about if about is not None and reported else services[CALLBACK_SERVICE]
        new = _callback(facts, session, service, "report" if reported else "inquiry")
        return opened(open_ticket, new, now, service.target_hours, waits)

    return {"open_callback": open_callback, "open_message": open_message}


def _callback(
    facts: Facts, session: Session, service: Service, kind: str
) -> Callable[[], NewTicket]:
    """What the caller wants to be called about: a report that was not sent, or they will tell."""

    def new() -> NewTicket:
        about = session.answers.get("service_code") if kind == "inquiry" else None
        unconfirmed = True if kind == "report" else None
        return ticket_of(
            facts, session, service, kind, unconfirmed=unconfirmed, about_service_code=about
        )

    return _called_back(facts, new)


def _called_back(facts: Facts, make: Callable[[], NewTicket]) -> Callable[[], NewTicket]:
    """The ticket, whose caller is to be called.

    "On this number", they were told, and that is the one which they call from.
    """

    def new() -> NewTicket:
        ticket = make()
        phone = facts.e164 or ticket.phone
        return replace(ticket, phone=phone, callback_requested=phone is not None)

    return new
