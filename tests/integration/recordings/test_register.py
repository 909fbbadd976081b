"""The register of recordings: what is noted, once, and what is not taken as an identifier."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from call_handlers.records import replay_journal
from recordings.register import note_or_journal, note_recording, recordings_of
from store.database import make_engine
from store.journal import Journal

CALL = "0123456789abcdef0123456789abcdef"
SID = "RE" + "5" * 32
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_a_recording_is_noted_once_however_often_it_is_told(any_engine: sa.Engine) -> None:
    """Status callbacks come twice."""
    assert note_recording(any_engine, call_id=CALL, turn=7, recording_sid=SID, now=NOW)
    assert not note_recording(any_engine, call_id=CALL, turn=7, recording_sid=SID, now=NOW)
    (noted,) = recordings_of(any_engine, CALL)
    assert (noted.name, noted.state, noted.provider_sid) == (f"{CALL}-7.wav", "pending", SID)


def test_the_first_recording_of_a_turn_counts(any_engine: sa.Engine) -> None:
    """A second one would be kept under the same name."""
    assert note_recording(any_engine, call_id=CALL, turn=7, recording_sid=SID, now=NOW)
    other = "RE" + "6" * 32
    assert not note_recording(any_engine, call_id=CALL, turn=7, recording_sid=other, now=NOW)
    assert [one.provider_sid for one in recordings_of(any_engine, CALL)] == [SID]


@pytest.mark.parametrize(
    ("call_id", "turn", "sid"),
    [
        ("../../etc/passwd", 1, SID),
        (CALL + "\n", 1, SID),
        (CALL, -1, SID),
        (CALL, 10_000, SID),
        (CALL, 1, "../" + SID),
        (CALL, 1, SID + "\n"),
        (CALL, 1, "RE" + "٥" * 32),
        (CALL, 1, "http://169.254.169.254/latest"),
        (CALL, 1, ""),
    ],
)
def test_what_is_no_identifier_is_refused(
    engine: sa.Engine, call_id: str, turn: int, sid: str
) -> None:
    """Neither a path nor an address comes from outside."""
    with pytest.raises(ValueError, match=r"identifier|out of range"):
        note_recording(engine, call_id=call_id, turn=turn, recording_sid=sid, now=NOW)
    assert recordings_of(engine, call_id) == []


def test_a_recording_that_is_told_while_the_database_is_away_is_noted_later(
    engine: sa.Engine, tmp_path: Path
) -> None:
    """It waits in the journal, and is noted once however often that is replayed."""
    journal = Journal(tmp_path / "records.jsonl")
    away = make_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    note_or_journal(
        partial(note_recording, away), journal, call_id=CALL, turn=7, recording_sid=SID, now=NOW
    )
    away.dispose()
    lines = (tmp_path / "records.jsonl").read_bytes()
    for _ in range(2):
        (tmp_path / "records.jsonl").write_bytes(lines)
        assert replay_journal(engine, journal) == 1
    (noted,) = recordings_of(engine, CALL)
    assert (noted.provider_sid, noted.state, noted.created_at) == (SID, "pending", NOW)
    assert replay_journal(engine, journal) == 0


def test_a_journalled_recording_that_is_none_is_set_aside(
    engine: sa.Engine, tmp_path: Path
) -> None:
    """It holds up nothing, and a person may look at it."""
    journal = Journal(tmp_path / "records.jsonl")
    journal.append([{"recording_sid": SID, "call_id": "../x", "turn": 7, "at": "2026"}])
    assert replay_journal(engine, journal) == 1
    assert recordings_of(engine, CALL) == []
    assert SID in (tmp_path / "records.refused").read_text()
