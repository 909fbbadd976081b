"""The tables of call records: `calls`, and what happened in them, `call_events`. Times are UTC."""

import sqlalchemy as sa

from call_handlers.fields import CallEvent, CallRecord
from store.fields import table_of
from store.sql import room_metadata

metadata = room_metadata()

calls = table_of("calls", metadata, CallRecord)
_open = calls.c.ended_at.is_(None)
sa.Index("ix_calls_open", calls.c.started_at, sqlite_where=_open, postgresql_where=_open)
"""The few calls that go on, or that nobody closed: the sweep looks for them all the time."""

call_events = table_of(
    "call_events",
    metadata,
    CallEvent,
    first=(
        sa.Column("call_id", sa.String(32), sa.ForeignKey(calls.c.id), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    ),
)
