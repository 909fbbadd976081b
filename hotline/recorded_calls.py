"""The calls of the record as a replay needs them."""

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from blacklist.record.schema import entries, strikes
from blacklist.replay.history import Label, PastCall
from call_handlers.schema import calls
from tickets.schema import reading

PAGE = 2_000
"""Calls in memory at a time."""


def recorded_calls(engine: sa.Engine, since: datetime) -> Iterator[PastCall]:
    """The calls from `since` on, oldest first, in pages: however many, few are in memory.

    A call that an operator struck is nuisance; one that made a ticket and was not struck is
    genuine; of the others nobody knows. Raises SQLAlchemyError.
    """
    place = sa.tuple_(calls.c.started_at, calls.c.id)
    struck = (
        sa.select(sa.func.min(strikes.c.operator))
        .where(strikes.c.call_id == calls.c.id, strikes.c.lifted_at.is_(None))
        .scalar_subquery()
    )
    wanted = (
        sa.select(calls.c.id, calls.c.e164, calls.c.started_at, calls.c.tickets, struck)
        .order_by(calls.c.started_at, calls.c.id)
        .limit(PAGE)
    )
    after = calls.c.started_at >= since
    while True:
        with reading(engine) as connection:
            page = connection.execute(wanted.where(after)).all()
        for _, e164, started_at, tickets, operator in page:
            yield _past(e164, started_at, bool(tickets), operator)
        if len(page) < PAGE:
            return
        last = page[-1]
        after = place > sa.tuple_(
            sa.literal(last.started_at, calls.c.started_at.type), sa.literal(last.id)
        )


def count_recorded(engine: sa.Engine, since: datetime) -> int:
    """How many calls that is. Raises SQLAlchemyError."""
    counted = sa.select(sa.func.count()).select_from(calls).where(calls.c.started_at >= since)
    with reading(engine) as connection:
        return int(connection.execute(counted).scalar_one())


def allowed_numbers(engine: sa.Engine) -> list[str]:
    """The numbers that stand on the allowlist now. Raises SQLAlchemyError."""
    standing = sa.select(entries.c.subject).where(
        entries.c.kind == "allow", entries.c.ended_at.is_(None)
    )
    with reading(engine) as connection:
        return list(connection.scalars(standing))


def _past(e164: str | None, started_at: datetime, ticket: bool, operator: str | None) -> PastCall:
    label: Label = "nuisance" if operator else "genuine" if ticket else ""
    kind = "struck" if operator else "ticket" if ticket else "no ticket"
    return PastCall(started_at.timestamp(), e164 or "", label, kind, "", operator or "")
