"""Sounds of texts that are made on the spot, by a real voice, while somebody waits."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ivr.voices import Voices
from tests.fixtures.languages import LANGUAGES
from tests.fixtures.tickets import wait_until
from voice.texts import READY_S, Said, TextMaker, Texts, spoken_texts
from voice.wav import AudioError, files_of
from voice.wav import duration_ms as lasting

OWN = {code: one.voice for code, one in LANGUAGES.items()}
STREET: tuple[Said, ...] = (("ar", "شَارِعُ الْمَرْجَانْ"), ("en", "Al Marjan Street"))


def texts_in(folder: Path, command: str = "") -> Texts:
    """The texts of a process, said by espeak-ng, or a command for English."""
    commands = {"en": f"marks {command}"} if command else {}
    return Texts(TextMaker(folder, Voices({}, commands, OWN), folder / "none"))


def files(folder: Path, texts: Texts, said: Said) -> list[Path]:
    """The files of the sound of a text."""
    return files_of(folder, texts.maker.stem_of(said))


def test_a_text_is_made_once_in_both_rates_and_then_is_there(tmp_path: Path) -> None:
    """Who comes second finds the files that the first has made."""
    texts = texts_in(tmp_path)
    assert texts.ready(STREET, seconds=60)
    made = [path for said in STREET for path in files(tmp_path, texts, said)]
    assert all(500 < lasting(path) < 4000 for path in made)
    before = [path.stat().st_mtime_ns for path in made]
    assert texts.ready(STREET, seconds=0)
    assert texts_in(tmp_path).ready(STREET, seconds=0)
    assert [path.stat().st_mtime_ns for path in made] == before


def test_nobody_waits_longer_than_they_said_and_the_next_hears_it(tmp_path: Path) -> None:
    """A voice that takes its time is waited for by no caller."""
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nsleep 3\nexec espeak-ng --stdin --stdout -v en\n")
    slow.chmod(0o755)
    texts = texts_in(tmp_path / "sounds", str(slow))
    said = STREET[1:]
    began = time.monotonic()
    assert not texts.ready(said, seconds=0.05)
    assert time.monotonic() - began < 2
    wait_until(lambda: texts.maker.is_there(said[0]), "the sound")
    assert texts.ready(said, seconds=0)


def test_a_caller_waits_no_longer_than_is_silence_to_them() -> None:
    """Half of the three seconds in which nobody may hear nothing."""
    assert READY_S == 1.5


@pytest.mark.parametrize("text", ["", "...", "[[ar]]", "<Say>", "a\u202eb", "a\nb", "a" * 501])
def test_what_is_no_text_is_never_given_to_a_voice(tmp_path: Path, text: str) -> None:
    """And whoever waits is told that it is not there."""
    texts = texts_in(tmp_path)
    assert not texts.ready([("en", text)], seconds=60)
    with pytest.raises(AudioError):
        texts.maker.make(("en", text))
    assert list(tmp_path.glob("*/*")) == []


def test_a_voice_that_fails_or_a_language_without_one_costs_nobody_their_call(
    tmp_path: Path,
) -> None:
    """False, and no error."""
    assert not texts_in(tmp_path, "false").ready(STREET[1:], seconds=60)
    assert not texts_in(tmp_path).ready([("xx", "text")], seconds=60)
    wall = tmp_path / "file"
    wall.touch()
    assert not texts_in(wall).ready(STREET, seconds=60)


def test_many_who_want_the_same_text_wait_for_one_making(tmp_path: Path) -> None:
    """Twenty callers at once on one street, and one run of the voice."""
    counted = tmp_path / "counted"
    runs = tmp_path / "runs"
    counted.write_text(f"#!/bin/sh\necho run >> {runs}\nexec espeak-ng --stdin --stdout -v en\n")
    counted.chmod(0o755)
    texts = texts_in(tmp_path / "sounds", str(counted))
    with ThreadPoolExecutor(20) as pool:
        done = list(pool.map(lambda _: texts.ready(STREET[1:], seconds=60), range(20)))
    assert done == [True] * 20
    assert runs.read_text().count("run") == 1


def test_the_texts_of_a_place_are_those_of_every_language() -> None:
    """Street and district, each in each language."""
    street, district = {"ar": "أ", "en": "a"}, {"en": "b"}
    assert spoken_texts(street, district) == [("ar", "أ"), ("en", "a"), ("en", "b")]
