"""The table of recordings that a provider holds for us until they are fetched. Times are UTC."""

import sqlalchemy as sa

from store.sql import UtcDateTime, room_metadata

metadata = room_metadata()

recordings = sa.Table(
    "recordings",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    # No foreign key: the record of a call may still be on its way, or in the journal.
    sa.Column("call_id", sa.String(32), nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("provider_sid", sa.String(34), nullable=False, unique=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("next_attempt_at", UtcDateTime, nullable=False),
    sa.Column("queued_at", UtcDateTime),
    sa.Column("queue_count", sa.Integer, nullable=False),
    sa.Column("lease_token", sa.String(32)),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("last_error", sa.String(100)),
    sa.Column("bytes", sa.Integer),
    sa.Column("seconds", sa.Float),
    sa.Column("fetched_at", UtcDateTime),
    sa.Column("delete_after", UtcDateTime),
    sa.Column("removed_at", UtcDateTime),
    sa.UniqueConstraint("call_id", "turn"),
    sa.Index(None, "state", "next_attempt_at"),
)
