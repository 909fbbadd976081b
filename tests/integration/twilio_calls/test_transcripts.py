"""The transcripts over Twilio's webhooks give the engine's conversations, unchanged."""

from dataclasses import replace
from pathlib import Path

import pytest

from hotline.bootstrap import Services
from hotline.setting_groups import TwilioSettings
from hotline.settings import Settings
from ivr.turn import Prompt
from lab.callers.twilio_driver import TwilioDriver
from lab.callers.twilio_server import application
from lab.transcript import load_transcript
from tests.fixtures.callers import (
    EVERYDAY_BY_TELEPHONE,
    PATHS,
    REPORT,
    by_engine,
    every_transcript,
    everyday_or_nightly,
    played,
    transcript_of,
    why,
)
from tests.fixtures.house import house_of
from tests.fixtures.sounds import silent_sounds
from tests.fixtures.twilio_calls import by_twilio, comparable
from voice.wav import RATES


@every_transcript
def test_with_recorded_prompts(path: Path, services: Services) -> None:
    """Each `Play` is fetched and is audio; the record is the engine's, but for ids and times."""
    result = by_twilio(services, load_transcript(path))
    assert result.passed, why(result)
    assert comparable(result) == comparable(by_engine(path))


@everyday_or_nightly(EVERYDAY_BY_TELEPHONE, PATHS)
def test_with_synthetic_voices(path: Path, mute: Services) -> None:
    """Where there is no audio the same words are said, in the same order."""
    result = by_twilio(mute, load_transcript(path))
    assert result.passed, why(result)
    assert comparable(result) == comparable(by_engine(path))


@pytest.mark.parametrize("name", ["low_priority", "low_priority_withheld", "operator", "withheld"])
def test_with_operators_who_work_with_taskrouter(name: str, tmp_path: Path, sounds: Path) -> None:
    """The conversation is the same; the document is one that Twilio takes."""
    (path,) = (path for path in PATHS if path.stem == name)
    transcript = load_transcript(path)
    workflow = TwilioSettings(operators=f"workflow:WW{'0a' * 16}")
    house = house_of(Settings(state_dir=tmp_path / "w", sounds_dir=sounds, twilio=workflow))
    result = by_twilio(house, transcript)
    house.close()
    assert result.passed, why(result)
    assert comparable(result) == comparable(by_engine(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "status 404 in place of audio"), (b"", "no WAV audio"), (b"<html>", "no WAV audio")],
)
def test_a_sound_that_cannot_be_played_is_a_difference(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    """The server thinks that it is there, and Twilio would say nothing in its place."""
    folder = tmp_path / "sounds"
    services = house_of(Settings(state_dir=tmp_path / "state", sounds_dir=folder))
    silent_sounds(services.catalogue, folder)
    driver = TwilioDriver(services.catalogue, application(services))
    (piece,) = services.catalogue.speak("ar", Prompt("danger"))
    for suffix in RATES:
        sound = folder / f"{piece.audio}{suffix}"
        if content is None:
            sound.unlink()
        else:
            sound.write_bytes(content)
    result = played(services, driver, transcript_of(tmp_path, REPORT))
    services.close()
    assert result.difference is not None
    assert result.difference.expected == "a call that Twilio can lead"
    assert message in result.difference.heard


def test_another_prompt_than_the_turns_is_a_difference(
    tmp_path: Path, services: Services, mute: Services
) -> None:
    """The caller of a house with one catalogue calls a house with another."""
    other = dict(services.catalogue.lines["ar"])
    other["danger"] = other["goodbye"]
    lines = {**services.catalogue.lines, "ar": other}
    changed = replace(services.catalogue, lines=lines)
    for house in (services, mute):
        driver = TwilioDriver(changed, application(house))
        result = played(house, driver, transcript_of(tmp_path, REPORT))
        assert result.difference is not None
        assert "danger" in result.difference.expected


@pytest.mark.parametrize("sent", ["anonymous", "+266696687", "Restricted", "unknown", ""])
def test_a_withheld_number_in_each_of_its_spellings(
    tmp_path: Path, services: Services, sent: str
) -> None:
    """The ticket has no number, and knows that it was withheld."""
    text = REPORT.replace("+966501234567", sent)
    then = "then: {tickets: [{phone: null, caller_id_withheld: true}]}\n"
    result = by_twilio(services, transcript_of(tmp_path, text + then))
    assert result.passed, why(result)


def test_what_cannot_be_played_is_skipped_with_the_reason(
    tmp_path: Path, services: Services
) -> None:
    """A clock, and a number that no network carries."""
    clock = 'given: {clock: "2026-11-27T03:00+03:00"}\nturns: []\n'
    head = 'name: x\ncaller: "+966501234567"\n'
    assert "clock" in by_twilio(services, transcript_of(tmp_path, head + clock)).skipped
    long = f"name: x\ncaller: {'9' * 65}x\nturns: []\n"
    assert "length" in by_twilio(services, transcript_of(tmp_path, long)).skipped
