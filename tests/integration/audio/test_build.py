"""The sounds folder on real espeak-ng and sox."""

import os
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.prompts import Catalogue, load_catalogue
from ivr.turn import GUARD_MS, Prompt
from voice.build import build
from voice.ready import check
from voice.sound import read
from voice.studio import recording_hashes
from voice.wav import RATE, AudioError, duration_ms

TEXTS = {
    "welcome": "Jeddah Municipality.",
    "noinput_1": "Sorry, we received no answer.",
    "number": "Number {n|digits}.",
    "phone_withheld": "is not shown",
}


def written(folder: Path, texts: dict[str, str] | None = None) -> Catalogue:
    """A small English catalogue on disk, with the recordings beside it."""
    path = folder / "en.yaml"
    path.write_text("".join(f'{k}: "{v}"\n' for k, v in (texts or TEXTS).items()))
    return load_catalogue({"en": path}, recording_hashes(folder / "recordings"))


def tone(path: Path, seconds: float, rate: int = 44100, channels: int = 2) -> None:
    """A recording as a studio might send it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    command = ["sox", "-n", "-r", str(rate), "-c", str(channels), str(path)]
    subprocess.run([*command, "synth", str(seconds), "sine", "440", "gain", "-20"], check=True)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small catalogue, built."""
    folder = tmp_path_factory.mktemp("audio")
    build(written(folder), folder / "sounds", recordings=folder / "recordings")
    return folder


def test_a_build_leaves_nothing_missing_and_a_second_does_nothing(ready: Path) -> None:
    """Every sound is made once, and kept."""
    catalogue = written(ready)
    assert check(catalogue, ready / "sounds") == []
    report = build(catalogue, ready / "sounds", recordings=ready / "recordings")
    assert (report.made, report.kept) == (0, len(catalogue.sources))


def test_every_sound_is_fit_for_a_telephone_line(ready: Path) -> None:
    """8 kHz, one channel, 16 bit; no sample above -3 dBFS; speech neither faint nor drowned."""
    for audio, source in written(ready).sources.items():
        path = ready / "sounds" / f"{audio}.wav"
        with wave.open(str(path)) as file:
            assert file.getparams()[:3] == (1, 2, RATE)
        samples = read(path)
        assert np.abs(samples).max() <= 10 ** (-3 / 20)
        if source.form != "tail" and any(char.isalpha() for char in source.text):
            assert np.abs(samples).max() > 0.4, source.text


def test_the_ends_are_trimmed(ready: Path) -> None:
    """No more than a breath of silence stands at either end of a whole sound."""
    for audio, source in written(ready).sources.items():
        if source.form in ("", "word") and any(char.isalpha() for char in source.text):
            loud = np.flatnonzero(np.abs(read(ready / "sounds" / f"{audio}.wav")) > 0.01)
            total = duration_ms(ready / "sounds" / f"{audio}.wav")
            assert 1000 * loud[0] // RATE <= 100
            assert total - 1000 * loud[-1] // RATE <= 120


def test_the_guarded_head_is_exactly_as_long_as_the_guard(ready: Path) -> None:
    """Head and tail in a row are the whole, sample by sample."""
    catalogue = written(ready)
    head, tail = catalogue.speak("en", Prompt("noinput_1", {}, guarded=True))
    (whole,) = catalogue.speak("en", Prompt("noinput_1"))
    paths = [ready / "sounds" / f"{piece.audio}.wav" for piece in (head, tail, whole)]
    assert duration_ms(paths[0]) == GUARD_MS
    joined = np.concatenate([read(paths[0]), read(paths[1])])
    assert np.array_equal(joined, read(paths[2]))


def test_only_what_changed_is_made_again_and_pruning_takes_the_old(ready: Path) -> None:
    """A new text is one new sound; its old sound stays until prune, and nothing else goes."""
    folder = ready / "sounds"
    before = {path.name for path in folder.glob("*/*.wav")}
    changed = written(ready, {**TEXTS, "welcome": "Welcome to Jeddah."})
    assert [item.text for item in check(changed, folder)] == ["Welcome to Jeddah."]
    assert build(changed, folder).made == 1
    assert before < {path.name for path in folder.glob("*/*.wav")}
    (folder / "en" / ".half.part").write_bytes(b"left by a killed build")
    assert build(changed, folder, prune=True).pruned == 2
    assert check(changed, folder) == []
    assert not list(folder.glob("*/.*"))
    build(written(ready), folder, prune=True)


def test_progress_counts_up_to_the_end(tmp_path: Path) -> None:
    """The callback sees every sound once."""
    seen: list[tuple[int, int, str]] = []
    catalogue = written(tmp_path, {"welcome": "Hello.", "phone_withheld": "hidden"})
    build(catalogue, tmp_path / "sounds", lambda *step: seen.append(step))
    assert [step[0] for step in seen] == list(range(1, len(catalogue.sources) + 1))
    assert {step[1] for step in seen} == {len(catalogue.sources)}
    assert {"Hello.", "hidden"} < {step[2] for step in seen}


@pytest.mark.parametrize("damage", ["empty", "cut", "stereo", "text"])
def test_a_damaged_sound_is_found_and_made_again(ready: Path, damage: str) -> None:
    """A file that cannot be played counts as missing."""
    catalogue = written(ready)
    (piece,) = catalogue.speak("en", Prompt("welcome"))
    path = ready / "sounds" / f"{piece.audio}.wav"
    whole = path.read_bytes()
    if damage == "stereo":
        tone(path, 1)
    else:
        path.write_bytes({"empty": b"", "cut": whole[:2000], "text": b"no sound" * 99}[damage])
    (missing,) = check(catalogue, ready / "sounds")
    assert missing.audio == piece.audio
    build(catalogue, ready / "sounds")
    assert path.read_bytes() == whole


def test_a_studio_recording_is_converted_and_wins(tmp_path: Path) -> None:
    """44.1 kHz stereo comes out at 8 kHz mono, in place of the voice; its guard is cut from it."""
    tone(tmp_path / "recordings/en/welcome.wav", 1.5)
    tone(tmp_path / "recordings/en/noinput_1.wav", 2.5)
    catalogue = written(tmp_path)
    build(catalogue, tmp_path / "sounds", recordings=tmp_path / "recordings")
    (piece,) = catalogue.speak("en", Prompt("welcome"))
    assert 1500 <= duration_ms(tmp_path / "sounds" / f"{piece.audio}.wav") <= 1620
    head, _ = catalogue.speak("en", Prompt("noinput_1", {}, guarded=True))
    assert duration_ms(tmp_path / "sounds" / f"{head.audio}.wav") == GUARD_MS
    assert read(tmp_path / "sounds" / f"{piece.audio}.wav").max() > 0.05


@pytest.mark.parametrize("content", [b"", b"this is no sound at all", None])
def test_a_recording_that_is_no_sound_is_refused_by_name(
    tmp_path: Path, content: bytes | None
) -> None:
    """Empty, text, or silence: the message names the file."""
    path = tmp_path / "recordings/en/welcome.wav"
    if content is None:
        path.parent.mkdir(parents=True)
        subprocess.run(["sox", "-n", "-r", "8000", str(path), "trim", "0", "2"], check=True)
    else:
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    with pytest.raises(AudioError, match=r"recordings/en/welcome\.wav"):
        build(written(tmp_path), tmp_path / "sounds", recordings=tmp_path / "recordings")


def test_an_error_message_too_short_for_its_guard_is_refused(tmp_path: Path) -> None:
    """The message says how long it must be."""
    with pytest.raises(AudioError, match="must be longer than 1000 ms"):
        build(written(tmp_path, {**TEXTS, "noinput_1": "No."}), tmp_path / "sounds")


@pytest.mark.parametrize("absent", ["espeak-ng", "sox"])
def test_an_absent_program_is_named_with_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, absent: str
) -> None:
    """A machine without the program is told how to get it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in {"espeak-ng", "sox"} - {absent}:
        found = shutil.which(program)
        assert found
        (programs / program).symlink_to(found)
    monkeypatch.setenv("PATH", os.fspath(programs))
    with pytest.raises(AudioError, match=f"{absent} is not installed: apt-get install"):
        build(written(tmp_path), tmp_path / "sounds")


def test_a_text_that_looks_like_an_option_is_spoken(tmp_path: Path) -> None:
    """The voice reads its text from standard input: no text is an option or a file name."""
    catalogue = written(tmp_path, {**TEXTS, "welcome": "--help -w x.wav"})
    build(catalogue, tmp_path / "sounds")
    (piece,) = catalogue.speak("en", Prompt("welcome"))
    assert duration_ms(tmp_path / "sounds" / f"{piece.audio}.wav") > 500
    assert not Path("x.wav").exists()
