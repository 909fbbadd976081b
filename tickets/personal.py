"""What tickets keep of a person: those they have opened, and how they were told of them."""

import sqlalchemy as sa

from store.personal import PersonalData, rows_of
from tickets.schema import deliveries, delivery_attempts, tickets

PERSONAL = (tickets, deliveries, delivery_attempts)


def personal_data(connection: sa.Connection, e164: str) -> PersonalData:
    """The tickets of this number (E.164), with their deliveries. Raises SQLAlchemyError."""
    theirs = sa.select(tickets.c.idempotency_key).where(tickets.c.phone == e164)
    sent = sa.select(deliveries.c.id).where(deliveries.c.ticket_id.in_(theirs))
    return rows_of(
        connection,
        {
            tickets: tickets.c.phone == e164,
            deliveries: deliveries.c.ticket_id.in_(theirs),
            delivery_attempts: delivery_attempts.c.delivery_id.in_(sent),
        },
    )
