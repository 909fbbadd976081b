"""The tables of recordings that a provider holds for us, and of machines' drafts. Times are UTC."""

import sqlalchemy as sa

from outbox.work import waiting_columns
from recordings.fields import Draft, Recording
from store.fields import table_of
from store.sql import room_metadata

metadata = room_metadata()

recordings = table_of(
    "recordings",
    metadata,
    Recording,
    *waiting_columns(),
    sa.UniqueConstraint("call_id", "turn"),
    sa.Index(None, "state", "next_attempt_at"),
)

drafts = table_of(
    "drafts",
    metadata,
    Draft,
    *waiting_columns(),
    sa.UniqueConstraint("call_id", "turn"),
    sa.Index(None, "state", "next_attempt_at"),
)
