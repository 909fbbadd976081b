"""Machines' drafts as they are kept: asked for with a ticket, found by it, destroyed in time."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from recordings.fields import Draft
from recordings.kept import REFERENCE
from recordings.schema import drafts
from store.fields import record_of
from store.sql import database_now, reading

NOTICE = "made by a machine, and may be wrong: listen to the recording; nothing is decided by it"
"""Said wherever a draft is shown."""


def ask_for_draft(
    connection: sa.Connection, *, ticket_id: str, recording_ref: str, language: str
) -> None:
    """Write down that a draft of this recording is wanted; again and again it is wanted once.

    A reference that is none of ours is left out. Raises SQLAlchemyError.
    """
    if not REFERENCE.fullmatch(recording_ref):
        return
    call_id, _, turn = recording_ref.partition("-")
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert
    now = database_now(connection)
    connection.execute(
        insert(drafts).on_conflict_do_nothing(),
        {
            "id": uuid.uuid4().hex,
            "ticket_id": ticket_id,
            "call_id": call_id,
            "turn": int(turn),
            "language": language,
            "state": "pending",
            "attempts": 0,
            "created_at": now,
            "next_attempt_at": now,
            "queue_count": 0,
        },
    )


def drafts_of(engine: sa.Engine, ticket_id: str) -> list[Draft]:
    """The drafts of a ticket's recordings, in the order of its call."""
    statement = sa.select(drafts).where(drafts.c.ticket_id == ticket_id).order_by(drafts.c.turn)
    with reading(engine) as connection:
        return [record_of(Draft, row) for row in connection.execute(statement)]


def draft_as_told(draft: Draft) -> dict[str, Any]:
    """The draft as it is told: what it is stands beside it. `draft` has a text."""
    assert draft.made_at is not None
    return {
        "notice": NOTICE,
        "text": draft.text,
        "language": draft.language,
        "made_by": draft.made_by,
        "made_at": draft.made_at.isoformat(timespec="seconds"),
    }


def remove_draft(connection: sa.Connection, call_id: str, turn: int, now: datetime) -> None:
    """Destroy the draft of a recording that is destroyed; one under way is not kept any more."""
    connection.execute(_removal(now).where(drafts.c.call_id == call_id, drafts.c.turn == turn))


def remove_drafts_over(engine: sa.Engine, now: datetime) -> int:
    """Destroy the drafts whose end has come; how many. Raises SQLAlchemyError."""
    over = (drafts.c.delete_after <= now, drafts.c.removed_at.is_(None))
    with reading(engine) as connection:
        if connection.scalar(sa.select(drafts.c.id).where(*over).limit(1)) is None:
            return 0
    with engine.begin() as connection:
        return connection.execute(_removal(now).where(*over)).rowcount


def _removal(now: datetime) -> sa.Update:
    return drafts.update().values(
        text=None, state="removed", removed_at=now, lease_token=None, lease_until=None
    )
