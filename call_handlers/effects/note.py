"""What a caller says of a ticket that is there: a note, that it be reopened, how it was done."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from call_handlers.arrival import Facts
from call_handlers.effects.port import FAILED, KEPT, Effect, Keep, kept
from ivr.contract import EffectContract
from ivr.event import Done
from ivr.session import Session
from ivr.way import given
from tickets.catalogue import Service
from tickets.model import Ticket
from tickets.spoken import NOTES
from tickets.update import Change
from tickets.working.status import reopened

log = structlog.get_logger()

NOTED, UNHEARD, REOPENED, RATED = "noted", "unheard", "reopened", "rated"
STILL_OPEN, TOO_LATE = "still_open", "too_late"
REOPEN_WITHIN = timedelta(days=14)
"""So long after it was closed a ticket is opened again; later it is a new report."""
CONTRACTS = (
    EffectContract("add_note", {NOTED: (), UNHEARD: (), KEPT: (), FAILED: ()}, needs=("ticket",)),
    EffectContract(
        "reopen_ticket",
        {REOPENED: (), STILL_OPEN: (), TOO_LATE: (), FAILED: ()},
        needs=("ticket",),
    ),
    EffectContract("rate_ticket", {RATED: (), FAILED: ()}, needs=("ticket", "rating")),
)


class UpdateTicket(Protocol):
    """Makes the next version of a ticket, and tells the receivers of it."""

    def __call__(self, reference: str, change: Change, now: datetime, /) -> Ticket | None:
        """The ticket as it is then, None where there is none. Raises SQLAlchemyError."""
        ...


def note_effects(
    update_ticket: UpdateTicket, services: Mapping[str, Service], keep: Keep
) -> dict[str, Effect]:
    """The effects of what is said of a ticket, by name."""

    def add_note(facts: Facts, session: Session, now: datetime) -> Done:
        recording = given(session.answers, "note")
        if not recording:
            return Done(UNHEARD)
        note = {
            "origin": f"call:{session.call_id}:{recording}",
            "recording_ref": recording,
            "recording_ms": int(session.answers.get("note_ms") or 0),
            "call_id": facts.call_id,
            "at": now.isoformat(timespec="seconds"),
        }
        reference = session.answers["ticket"]
        try:
            found = update_ticket(reference, with_note(note), now)
        except SQLAlchemyError as error:
            log.error("note_not_added", error=type(error).__name__)
            waits = kept(lambda: keep.note(reference=reference, note=note, now=now))
            return Done(KEPT if waits else FAILED)
        return Done(FAILED if found is None else NOTED)

    def reopen_ticket(facts: Facts, session: Session, now: datetime) -> Done:
        del facts
        came = [REOPENED]

        def change(ticket: Ticket) -> Mapping[str, Any]:
            if ticket.is_open:
                came[0] = REOPENED if _by_this(ticket, session) else STILL_OPEN
                return {}
            closed = ticket.status_datetime or ticket.updated_datetime
            if now - closed > REOPEN_WITHIN:
                came[0] = TOO_LATE
                return {}
            again = reopened(ticket, services, now)
            known = again.get("attributes", ticket.attributes)
            return {**again, "attributes": {**known, "reopened_by": _origin(session)}}

        return _updated(session, change, now, came)

    def rate_ticket(facts: Facts, session: Session, now: datetime) -> Done:
        del facts
        stars = int(session.answers["rating"])
        return _updated(session, lambda ticket: _rated(ticket, stars), now, [RATED])

    def _updated(session: Session, change: Change, now: datetime, came: list[str]) -> Done:
        try:
            found = update_ticket(session.answers["ticket"], change, now)
        except SQLAlchemyError as error:
            log.error("ticket_not_updated", error=type(error).__name__)
            return Done(FAILED)
        return Done(FAILED if found is None else came[0])

    return {"add_note": add_note, "reopen_ticket": reopen_ticket, "rate_ticket": rate_ticket}


def with_note(note: Mapping[str, Any]) -> Change:
    """A change that adds this note, if the ticket does not have it already."""

    def change(ticket: Ticket) -> Mapping[str, Any]:
        there = list(ticket.attributes.get(NOTES, ()))
        if any(one.get("origin") == note["origin"] for one in there):
            return {}
        return {"attributes": {**ticket.attributes, NOTES: [*there, dict(note)]}}

    return change


def _rated(ticket: Ticket, stars: int) -> Mapping[str, Any]:
    return {} if ticket.satisfaction == stars else {"satisfaction": stars}


def _origin(session: Session) -> str:
    return f"call:{session.call_id}:{session.turn}"


def _by_this(ticket: Ticket, session: Session) -> bool:
    """Whether it was this very turn that opened it again, and died before it could say so."""
    return ticket.attributes.get("reopened_by") == _origin(session)
