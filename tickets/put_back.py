"""Deliveries that failed or were given up are put back, to be tried at once, at a person's word."""

from collections.abc import Callable, Collection
from datetime import datetime

import sqlalchemy as sa

from store.sql import database_now, reading
from tickets.circuit import MAY_HAVE_GONE_OUT
from tickets.lease import UNSURE
from tickets.mobile import SMS
from tickets.schema import deliveries, delivery_attempts

Beside = Callable[[sa.Connection, int], object]
"""What is written down with it in its transaction, given how many were put back. May raise
SQLAlchemyError, and then none is."""
_UNDONE = ("dead", "failed")
_UNKNOWN = sa.exists().where(
    delivery_attempts.c.delivery_id == deliveries.c.id,
    sa.or_(delivery_attempts.c.outcome.is_(None), delivery_attempts.c.outcome == UNSURE),
)
_GONE_OUT = sa.select(deliveries.c.id).where(
    deliveries.c.state == "dead",
    sa.or_(MAY_HAVE_GONE_OUT, sa.and_(deliveries.c.destination == SMS, _UNKNOWN)),
)


def nothing_beside(_connection: sa.Connection, _back: int) -> None:
    """The deliveries alone."""


def may_have_gone_out(engine: sa.Engine) -> frozenset[str]:
    """The messages given up of which nobody knows whether a person has read them already."""
    with reading(engine) as connection:
        return frozenset(connection.scalars(_GONE_OUT))


def retry_delivery(engine: sa.Engine, delivery_id: str, beside: Beside = nothing_beside) -> bool:
    """Put a dead or failed delivery back to pending, due now, with the full number of tries again.

    The history of its attempts stays. False when there is no such delivery in those states.
    """
    return put_back(engine, deliveries.c.id == delivery_id, beside=beside) == 1


def retry_all(
    engine: sa.Engine,
    since: datetime | None = None,
    to: str | None = None,
    *,
    dead_alone: bool = False,
    beside: Beside = nothing_beside,
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
    return put_back(engine, *conditions, states=states, beside=beside)


def put_back(
    engine: sa.Engine,
    *conditions: sa.ColumnElement[bool],
    states: Collection[str] = _UNDONE,
    gone: bool = False,
    beside: Beside = nothing_beside,
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
        if changed.rowcount:
            beside(connection, changed.rowcount)
        return changed.rowcount
