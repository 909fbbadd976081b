"""Reading call records back: one, a list, or all of them in batches."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from call_handlers.fields import CallEvent, CallRecord
from call_handlers.schema import call_events, calls
from call_handlers.wanted import WITHHELD, Wanted, conditions
from store.fields import record_of
from store.sql import beyond, reading

__all__ = [
    "BATCH",
    "WITHHELD",
    "Wanted",
    "count_calls",
    "find_call",
    "list_calls",
    "newest",
    "stream_calls",
]

BATCH = 500
"""Calls read at once: what an export holds in memory, however many there are."""
NEWEST = (calls.c.started_at, calls.c.id)
"""What orders a list of calls, falling."""


def list_calls(engine: sa.Engine, wanted: Wanted, *, limit: int = 50) -> list[CallRecord]:
    """At most `limit` calls, newest first. Raises SQLAlchemyError."""
    statement = newest(limit, *conditions(wanted))
    with reading(engine) as connection:
        return [record_of(CallRecord, row) for row in connection.execute(statement)]


def newest(limit: int, *wanted: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The question for at most `limit` calls of which all that is `wanted` holds, newest first."""
    falling = [column.desc() for column in NEWEST]
    return sa.select(calls).where(*wanted).order_by(*falling).limit(limit)


def count_calls(engine: sa.Engine, wanted: Wanted) -> int:
    """How many there are. Raises SQLAlchemyError."""
    statement = sa.select(sa.func.count()).select_from(calls).where(*conditions(wanted))
    with reading(engine) as connection:
        return int(connection.execute(statement).scalar_one())


def find_call(engine: sa.Engine, call_id: str) -> tuple[CallRecord, tuple[CallEvent, ...]] | None:
    """The call of this id and its events in order; None when there is none."""
    with reading(engine) as connection:
        row = connection.execute(sa.select(calls).where(calls.c.id == call_id)).one_or_none()
        if row is None:
            return None
        record = record_of(CallRecord, row)
        return record, _events(connection, [record.id]).get(record.id, ())


def stream_calls(
    engine: sa.Engine, wanted: Wanted, *, batch: int = BATCH
) -> Iterator[tuple[CallRecord, tuple[CallEvent, ...]]]:
    """Every call that is wanted with its events, oldest first, `batch` in memory at a time.

    Each batch is a short read that goes on where the last one ended (keyset pagination), so a long
    export keeps no transaction open, and calls that come meanwhile are neither lost nor doubled.
    Raises SQLAlchemyError.
    """
    order = (calls.c.started_at, calls.c.id)
    statement = sa.select(calls).where(*conditions(wanted)).order_by(*order).limit(batch)
    last: CallRecord | None = None
    while True:
        after = () if last is None else (beyond(order, (last.started_at, last.id)),)
        with reading(engine) as connection:
            records = [
                record_of(CallRecord, row) for row in connection.execute(statement.where(*after))
            ]
            events = _events(connection, [record.id for record in records])
        for record in records:
            yield record, events.get(record.id, ())
        if len(records) < batch:
            return
        last = records[-1]


def _events(connection: sa.Connection, call_ids: Sequence[str]) -> dict[str, tuple[CallEvent, ...]]:
    if not call_ids:
        return {}
    statement = (
        sa.select(call_events)
        .where(call_events.c.call_id.in_(call_ids))
        .order_by(call_events.c.call_id, call_events.c.position)
    )
    found: dict[str, list[CallEvent]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.call_id, []).append(record_of(CallEvent, row))
    return {call_id: tuple(events) for call_id, events in found.items()}
