"""The register of recordings that a provider holds for us, from the webhook to their removal.

A row is written when the provider says that a recording is there; a job fetches it, keeps it under
a name of ours and removes it at the provider. Nothing of what the provider sends names a file or an
address: both are made from the call, the turn and the recording's identifier.
"""

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from recordings.fields import Recording
from recordings.schema import recordings
from store.fields import record_of
from store.journal import Journal
from store.sql import database_now, reading

log = structlog.get_logger()

_CALL_ID = re.compile(r"[0-9a-f]{32}")
_SID = re.compile(r"RE[0-9a-f]{32}")
_MOST_TURNS = 9999
NAME = re.compile(r"[0-9a-f]{32}-[0-9]{1,4}\.wav")
"""What the file of a recording is called: the call, the turn."""


def note_recording(
    engine: sa.Engine, *, call_id: str, turn: int, recording_sid: str, now: datetime
) -> bool:
    """Write down that the provider holds a recording of this turn; whether that was new.

    Any number of times with the same result: the first recording of a turn counts. `now` is aware.
    Raises ValueError for an identifier that is not one, SQLAlchemyError when the database is away.
    """
    if not _CALL_ID.fullmatch(call_id):
        raise ValueError("the call's identifier is not one of ours")
    if not _SID.fullmatch(recording_sid):
        raise ValueError("the recording's identifier is not RE and 32 hexadecimal digits")
    if not 0 <= turn <= _MOST_TURNS:
        raise ValueError("the turn's number is out of range")
    insert = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert
    with engine.begin() as connection:
        added = connection.execute(
            insert(recordings).on_conflict_do_nothing().returning(recordings.c.id),
            {
                "id": uuid.uuid4().hex,
                "call_id": call_id,
                "turn": turn,
                "provider_sid": recording_sid,
                "name": f"{call_id}-{turn}.wav",
                "state": "pending",
                "attempts": 0,
                "created_at": now,
                "next_attempt_at": database_now(connection),
                "queue_count": 0,
            },
        ).one_or_none()
    if added is not None:
        log.info("recording_noted", call_id=call_id, turn=turn)
    return added is not None


class Note(Protocol):
    """Writes down that the provider holds a recording: `note_recording` on a database."""

    def __call__(self, *, call_id: str, turn: int, recording_sid: str, now: datetime) -> object:
        """Raises ValueError for an identifier that is not one, SQLAlchemyError."""


def note_or_journal(
    note: Note,
    journal: Journal,
    *,
    call_id: str,
    turn: int,
    recording_sid: str,
    now: datetime,
) -> None:
    """Do as `note` does; while the database is away, in the journal, whose replay notes it.

    Raises ValueError for an identifier that is not one, OSError when the disk refuses as well.
    """
    try:
        note(call_id=call_id, turn=turn, recording_sid=recording_sid, now=now)
    except SQLAlchemyError as error:
        log.error("recording_journalled", error=type(error).__name__)
        journal.append(
            [
                {
                    "recording_sid": recording_sid,
                    "call_id": call_id,
                    "turn": turn,
                    "at": now.isoformat(),
                }
            ]
        )


def note_journalled(engine: sa.Engine, entry: Mapping[str, Any]) -> None:
    """Note what `note_or_journal` had to leave in the journal.

    Raises KeyError, TypeError and ValueError for an entry that is none, and SQLAlchemyError.
    """
    at = entry.get("at")
    note_recording(
        engine,
        call_id=entry["call_id"],
        turn=entry["turn"],
        recording_sid=entry["recording_sid"],
        now=datetime.now(UTC) if at is None else datetime.fromisoformat(at),
    )


def recordings_of(engine: sa.Engine, call_id: str) -> list[Recording]:
    """The recordings of a call, in the order of its turns."""
    statement = (
        sa.select(recordings).where(recordings.c.call_id == call_id).order_by(recordings.c.turn)
    )
    with reading(engine) as connection:
        return [record_of(Recording, row) for row in connection.execute(statement)]
