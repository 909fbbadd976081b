"""The lease on a delivery, in SQL: one worker at a time, and a dead worker's work is taken over."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tickets.jobs import DELIVER
from tickets.model import Ticket
from tickets.open import ticket_by_key
from tickets.schema import database_now, deliveries, delivery_attempts
from tickets.work import Work, take_row

DELIVERIES = Work("delivery", deliveries, ("pending", "sent", "failed"), DELIVER)
"""The outbox of tickets."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to make attempt `number` of a delivery until the lease ends.

    `tries` is the same count since an admin last put the delivery back.
    """

    delivery_id: str
    token: str
    number: int
    tries: int
    destination: str
    event: str
    committed_at: datetime
    ticket: Ticket


def take(engine: sa.Engine, delivery_id: str, lease_s: float) -> Lease | None:
    """Take the delivery for `lease_s` seconds; None when it is done, not due, or held."""
    with engine.begin() as connection:
        now = database_now(connection)
        token = take_row(connection, DELIVERIES, delivery_id, now, lease_s)
        if token is None:
            return None
        row = connection.execute(
            deliveries.update()
            .where(deliveries.c.id == delivery_id)
            .values(state="sent")
            .returning(
                deliveries.c.attempts,
                deliveries.c.attempts_before_retry,
                deliveries.c.destination,
                deliveries.c.event,
                deliveries.c.created_at,
                deliveries.c.ticket_id,
            )
        ).one()
        connection.execute(
            delivery_attempts.insert(),
            {"delivery_id": delivery_id, "number": row.attempts, "started_at": now},
        )
        ticket = ticket_by_key(connection, row.ticket_id)
    return Lease(
        delivery_id=delivery_id,
        token=token,
        number=row.attempts,
        tries=row.attempts - row.attempts_before_retry,
        destination=row.destination,
        event=row.event,
        committed_at=row.created_at,
        ticket=ticket,
    )
