"""The lease on a delivery, in SQL: one worker at a time, and a dead worker's work is taken over.

A lease is a moment and a token. It is free when there is none, when its moment has passed, and
when its moment lies further ahead than a lease can last: then the clock has been set back, and
waiting for that moment would hold the ticket for as long as the clock was wrong.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from tickets.model import Ticket
from tickets.open import ticket_by_key
from tickets.schema import database_now, deliveries, delivery_attempts

OPEN_STATES = ("pending", "sent", "failed")
LONGEST_WAIT = timedelta(hours=1)
"""No `next_attempt_at` lies further ahead than this unless the clock was set back."""


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


def free(now: datetime, lease_s: float) -> sa.ColumnElement[bool]:
    """The condition that nobody holds the delivery at `now`."""
    until = deliveries.c.lease_until
    return sa.or_(until.is_(None), until <= now, until > now + timedelta(seconds=lease_s))


def due(now: datetime) -> sa.ColumnElement[bool]:
    """The condition that the delivery waits for an attempt at `now`."""
    at = deliveries.c.next_attempt_at
    return sa.and_(deliveries.c.state.in_(OPEN_STATES), sa.or_(at <= now, at > now + LONGEST_WAIT))


def take(engine: sa.Engine, delivery_id: str, lease_s: float) -> Lease | None:
    """Take the delivery for `lease_s` seconds; None when it is done, not due, or held."""
    token = secrets.token_hex(16)
    with engine.begin() as connection:
        now = database_now(connection)
        row = connection.execute(
            deliveries.update()
            .where(deliveries.c.id == delivery_id, due(now), free(now, lease_s))
            .values(
                state="sent",
                attempts=deliveries.c.attempts + 1,
                lease_token=token,
                lease_until=now + timedelta(seconds=lease_s),
                queued_at=None,
            )
            .returning(
                deliveries.c.attempts,
                deliveries.c.attempts_before_retry,
                deliveries.c.destination,
                deliveries.c.event,
                deliveries.c.created_at,
                deliveries.c.ticket_id,
            )
        ).one_or_none()
        if row is None:
            return None
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
