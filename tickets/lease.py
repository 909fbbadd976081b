"""The lease on a delivery, in SQL: one worker at a time, and a dead worker's work is taken over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from outbox.retry import Retry
from outbox.work import CUT_OFF, Work, give_up, hold_row
from store.sql import UtcDateTime, database_now
from tickets.circuit import CLOSED_OR_TRIED, FIRST_OF_ITS_TICKET, GONE_OUT, OPEN_STATES
from tickets.destination import Destination, Message
from tickets.jobs import DELIVER
from tickets.model import UPDATED
from tickets.open import ticket_by_key
from tickets.schema import deliveries, delivery_attempts

DELIVERIES = Work(
    "delivery",
    deliveries,
    OPEN_STATES,
    DELIVER,
    since=sa.func.coalesce(deliveries.c.waits_from, deliveries.c.created_at),
    early=deliveries.c.early,
    ready=sa.and_(FIRST_OF_ITS_TICKET, CLOSED_OR_TRIED),
)
"""The outbox of tickets."""

_NONE: Mapping[str, Destination] = MappingProxyType({})
UNSURE = "unsure"
"""The outcome of an attempt after which nobody knows whether the receiver has the message."""
_MAY_HAVE_REACHED = sa.or_(
    delivery_attempts.c.outcome.is_(None), delivery_attempts.c.outcome == UNSURE
)
"""Attempts that were cut off are among them."""


_NOW = sa.bindparam("now", type_=UtcDateTime())
# Made once: to make such words takes longer than what they do.
_BEGIN = (
    deliveries.update()
    .where(deliveries.c.id == sa.bindparam("row_id"))
    .values(
        attempts=sa.bindparam("nth", type_=sa.Integer()),
        next_attempt_at=sa.bindparam("repeated_at", type_=UtcDateTime()),
        state="sent",
        early=None,
        waits_from=_NOW,
        attempts_before_retry=sa.bindparam("uncounted", type_=sa.Integer()),
    )
)
_ATTEMPT = delivery_attempts.insert().values(
    delivery_id=sa.bindparam("row_id", type_=sa.String()),
    number=sa.bindparam("nth", type_=sa.Integer()),
    started_at=_NOW,
)
"""The attempt counts as it begins, and is repeated as if it were cut off already: a worker that is
killed settles nothing."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to make attempt `number` of a delivery until the lease ends.

    Not `left`: all attempts have begun, the delivery has just become a dead letter, and `number` is
    the last of them. `spent` is what its attempts count since an admin last put the delivery back,
    without this one, which counts 1, or `weight` when nobody knows what came of it. `once` is
    whether a person would see a repetition; `policy` says when there is one. An attempt that is
    made before its time has the moment of the next one in `kept_for`, and counts nothing where
    nobody would see it.
    """

    delivery_id: str
    token: str
    number: int
    left: bool
    spent: int
    weight: int
    once: bool
    policy: Retry
    destination: str
    committed_at: datetime
    message: Message
    kept_for: datetime | None = None
    accepted_at: datetime | None = None


def take(
    engine: sa.Engine,
    delivery_id: str,
    policy: Retry,
    destinations: Mapping[str, Destination] = _NONE,
) -> Lease | None:
    """Take the delivery and count an attempt; None when it is done, not due, or held.

    `policy` is for destinations without one of their own, and says how long leases last.
    """
    with engine.begin() as connection:
        now = database_now(connection)
        row = hold_row(connection, DELIVERIES, delivery_id, now, policy.lease_s)
        if row is None:
            return None
        to = destinations.get(row.destination)
        once = to is not None and to.read_by_people
        once = once or (row.last_error or "").endswith(GONE_OUT)
        policy = (to.retry if to is not None else None) or policy
        weight = policy.unsure_weight if once else 1
        spent = row.attempts - row.attempts_before_retry
        spent += (weight - 1) * _unsure(connection, delivery_id, row.attempts_before_retry, once)
        left = spent < policy.max_attempts
        kept_for = row.next_attempt_at if row.early and row.next_attempt_at > now else None
        if left:
            last = spent + weight >= policy.max_attempts
            wait = timedelta(seconds=0 if last else policy.wait_s(spent + weight))
            begun = {
                "row_id": delivery_id,
                "nth": row.attempts + 1,
                "repeated_at": kept_for or now + wait,
                "now": now,
                "uncounted": row.attempts_before_retry + (kept_for is not None and not once),
            }
            connection.execute(_BEGIN, begun)
            connection.execute(_ATTEMPT, begun)
        else:
            error = f"{CUT_OFF}{GONE_OUT if once else ''}"
            give_up(connection, DELIVERIES, delivery_id, error)
        message = _message(connection, row)
    return Lease(
        delivery_id=delivery_id,
        token=row.lease_token,
        number=row.attempts + left,
        left=left,
        spent=spent,
        weight=weight if kept_for is None or once else 0,
        once=once,
        policy=policy,
        destination=row.destination,
        committed_at=row.created_at,
        message=message,
        kept_for=kept_for,
        accepted_at=row.accepted_at,
    )


def _message(connection: sa.Connection, row: sa.Row[Any]) -> Message:
    known, first, unsure = row.remote_id, None, None
    if row.event == UPDATED and known is None:
        known = connection.scalar(
            sa.select(deliveries.c.remote_id)
            .where(
                deliveries.c.ticket_id == row.ticket_id,
                deliveries.c.destination == row.destination,
                deliveries.c.remote_id.is_not(None),
            )
            .order_by(deliveries.c.ticket_version)
            .limit(1)
        )
    if row.attempts:
        began = sa.select(delivery_attempts.c.started_at)
        its = (delivery_attempts.c.delivery_id == row.id, delivery_attempts.c.number == 1)
        first = connection.scalar(began.where(*its))
        unsure = connection.scalar(
            sa.select(sa.func.max(delivery_attempts.c.started_at)).where(
                delivery_attempts.c.delivery_id == row.id,
                delivery_attempts.c.number <= row.attempts,
                _MAY_HAVE_REACHED,
            )
        )
    return Message(
        ticket=ticket_by_key(connection, row.ticket_id),
        event=row.event,
        version=row.ticket_version,
        remote_id=known,
        token=row.token,
        repeated=row.attempts > 0,
        first_sent_at=first,
        unsure_at=unsure,
        accepted_at=row.accepted_at,
    )


def _unsure(connection: sa.Connection, delivery_id: str, after: int, once: bool) -> int:
    """How many attempts may have reached the receiver: those that were cut off among them."""
    if not once:
        return 0
    attempts = delivery_attempts.c
    found: int = connection.execute(
        sa.select(sa.func.count()).where(
            attempts.delivery_id == delivery_id,
            attempts.number > after,
            _MAY_HAVE_REACHED,
        )
    ).scalar_one()
    return found
