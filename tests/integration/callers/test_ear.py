"""On a real call a prompt that is wrong, missing or cut in the sound fails the transcript."""

import shutil
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hotline.bootstrap import Services
from hotline.cli.building import build_with_progress
from hotline.settings import Settings
from ivr.turn import Prompt
from lab.callers.sip_driver import SipDriver, open_sip_driver
from tests.fixtures.asterisk import asterisk_root
from tests.fixtures.callers import played, transcript_of
from tests.fixtures.dialog import FLOW
from tests.fixtures.house import house_of

pytestmark = [pytest.mark.asterisk, pytest.mark.alone("one call")]

CALL = """\
name: Somebody who listens
caller: "+966501234567"
turns:
  - {hear: [welcome, danger, language], hang_up: true}
"""


class Ear:
    """A driver whose proof can be changed; the sounds that are played stay as they are."""

    def __init__(self, driver: SipDriver, services: Services, proof: Path) -> None:
        self.driver = driver
        self.services = services
        self.proof = proof

    def path(self, key: str, language: str = "ar") -> Path:
        """What is expected of a prompt that has only one file."""
        (piece,) = self.services.catalogue.speak(language, Prompt(key))
        return self.proof / f"{piece.audio}.wav"


@contextmanager
def an_ear(folder: Path, *left_out: str) -> Iterator[Ear]:
    """An ear that expects every prompt, at a server that has no sound for those left out."""
    asterisk_root()
    plain = house_of(Settings(state_dir=folder / "state"))
    build_with_progress(plain)
    proof, played_from = folder / "proof", folder / "sounds"
    shutil.copytree(plain.settings.sounds, proof)
    shutil.copytree(plain.settings.sounds, played_from)
    services = house_of(Settings(state_dir=folder / "state", sounds_dir=played_from))
    for key in left_out:
        for language in FLOW.languages:
            (piece,) = services.catalogue.speak(language, Prompt(key))
            (played_from / f"{piece.audio}.wav").unlink()
    with open_sip_driver(services, proof) as driver:
        yield Ear(driver, services, proof)


@pytest.fixture(scope="module")
def ear(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ear]:
    """One Asterisk for all."""
    with an_ear(Path(tmp_path_factory.mktemp("ear"))) as ear:
        yield ear


@contextmanager
def other_sound(path: Path) -> Iterator[None]:
    """Whatever the file becomes inside, it is again what it was after."""
    kept = path.read_bytes()
    path.unlink()
    try:
        yield
    finally:
        path.write_bytes(kept)


def test_the_right_sounds_pass(ear: Ear, tmp_path: Path) -> None:
    """So that the others fail for their sound alone."""
    result = played(ear.services, ear.driver, transcript_of(tmp_path, CALL))
    assert result.passed, result.difference


def test_another_prompt_in_its_place_fails(ear: Ear, tmp_path: Path) -> None:
    """The English welcome was expected, and the Arabic one was said."""
    path = ear.path("welcome")
    with other_sound(path):
        shutil.copyfile(ear.path("welcome", "en"), path)
        result = played(ear.services, ear.driver, transcript_of(tmp_path, CALL))
    assert result.difference is not None
    assert result.difference.where == "turn 1"
    assert result.difference.heard.startswith("welcome missing, danger whole")


@pytest.mark.nightly
def test_a_prompt_that_ends_too_early_fails(ear: Ear, tmp_path: Path) -> None:
    """The prompt that was expected goes on; the one that was said does not."""
    path, more = ear.path("welcome"), ear.path("main")
    said, rest = (_frames(file) for file in (path, more))
    with other_sound(path):
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
            sound.writeframes(said + rest)
        result = played(ear.services, ear.driver, transcript_of(tmp_path, CALL))
    assert result.difference is not None
    assert result.difference.heard.startswith("welcome cut (")


@pytest.mark.nightly
def test_a_prompt_without_sound_fails(tmp_path: Path) -> None:
    """The server has the sound of `danger` in no language, and leaves it out."""
    with an_ear(tmp_path, "danger") as ear:
        result = played(ear.services, ear.driver, transcript_of(tmp_path, CALL))
    assert result.difference is not None
    assert result.difference.expected == "welcome, danger, danger, danger, language"
    found = "welcome whole, danger missing, danger missing, danger missing, language whole"
    assert result.difference.heard == found


@pytest.mark.nightly
def test_a_key_that_nobody_hears_fails(ear: Ear, tmp_path: Path) -> None:
    """The call is not led further, and the transcript says at which turn."""
    text = CALL.replace("hang_up: true", 'press: "5"') + '  - {hear: [main], press: "0"}\n'
    result = played(ear.services, ear.driver, transcript_of(tmp_path, text))
    assert result.difference is not None
    assert (result.difference.where, result.difference.expected) == ("turn 2", "main")
    assert result.difference.heard == "nomatch_1, nomatch_1, nomatch_1, language"


def _frames(path: Path) -> bytes:
    with wave.open(str(path)) as sound:
        return sound.readframes(sound.getnframes())
