"""What an Asterisk of this machine records is brought to where we keep it."""

import os
import time
import wave
from pathlib import Path

from hotline.settings import Settings, load_settings
from recordings.collect import (
    HEARD_WITHIN_SECONDS,
    UNWATCHED_SECONDS,
    collect_recordings,
    spool_here,
)

NAME = f"{'a' * 32}-7.wav"


def settings_for(state: Path, prefix: Path | str) -> Settings:
    """A server whose Asterisk records there."""
    settings = load_settings(
        {"HOTLINE_STATE_DIR": str(state), "HOTLINE_AGI__RECORDINGS_PREFIX": str(prefix)}
    )
    settings.recordings.mkdir(parents=True)
    return settings


def recorded(spool: Path, *, ago_s: float) -> Path:
    """A recording that Asterisk wrote to last so long ago."""
    spool.mkdir(exist_ok=True)
    path = spool / NAME
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        sound.writeframes(bytes(16_000))
    os.utime(path, (time.time() - ago_s,) * 2)
    return path


def test_a_recording_that_is_whole_is_kept_for_us_alone(tmp_path: Path) -> None:
    """It leaves the folder that Asterisk can read, when nobody can want to hear it again."""
    settings = settings_for(tmp_path / "state", tmp_path / "spool")
    left = recorded(tmp_path / "spool", ago_s=HEARD_WITHIN_SECONDS + 1)
    spool = spool_here(settings.agi.recordings_prefix, settings.recordings)
    assert spool is not None
    assert collect_recordings(spool, settings.recordings, settled_s=UNWATCHED_SECONDS) == 1
    assert not left.exists()
    assert (settings.recordings / NAME).stat().st_mode & 0o777 == 0o600


def test_a_recording_stays_where_its_caller_can_hear_it_again(tmp_path: Path) -> None:
    """It is kept at once, and once; Asterisk plays it from its own folder for a while."""
    settings = settings_for(tmp_path / "state", tmp_path / "spool")
    here = recorded(tmp_path / "spool", ago_s=5)
    assert collect_recordings(tmp_path / "spool", settings.recordings) == 1
    assert here.read_bytes() == (settings.recordings / NAME).read_bytes()
    assert collect_recordings(tmp_path / "spool", settings.recordings) == 0
    assert here.exists()
    assert collect_recordings(tmp_path / "spool", settings.recordings, heard_s=4) == 0
    assert not here.exists()


def test_a_recording_in_which_the_caller_pauses_is_not_taken_away(tmp_path: Path) -> None:
    """A network that sends no silence lets a file stand still for as long as nobody speaks."""
    settings = settings_for(tmp_path / "state", tmp_path / "spool")
    going_on = recorded(tmp_path / "spool", ago_s=30)
    collect_recordings(tmp_path / "spool", settings.recordings, settled_s=UNWATCHED_SECONDS)
    assert going_on.exists()


def test_nothing_is_fetched_from_another_machine_or_from_where_it_is_kept(tmp_path: Path) -> None:
    """A folder that only Asterisk sees, none, and the one where recordings stay."""
    kept = settings_for(tmp_path, "").recordings
    kept.mkdir(parents=True, exist_ok=True)
    assert spool_here("/i/elsewhere/recordings", kept) is None
    assert spool_here("", kept) is None
    assert spool_here(str(kept), kept) is None
