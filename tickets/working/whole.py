"""One ticket with all that belongs to it, as the back office looks at it: a question a part."""

from dataclasses import dataclass

import sqlalchemy as sa

from people.audit import history
from people.fields import Change
from store.sql import reading
from tickets.model import Ticket
from tickets.open import find_in
from tickets.outbox import Attempt, Delivery, ways_of
from tickets.working.merging import duplicates_of
from tickets.working.replying import Sent, replies_of
from tickets.working.writing import notes_of
from tickets.working.written import Note

MOST_CHANGES = 200


@dataclass(frozen=True, slots=True)
class WholeTicket:
    """The ticket; what was written about it, oldest first; who changed what, newest first.

    `ways` are its deliveries with every attempt, earlier told first. `duplicates` name this one as
    the ticket that they repeat. Its call and its recordings are named by the ticket itself.
    """

    ticket: Ticket
    notes: tuple[Note, ...]
    replies: tuple[Sent, ...]
    changes: tuple[Change, ...]
    ways: tuple[tuple[Delivery, tuple[Attempt, ...]], ...]
    duplicates: tuple[Ticket, ...]


def whole_ticket(engine: sa.Engine, reference: str) -> WholeTicket | None:
    """The ticket of this number with its parts; None where there is none.

    However long its history, it is seven questions. Raises SQLAlchemyError.
    """
    with reading(engine) as connection:
        ticket = find_in(connection, reference)
        if ticket is None:
            return None
        own = ticket.service_request_id
        return WholeTicket(
            ticket,
            tuple(notes_of(connection, ticket)),
            tuple(replies_of(connection, ticket)),
            tuple(history(connection, own, limit=MOST_CHANGES)),
            tuple((way, tuple(tries)) for way, tries in ways_of(connection, own)),
            tuple(duplicates_of(connection, own)),
        )
