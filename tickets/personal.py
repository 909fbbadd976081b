"""What tickets keep of a person: those they have opened, what was written of them, who was told."""

import sqlalchemy as sa

from store.personal import PersonalData, rows_of
from tickets.schema import (
    deliveries,
    delivery_attempts,
    reference_aliases,
    ticket_departments,
    ticket_notes,
    ticket_replies,
    tickets,
)

_OF_TICKETS = (
    *(reference_aliases, ticket_departments, ticket_notes, ticket_replies),
    deliveries,
)
PERSONAL = (tickets, *_OF_TICKETS, delivery_attempts)


def personal_data(connection: sa.Connection, e164: str) -> PersonalData:
    """The tickets of this number (E.164), with what was written of them, and their deliveries.

    Also those whose caller, calling from it, wants to be called on another. Raises SQLAlchemyError.
    """
    its = sa.or_(tickets.c.phone == e164, tickets.c.attributes["called_from"].as_string() == e164)
    theirs = sa.select(tickets.c.idempotency_key).where(its)
    sent = sa.select(deliveries.c.id).where(deliveries.c.ticket_id.in_(theirs))
    return rows_of(
        connection,
        {
            tickets: its,
            **{table: table.c.ticket_id.in_(theirs) for table in _OF_TICKETS},
            delivery_attempts: delivery_attempts.c.delivery_id.in_(sent),
        },
    )
