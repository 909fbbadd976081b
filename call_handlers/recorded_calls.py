"""The calls of the record as a replay needs them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from blacklist.record.entries import in_force
from blacklist.record.schema import entries, strikes
from blacklist.record.today import Met
from blacklist.replay.history import Label, PastCall
from blacklist.verdict import DISPOSITIONS
from call_handlers.schema import MEASURED, calls
from store.sql import beyond, reading

_MOST_SERVED = 100
_MEASURES = tuple(name for name in DISPOSITIONS if name != "allow")
PAGE = 2_000
"""Calls in memory at a time."""


def recorded_calls(engine: sa.Engine, since: datetime) -> Iterator[PastCall]:
    """The calls from `since` on, oldest first, in pages: however many, few are in memory.

    A call that an operator struck is nuisance; one that made a ticket and was not struck is
    genuine; of the others nobody knows. Raises SQLAlchemyError.
    """
    return _paged(engine, calls.c.started_at >= since, calls.c.started_at, calls.c.id)


def count_recorded(engine: sa.Engine, since: datetime) -> int:
    """How many calls that is. Raises SQLAlchemyError."""
    return _counted(engine, calls.c.started_at >= since)


def calls_of_prefix(engine: sa.Engine, prefix: str, since: datetime) -> Iterator[PastCall]:
    """The calls of numbers that begin with `prefix` (E.164), as `recorded_calls` gives them.

    They come number by number, the calls of each oldest first. Raises SQLAlchemyError.
    """
    order = (calls.c.e164, calls.c.started_at, calls.c.id)
    return _paged(engine, _of_prefix(prefix, since), *order)


def count_of_prefix(engine: sa.Engine, prefix: str, since: datetime) -> int:
    """How many calls that is. Raises SQLAlchemyError."""
    return _counted(engine, _of_prefix(prefix, since))


def _of_prefix(prefix: str, since: datetime) -> sa.ColumnElement[bool]:
    """A range, not LIKE: the index on the number serves it. Letters follow digits in any collation;
    of punctuation that is true in some alone.
    """
    return sa.and_(calls.c.e164 >= prefix, calls.c.e164 < f"{prefix}a", calls.c.started_at >= since)


def _paged(
    engine: sa.Engine, wanted: sa.ColumnElement[bool], *order: sa.Column[Any]
) -> Iterator[PastCall]:
    page_of = sa.select(*_PAST, _struck()).where(wanted).order_by(*order).limit(PAGE)
    after = page_of
    while True:
        with reading(engine) as connection:
            page = connection.execute(after).all()
        for row in page:
            yield _past(row)
        if len(page) < PAGE:
            return
        last = page[-1]._mapping
        after = page_of.where(beyond(order, [last[column] for column in order]))


_PAST = (
    *(calls.c.id, calls.c.e164, calls.c.started_at, calls.c.tickets),
    *(calls.c.trunk, calls.c.attestation, calls.c.origin),
)


def _struck() -> sa.ColumnElement[str | None]:
    """The operator who struck a call, by its number and its id: there is an index on the number."""
    return (
        sa.select(sa.func.min(strikes.c.operator))
        .where(
            strikes.c.number == calls.c.e164,
            strikes.c.call_id == calls.c.id,
            strikes.c.lifted_at.is_(None),
        )
        .scalar_subquery()
        .label("operator")
    )


def served_calls(connection: sa.Connection, number: str, since: datetime) -> int:
    """How many calls of a number (E.164) since then made a ticket and were not struck.

    No more than a hundred are counted. Raises SQLAlchemyError.
    """
    struck = sa.exists().where(
        strikes.c.number == number, strikes.c.call_id == calls.c.id, strikes.c.lifted_at.is_(None)
    )
    made = sa.select(calls.c.id).where(
        calls.c.e164 == number,
        calls.c.started_at >= since,
        sa.cast(calls.c.tickets, sa.String) != "[]",
        ~struck,
    )
    return len(connection.scalars(made.limit(_MOST_SERVED)).all())


def met_since(connection: sa.Connection, since: datetime, limit: int) -> list[Met]:
    """Whose calls met a measure since then, the most frequent first. Raises SQLAlchemyError."""
    often = sa.func.count().label("often")
    met = (
        sa.select(calls.c.e164, calls.c.verdict, often, sa.func.max(calls.c.started_at))
        .where(calls.c.started_at >= since, MEASURED, calls.c.verdict.in_(_MEASURES))
        .group_by(calls.c.e164, calls.c.verdict)
        .order_by(often.desc(), calls.c.e164)
        .limit(limit)
    )
    return [Met(number or "", *told) for number, *told in connection.execute(met)]


def _counted(engine: sa.Engine, wanted: sa.ColumnElement[bool]) -> int:
    counted = sa.select(sa.func.count()).select_from(calls).where(wanted)
    with reading(engine) as connection:
        return int(connection.execute(counted).scalar_one())


def allowed_numbers(engine: sa.Engine, now: datetime) -> list[str]:
    """The numbers that stand on the allowlist at `now`. Raises SQLAlchemyError."""
    standing = sa.select(entries.c.subject).where(entries.c.kind == "allow", in_force(now))
    with reading(engine) as connection:
        return list(connection.scalars(standing))


def _past(row: sa.Row[Any]) -> PastCall:
    served = bool(row.tickets)
    label: Label = "nuisance" if row.operator else "genuine" if served else ""
    kind = "struck" if row.operator else "ticket" if served else "no ticket"
    return PastCall(
        row.started_at.timestamp(),
        row.e164 or "",
        label,
        kind,
        striker=row.operator or "",
        trunk=row.trunk,
        attestation=row.attestation,
        outcome="served" if served else "nothing",
        origin=row.origin,
    )
