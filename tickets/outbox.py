"""The outbox as people see it: list the deliveries, look at one, put a dead one back."""

from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa

from store.sql import database_now, reading
from tickets.lease import UNSURE
from tickets.mobile import SMS
from tickets.schema import deliveries, delivery_attempts, tickets
from tickets.spoken import DRAFTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One ticket on its way to one destination. Datetimes are UTC."""

    id: str
    service_request_id: str
    destination: str
    event: str
    state: str
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    queued_at: datetime | None
    lease_until: datetime | None
    last_status: int | None
    last_error: str | None
    acknowledged_at: datetime | None
    remote_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One push. `outcome` is None when its worker died or is still at it."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    status: int | None
    error: str | None


_COLUMNS = [
    tickets.c.service_request_id,
    *(deliveries.c[f.name] for f in fields(Delivery) if f.name != "service_request_id"),
]


def list_deliveries(
    engine: sa.Engine,
    *,
    state: str | None = None,
    reference: str | None = None,
    destination: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Delivery]:
    """Deliveries, newest first, that match all that is given."""
    statement = sa.select(*_COLUMNS).join(tickets)
    if state is not None:
        statement = statement.where(deliveries.c.state == state)
    if reference is not None:
        statement = statement.where(tickets.c.service_request_id == reference)
    if destination is not None:
        statement = statement.where(deliveries.c.destination == destination)
    statement = statement.order_by(deliveries.c.created_at.desc(), deliveries.c.id)
    with reading(engine) as connection:
        rows = connection.execute(statement.limit(limit).offset(offset))
        return [Delivery(**row._mapping) for row in rows]


def list_attempts(engine: sa.Engine, delivery_id: str) -> list[Attempt]:
    """Every push of a delivery, first to last."""
    columns = [delivery_attempts.c[f.name] for f in fields(Attempt)]
    statement = (
        sa.select(*columns)
        .where(delivery_attempts.c.delivery_id == delivery_id)
        .order_by(delivery_attempts.c.number)
    )
    with reading(engine) as connection:
        return [Attempt(**row._mapping) for row in connection.execute(statement)]


def count_by_state(engine: sa.Engine) -> dict[str, int]:
    """How many deliveries are in each state; states without any are left out."""
    statement = sa.select(deliveries.c.state, sa.func.count()).group_by(deliveries.c.state)
    with reading(engine) as connection:
        return {row[0]: row[1] for row in connection.execute(statement)}


def oldest_waiting(engine: sa.Engine) -> float | None:
    """Age in seconds of the oldest delivery not acknowledged and not dead; None when none waits.

    Machines' drafts are no tickets: nobody waits for one, and no lane may take them any more.
    """
    statement = sa.select(sa.func.min(deliveries.c.created_at)).where(
        deliveries.c.state.not_in(("acknowledged", "dead")), deliveries.c.destination != DRAFTS
    )
    with reading(engine) as connection:
        oldest = connection.execute(statement).scalar_one()
        return None if oldest is None else (database_now(connection) - oldest).total_seconds()


def may_have_gone_out(engine: sa.Engine) -> frozenset[str]:
    """The messages given up of which nobody knows whether a person has read them already."""
    attempts = delivery_attempts.c
    statement = (
        sa.select(deliveries.c.id)
        .join(delivery_attempts)
        .where(
            deliveries.c.state == "dead",
            deliveries.c.destination == SMS,
            sa.or_(attempts.outcome.is_(None), attempts.outcome == UNSURE),
        )
    )
    with reading(engine) as connection:
        return frozenset(connection.scalars(statement))


def retry_delivery(engine: sa.Engine, delivery_id: str) -> bool:
    """Put a dead or failed delivery back to pending, due now, with the full number of tries again.

    The history of its attempts stays. False when there is no such delivery in those states.
    """
    with engine.begin() as connection:
        changed = connection.execute(
            deliveries.update()
            .where(deliveries.c.id == delivery_id, deliveries.c.state.in_(("dead", "failed")))
            .values(
                state="pending",
                attempts_before_retry=deliveries.c.attempts,
                next_attempt_at=database_now(connection),
                queued_at=None,
                waits_from=database_now(connection),
                early=True,  # also while its destination is left alone: a person wants it now
            )
        )
        return changed.rowcount == 1
