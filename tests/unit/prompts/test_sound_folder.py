"""What is put on the air now is heard by the next call, on both channels."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from call_handlers.twilio.render import Renderer
from ivr.turn import Collect, Prompt, Turn
from tests.fixtures.twilio import CALL_ID, rendering
from voice.folder import SoundFolder

SECOND = bytes(16_000)


def put(folder: Path, stem: str, sound: bytes = SECOND) -> Path:
    """Put a sound where callers hear it from, as the build does."""
    path = folder / f"{stem}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    unnamed = path.with_suffix(".part")
    unnamed.write_bytes(sound)
    return unnamed.rename(path)


def long_ago(folder: Path) -> None:
    """As if nothing had changed in the folder for a while: what is found is remembered."""
    os.utime(folder, (1_000_000_000, 1_000_000_000))


def test_a_sound_is_there_from_the_moment_it_is_put_there(tmp_path: Path) -> None:
    """And gone when it is taken away; whether the folder was asked before or not."""
    sounds = SoundFolder(tmp_path)
    assert sounds.seconds("ar/one") is None
    put(tmp_path, "ar/one")
    assert sounds.seconds("ar/one") == pytest.approx(1.0)
    long_ago(tmp_path / "ar")
    assert (sounds.has("ar/one"), sounds.has("ar/two")) == (True, False)
    path = put(tmp_path, "ar/two", SECOND * 2)
    assert sounds.seconds("ar/two") == pytest.approx(2.0)
    path.unlink()
    assert not sounds.has("ar/two")


def test_two_changes_within_a_tick_of_the_clock_are_both_seen(tmp_path: Path) -> None:
    """A file system may give them one moment."""
    sounds = SoundFolder(tmp_path)
    put(tmp_path, "ar/one")
    moment = (tmp_path / "ar").stat().st_mtime_ns
    assert sounds.has("ar/one")
    put(tmp_path, "ar/two")
    os.utime(tmp_path / "ar", ns=(moment, moment))
    assert sounds.has("ar/two")


def test_a_turn_is_rendered_anew_when_other_sounds_are_there(tmp_path: Path) -> None:
    """Twilio's TwiML is remembered, but not beyond the sounds that it names."""
    sounds = SoundFolder(tmp_path)
    live = rendering()
    speaker = replace(live.speaker, available=sounds.has)
    renderer = Renderer(replace(live, speaker=speaker, sounds=sounds.state))
    turn = Turn(1, "n", "ar", (Prompt("goodbye"),), Collect(max_digits=1))
    before = renderer.render(turn, CALL_ID)
    assert "<Play>" not in before
    for piece in live.speaker.catalogue.speak("ar", turn.prompts[0]):
        put(tmp_path, piece.audio)
    long_ago(tmp_path / "ar")
    assert "<Play>" in renderer.render(turn, CALL_ID)
