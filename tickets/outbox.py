"""The outbox as people see it: list the deliveries, look at one, put a dead one back."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa

from store.sql import database_now, reading
from tickets.circuit import MAY_HAVE_GONE_OUT, OPEN_STATES
from tickets.lease import UNSURE
from tickets.mobile import SMS
from tickets.open import of_reference
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
    ticket_version: int = 1
    accepted_at: datetime | None = None
    early: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One push. `outcome` is None when its worker died or is still at it."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    status: int | None
    error: str | None
    answer: str | None = None


_UNDONE = ("dead", "failed")
_UNKNOWN = sa.exists().where(
    delivery_attempts.c.delivery_id == deliveries.c.id,
    sa.or_(delivery_attempts.c.outcome.is_(None), delivery_attempts.c.outcome == UNSURE),
)
_GONE_OUT = sa.select(deliveries.c.id).where(
    deliveries.c.state == "dead",
    sa.or_(MAY_HAVE_GONE_OUT, sa.and_(deliveries.c.destination == SMS, _UNKNOWN)),
)
_COLUMNS = [
    tickets.c.service_request_id,
    *(deliveries.c[f.name] for f in fields(Delivery) if f.name != "service_request_id"),
]


def list_deliveries(
    engine: sa.Engine,
    *,
    state: str | None = None,
    states: Collection[str] | None = None,
    reference: str | None = None,
    destination: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Delivery]:
    """Deliveries, newest first, that match all that is given."""
    statement = sa.select(*_COLUMNS).join(tickets)
    if state is not None:
        statement = statement.where(deliveries.c.state == state)
    if states is not None:
        statement = statement.where(deliveries.c.state.in_(states))
    if reference is not None:
        statement = statement.where(of_reference(reference))
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


def explain(engine: sa.Engine, reference: str) -> list[tuple[Delivery, list[Attempt]]]:
    """All that became of a ticket on its ways, each with every attempt; in the order of the ways.

    Told earlier first. Raises SQLAlchemyError.
    """
    found = list_deliveries(engine, reference=reference, limit=10_000)
    ways = sorted(found, key=lambda one: (one.ticket_version, one.created_at, one.destination))
    return [(one, list_attempts(engine, one.id)) for one in ways]


def count_by_state(engine: sa.Engine) -> dict[str, int]:
    """How many deliveries are in each state; states without any are left out.

    It goes through all that were ever delivered.
    """
    statement = sa.select(deliveries.c.state, sa.func.count()).group_by(deliveries.c.state)
    with reading(engine) as connection:
        return {row[0]: row[1] for row in connection.execute(statement)}


@dataclass(frozen=True, slots=True)
class Backlog:
    """Of one destination and one state: how many deliveries, and the age of the oldest (s).

    `accepted` are those among them that the destination has, and has still to say so.
    """

    destination: str
    state: str
    count: int
    oldest_s: float
    accepted: int


def backlog(engine: sa.Engine) -> list[Backlog]:
    """What is not delivered, by destination and state; however much was, it costs nothing more."""
    columns = deliveries.c
    statement = (
        sa.select(
            columns.destination,
            columns.state,
            sa.func.count(),
            sa.func.min(columns.created_at),
            sa.func.count(columns.accepted_at),
        )
        .where(columns.state.in_((*OPEN_STATES, "dead")))
        .group_by(columns.destination, columns.state)
    )
    with reading(engine) as connection:
        rows = connection.execute(statement).all()
        now = database_now(connection)
    return [
        Backlog(name, state, count, max(0.0, (now - oldest).total_seconds()), accepted)
        for name, state, count, oldest, accepted in rows
    ]


def oldest_waiting(engine: sa.Engine) -> float | None:
    """Age in seconds of the oldest delivery that waits for an attempt; None when none does.

    Machines' drafts are no tickets: nobody waits for one, and no lane may take them any more. What
    a destination has accepted is there.
    """
    statement = sa.select(sa.func.min(deliveries.c.created_at)).where(
        deliveries.c.state.in_(OPEN_STATES),
        deliveries.c.destination != DRAFTS,
        deliveries.c.accepted_at.is_(None),
    )
    with reading(engine) as connection:
        oldest = connection.execute(statement).scalar_one()
        return None if oldest is None else (database_now(connection) - oldest).total_seconds()


def may_have_gone_out(engine: sa.Engine) -> frozenset[str]:
    """The messages given up of which nobody knows whether a person has read them already."""
    with reading(engine) as connection:
        return frozenset(connection.scalars(_GONE_OUT))


def retry_delivery(engine: sa.Engine, delivery_id: str) -> bool:
    """Put a dead or failed delivery back to pending, due now, with the full number of tries again.

    The history of its attempts stays. False when there is no such delivery in those states.
    """
    return put_back(engine, deliveries.c.id == delivery_id) == 1


def retry_all(
    engine: sa.Engine,
    since: datetime | None = None,
    to: str | None = None,
    *,
    dead_alone: bool = False,
) -> int:
    """Put back all that failed or was given up, of tickets told from `since` on; how many.

    But for messages that a person may have read already.
    """
    conditions: list[sa.ColumnElement[bool]] = []
    if since is not None:
        conditions.append(deliveries.c.created_at >= since)
    if to is not None:
        conditions.append(deliveries.c.destination == to)
    states = ("dead",) if dead_alone else _UNDONE
    conditions += [deliveries.c.id.not_in(_GONE_OUT), ~MAY_HAVE_GONE_OUT]
    return put_back(engine, *conditions, states=states)


def put_back(
    engine: sa.Engine,
    *conditions: sa.ColumnElement[bool],
    states: Collection[str] = _UNDONE,
    gone: bool = False,
) -> int:
    """Put back what meets `conditions` and is in one of `states`; how many.

    `gone`: the destination has these tickets no more, and all that it told of them is forgotten.
    """
    had = sa.true() if gone else deliveries.c.state == "acknowledged"
    number = {"remote_id": None} if gone else {}  # a later version would be told to that number
    with engine.begin() as connection:
        now = database_now(connection)
        changed = connection.execute(
            deliveries.update()
            .where(*conditions, deliveries.c.state.in_(states))
            .values(
                state="pending",
                attempts_before_retry=deliveries.c.attempts,
                next_attempt_at=now,
                waits_from=now,
                queued_at=None,
                early=True,  # also while its destination is left alone: a person wants it now
                # Who had it and has it no more would say by the old token that it is there.
                token=sa.case((had, None), else_=deliveries.c.token),
                accepted_at=None,  # whoever waits for it begins to wait anew
                **number,
            )
        )
        return changed.rowcount
