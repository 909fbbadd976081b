"""What a ticket's caller has said, and the machine's draft of it on its way to the receiver."""

import uuid
from typing import Literal

import sqlalchemy as sa

from store.sql import database_now
from tickets.model import OPENED, Ticket
from tickets.open import BACKOFFICE
from tickets.schema import deliveries, tickets

NOTES = "notes"
"""The attribute that lists the notes of a ticket, each once by its `origin`."""
DRAFTS = "drafts"
"""The destination of drafts: the receiver of tickets, by a lane of its own. Whatever it makes of a
draft, no ticket waits for it."""
DRAFTED = "recording.drafted"
"""The event of a draft; in a delivery the draft's name stands behind it, with a colon between."""
_NAMED_BY = 14
"""So many letters of a draft's id name it in a delivery: what the column holds behind the event."""


def recordings_named(ticket: Ticket) -> tuple[str, ...]:
    """The recordings of a ticket by their references: its own, a message besides, its notes."""
    message, notes = ticket.attributes.get("message_ref"), ticket.attributes.get(NOTES, ())
    noted = (note.get("recording_ref") for note in notes if isinstance(note, dict))
    named = (ticket.recording_ref, message, *noted)
    return tuple(name for name in named if name and isinstance(name, str))


def names_draft(name: str, draft_id: str, turn: int) -> bool:
    """Whether a delivery by this name is of that draft.

    Turns alone are no name: each note of a ticket is of a call of its own. Deliveries of the
    release before have no more.
    """
    return name in (draft_id[:_NAMED_BY], str(turn))


def hand_out_draft(
    connection: sa.Connection, ticket_id: str, draft_id: str, office: str = BACKOFFICE
) -> Literal["told", "waits", "gone"]:
    """Put this draft on its way, once, if `office` has taken the ticket.

    `waits`: not yet. `gone`: the ticket was taken back. A ticket that does not concern the office
    has nobody who would read its draft. Raises SQLAlchemyError.
    """
    of_ticket = deliveries.c.ticket_id == ticket_id
    state = connection.scalar(
        sa.select(deliveries.c.state).where(
            of_ticket, deliveries.c.destination == office, deliveries.c.event == OPENED
        )
    )
    if state != "acknowledged":
        there = sa.select(tickets.c.version).where(tickets.c.idempotency_key == ticket_id)
        if connection.scalar(there) is None:
            return "gone"
        return "told" if state is None else "waits"
    event, now = f"{DRAFTED}:{draft_id[:_NAMED_BY]}", database_now(connection)
    handed_out = sa.select(deliveries.c.id).where(
        of_ticket, deliveries.c.destination == DRAFTS, deliveries.c.event == event
    )
    if connection.scalar(handed_out) is None:  # who asks holds the draft: nobody else does so now
        row = {
            "id": uuid.uuid4().hex,
            "ticket_id": ticket_id,
            "destination": DRAFTS,
            "event": event,
            "ticket_version": 1,
            "state": "pending",
            "attempts": 0,
            "attempts_before_retry": 0,
            "created_at": now,
            "next_attempt_at": now,
            "queue_count": 0,
        }
        connection.execute(deliveries.insert(), row)
    return "told"
