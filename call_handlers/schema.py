"""The tables of call records: `calls`, and what happened in them, `call_events`. Times are UTC."""

import sqlalchemy as sa

from store.sql import UtcDateTime, room_metadata

metadata = room_metadata()

calls = sa.Table(
    "calls",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("provider_id", sa.String(200), nullable=False),
    sa.Column("caller", sa.String(64), nullable=False),
    sa.Column("e164", sa.String(16), index=True),
    sa.Column("withheld", sa.Boolean, nullable=False),
    sa.Column("attestation", sa.String(1), nullable=False),
    sa.Column("trunk", sa.String(40), nullable=False, server_default=""),
    sa.Column("origin", sa.String(32), nullable=False, server_default=""),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("flow", sa.String(64), nullable=False),
    sa.Column("flow_version", sa.Integer, nullable=False),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("verdict_reason", sa.String(64), nullable=False),
    sa.Column("verdict_rule", sa.String(100), nullable=False, server_default=""),
    sa.Column("screening", sa.String(16), nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False, index=True),
    sa.Column("answered_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("disposition", sa.String(16), nullable=False),
    sa.Column("transferred_to", sa.String(32), nullable=False),
    sa.Column("tickets", sa.JSON, nullable=False),
    sa.Column("last_node", sa.String(64), nullable=False),
    sa.Column("turns", sa.Integer, nullable=False),
    sa.Column("path", sa.JSON, nullable=False),
)
_open = calls.c.ended_at.is_(None)
sa.Index("ix_calls_open", calls.c.started_at, sqlite_where=_open, postgresql_where=_open)
"""The few calls that go on, or that nobody closed: the sweep looks for them all the time."""

call_events = sa.Table(
    "call_events",
    metadata,
    sa.Column("call_id", sa.String(32), sa.ForeignKey(calls.c.id), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("node", sa.String(64), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("prompts", sa.JSON, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("input", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("ms", sa.Integer, nullable=False),
)
