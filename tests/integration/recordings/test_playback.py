"""A recording while its call goes on: here, or still at Twilio; anything else is none."""

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from structlog.testing import capture_logs

from recordings.playback import Playback
from recordings.register import note_recording
from tests.fixtures.receivers import body, receiver
from tests.fixtures.recordings import CALL, SID, account, wav
from tests.fixtures.twilio_api import TwilioApi

NOW = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
REFERENCE = f"{CALL}-7"


def noted(engine: sa.Engine) -> None:
    """Twilio has said that it holds the recording."""
    note_recording(engine, call_id=CALL, turn=7, recording_sid=SID, now=NOW)


def test_what_is_kept_here_is_played_from_here(
    engine: sa.Engine, folder: Path, twilio: TwilioApi
) -> None:
    """Nobody is asked."""
    (folder / f"{REFERENCE}.wav").write_bytes(wav())
    assert Playback(folder, engine, account(twilio.url)).sound(REFERENCE) == wav()
    assert twilio.requests == []


def test_what_is_still_at_twilio_is_played_from_there(
    any_engine: sa.Engine, folder: Path, twilio: TwilioApi
) -> None:
    """It stays there, and is not kept here: that is the job's."""
    noted(any_engine)
    twilio.recordings[SID] = wav(2.0)
    assert Playback(folder, any_engine, account(twilio.url)).sound(REFERENCE) == wav(2.0)
    assert SID in twilio.recordings
    assert list(folder.iterdir()) == []


def test_what_is_nowhere_is_none(engine: sa.Engine, folder: Path, twilio: TwilioApi) -> None:
    """Not noted yet, not there yet, no account, and no reference of ours."""
    here = Playback(folder, engine, account(twilio.url))
    assert here.sound(REFERENCE) is None
    noted(engine)
    assert here.sound(REFERENCE) is None
    twilio.recordings[SID] = wav()
    assert Playback(folder, engine).sound(REFERENCE) is None
    for name in ("", "../secret", f"{CALL}-7.wav", "x-1", f"{CALL}-7/..", f"{CALL}-7\n"):
        assert here.sound(name) is None


def test_a_twilio_that_never_ends_gives_no_sound(engine: sa.Engine, folder: Path) -> None:
    """The caller is told in seconds that there is nothing to hear; the log says why."""
    noted(engine)
    with receiver(body) as there, capture_logs() as logs:
        slow = account(f"http://127.0.0.1:{there.port}")
        assert Playback(folder, engine, slow).sound(REFERENCE) is None
    assert [line["event"] for line in logs] == ["recording_not_played"]
