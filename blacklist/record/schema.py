"""The tables of the record. Times are UTC."""

import sqlalchemy as sa

from store.sql import UtcDateTime, room_metadata

metadata = room_metadata()

entries = sa.Table(
    "blacklist_entries",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),  # number, prefix, allow
    sa.Column("subject", sa.String(16), nullable=False),  # E.164, or the first digits of it
    sa.Column("disposition", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("calls", sa.JSON, nullable=False),
    sa.Column("recordings", sa.JSON, nullable=False),
    sa.Column("source", sa.String(16), nullable=False),  # person, strikes, import
    sa.Column("who", sa.String(100), nullable=False),
    sa.Column("approved_by", sa.String(100)),  # a prefix: None until the second person agrees
    sa.Column("replay", sa.JSON, nullable=False),  # a prefix: what it would have done
    sa.Column("added_at", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime),  # None only for kind allow
    sa.Column("review_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("ended_why", sa.String(16), nullable=False),  # replaced, lifted, review
)
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

strikes = sa.Table(
    "blacklist_strikes",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("number", sa.String(16), nullable=False),
    sa.Column("operator", sa.String(100), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("threat", sa.Boolean, nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("call_id", sa.String(100), nullable=False),
    sa.Column("recording", sa.String(200), nullable=False),
    sa.Column("served", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lifted_at", UtcDateTime),
    sa.Index(None, "number", "at"),
    sa.Index(None, "at"),
)

reviews = sa.Table(
    "blacklist_reviews",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("number", sa.String(16), nullable=False),
    sa.Column("call_id", sa.String(100), nullable=False),
    sa.Column("recording_ref", sa.String(200), nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # open, accepted, refused
    sa.Column("decided_at", UtcDateTime),
    sa.Column("decided_by", sa.String(100)),
    sa.Column("why", sa.String(500), nullable=False),
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
