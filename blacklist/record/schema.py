"""The tables of the record. Times are UTC."""

import sqlalchemy as sa

from blacklist.record.fields import NotedStrike, RecordedEntry, Review
from store.fields import table_of
from store.sql import room_metadata

metadata = room_metadata()

entries = table_of("blacklist_entries", metadata, RecordedEntry)
_standing = entries.c.ended_at.is_(None)
sa.Index(
    "uq_blacklist_entries_standing",
    entries.c.kind,
    entries.c.subject,
    unique=True,
    sqlite_where=_standing,
    postgresql_where=_standing,
)
"""One entry of a kind stands for a subject; the ended ones are kept as its past."""
sa.Index("ix_blacklist_entries_subject", entries.c.subject)

strikes = table_of(
    "blacklist_strikes",
    metadata,
    NotedStrike,
    sa.Index(None, "number", "at"),
)

reviews = table_of(
    "blacklist_reviews",
    metadata,
    Review,
    sa.Index(None, "state", "due_at"),
)
_open = reviews.c.state == "open"
sa.Index(
    "uq_blacklist_reviews_open",
    reviews.c.number,
    unique=True,
    sqlite_where=_open,
    postgresql_where=_open,
)
