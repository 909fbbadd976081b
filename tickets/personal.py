"""What tickets keep of a person: those they have opened, and how they were told of them."""

import sqlalchemy as sa

from store.personal import PersonalData, rows_of
from tickets.schema import deliveries, delivery_attempts, reference_aliases, tickets

PERSONAL = (tickets, reference_aliases, deliveries, delivery_attempts)


def personal_data(connection: sa.Connection, e164: str) -> PersonalData:
    """The tickets of this number (E.164), with their deliveries. Raises SQLAlchemyError.

    Also those whose caller, calling from it, wants to be called on another.
    """
    its = sa.or_(tickets.c.phone == e164, tickets.c.attributes["called_from"].as_string() == e164)
    theirs = sa.select(tickets.c.idempotency_key).where(its)
    sent = sa.select(deliveries.c.id).where(deliveries.c.ticket_id.in_(theirs))
    return rows_of(
        connection,
        {
            tickets: its,
            reference_aliases: reference_aliases.c.ticket_id.in_(theirs),
            deliveries: deliveries.c.ticket_id.in_(theirs),
            delivery_attempts: delivery_attempts.c.delivery_id.in_(sent),
        },
    )
