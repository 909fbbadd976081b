"""Recordings end: Twilio's and Asterisk's alike, and nothing else in the folder with them."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from structlog.testing import capture_logs

from recordings.register import note_recording, recordings_of
from recordings.retention import remove_old_recordings
from recordings.schema import recordings
from tests.fixtures.recordings import CALL, SID, wav

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OTHER = "f" * 32


def kept(folder: Path, name: str, age_days: float) -> Path:
    """A file of that age."""
    path = folder / name
    path.write_bytes(wav(0.1))
    then = (NOW - timedelta(days=age_days)).timestamp()
    os.utime(path, (then, then))
    return path


def test_every_recording_goes_after_its_days(engine: sa.Engine, folder: Path) -> None:
    """One that no row knows came by Asterisk: its time is the same."""
    old = kept(folder, f"{OTHER}-3.wav", 91)
    young = kept(folder, f"{OTHER}-4.wav", 89)
    with capture_logs() as logs:
        assert remove_old_recordings(engine, folder, days=90, now=NOW) == 1
    assert (old.exists(), young.exists()) == (False, True)
    assert [(e["event"], e["recording"]) for e in logs] == [("recording_removed", f"{OTHER}-3")]


def test_a_row_says_that_its_recording_is_gone(any_engine: sa.Engine, folder: Path) -> None:
    """By the end that was set when it was fetched, and once."""
    note_recording(any_engine, call_id=CALL, turn=7, recording_sid=SID, now=NOW)
    path = kept(folder, f"{CALL}-7.wav", 1)
    with any_engine.begin() as connection:
        connection.execute(recordings.update().values(state="kept", delete_after=NOW))
    assert remove_old_recordings(any_engine, folder, days=90, now=NOW - timedelta(seconds=1)) == 0
    assert path.exists()
    assert remove_old_recordings(any_engine, folder, days=90, now=NOW) == 1
    assert not path.exists()
    (row,) = recordings_of(any_engine, CALL)
    assert (row.state, row.removed_at) == ("removed", NOW)
    assert remove_old_recordings(any_engine, folder, days=90, now=NOW) == 0


def test_fewer_days_count_for_recordings_that_are_there(engine: sa.Engine, folder: Path) -> None:
    """A shorter retention is obeyed at once."""
    path = kept(folder, f"{CALL}-7.wav", 10)
    assert remove_old_recordings(engine, folder, days=7, now=NOW) == 1
    assert not path.exists()


def test_other_files_are_left_alone(engine: sa.Engine, folder: Path) -> None:
    """Only names of ours, and unfinished files of more than a day."""
    stays = [kept(folder, "readme.txt", 900), kept(folder, "studio.wav", 900)]
    fresh = kept(folder, f".{CALL}-1.wav.x.part", 0.5)
    stale = kept(folder, f".{CALL}-2.wav.x.part", 2)
    assert remove_old_recordings(engine, folder, days=90, now=NOW) == 0
    assert all(path.exists() for path in [*stays, fresh])
    assert not stale.exists()


def test_a_name_from_the_database_removes_nothing_outside(engine: sa.Engine, folder: Path) -> None:
    """A path in a name is not a recording's name."""
    outside = kept(folder.parent, "outside.wav", 900)
    note_recording(engine, call_id=CALL, turn=7, recording_sid=SID, now=NOW)
    with engine.begin() as connection:
        values = {"name": "../outside.wav", "delete_after": NOW}
        connection.execute(recordings.update().values(values))
    assert remove_old_recordings(engine, folder, days=90, now=NOW) == 0
    assert outside.exists()


def test_a_folder_that_is_not_there_holds_nothing(engine: sa.Engine, tmp_path: Path) -> None:
    """Before the first recording."""
    assert remove_old_recordings(engine, tmp_path / "none", days=90, now=NOW) == 0
