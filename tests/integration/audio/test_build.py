"""The sounds folder on real espeak-ng and sox."""

import os
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.prompts import Catalogue, load_catalogue
from ivr.turn import GUARD_MS, Prompt
from tests.fixtures.languages import FEWER_WORDS
from voice.build import build
from voice.ready import check
from voice.sound import read
from voice.studio import recording_hashes
from voice.wav import RATES, AudioError, duration_ms, files_of

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
    return load_catalogue({"en": path}, FEWER_WORDS, recording_hashes(folder / "recordings"))


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


def test_every_sound_is_there_in_both_rates_and_lasts_equally_long(ready: Path) -> None:
    """One channel, 16 bit: 8 kHz for the telephone, 16 kHz beside it for who carries more."""
    for audio in written(ready).sources:
        lasting = []
        for path in files_of(ready / "sounds", audio):
            with wave.open(str(path)) as file:
                assert file.getparams()[:3] == (1, 2, RATES[path.suffix])
            lasting.append(duration_ms(path))
        assert lasting[0] == lasting[1]


def test_the_guarded_head_is_exactly_as_long_as_the_guard(ready: Path) -> None:
    """Head and tail in a row are the whole, sample by sample."""
    catalogue = written(ready)
    head, tail = catalogue.speak("en", Prompt("noinput_1", {}, guarded=True))
    (whole,) = catalogue.speak("en", Prompt("noinput_1"))
    assert duration_ms(ready / "sounds" / f"{head.audio}.wav") == GUARD_MS
    first, second, all_of_it = (read(ready / "sounds", p.audio) for p in (head, tail, whole))
    for rate in RATES.values():
        joined = np.concatenate([first.at(rate), second.at(rate)])
        assert np.array_equal(joined, all_of_it.at(rate))


def test_only_what_changed_is_made_again_and_pruning_takes_the_old(ready: Path) -> None:
    """A new text is one new sound; its old sound stays until prune, and nothing else goes."""
    folder = ready / "sounds"
    before = {path.name for path in folder.glob("*/*.wav*")}
    changed = written(ready, {**TEXTS, "welcome": "Welcome to Jeddah."})
    assert [item.text for item in check(changed, folder)] == ["Welcome to Jeddah."]
    assert build(changed, folder).made == 1
    assert before < {path.name for path in folder.glob("*/*.wav*")}
    (folder / "en" / ".half.part").write_bytes(b"left by a killed build")
    assert build(changed, folder, prune=True).pruned == 2
    assert check(changed, folder) == []
    assert not list(folder.glob("*/.*"))
    assert len(list(folder.glob("*/*.wav16"))) == len(list(folder.glob("*/*.wav")))
    build(written(ready), folder, prune=True)


def test_progress_counts_up_to_the_end(tmp_path: Path) -> None:
    """The callback sees every sound once."""
    seen: list[tuple[int, int, str]] = []
    catalogue = written(tmp_path, {"welcome": "Hello.", "phone_withheld": "hidden"})
    build(catalogue, tmp_path / "sounds", lambda *step: seen.append(step))
    assert [step[0] for step in seen] == list(range(1, len(catalogue.sources) + 1))
    assert {step[1] for step in seen} == {len(catalogue.sources)}
    assert {"Hello.", "hidden"} < {step[2] for step in seen}


@pytest.mark.parametrize("suffix", RATES)
@pytest.mark.parametrize("damage", ["absent", "empty", "cut", "stereo", "text"])
def test_a_damaged_sound_is_found_and_made_again(ready: Path, damage: str, suffix: str) -> None:
    """A file that cannot be played counts as missing, in either rate."""
    catalogue = written(ready)
    (piece,) = catalogue.speak("en", Prompt("welcome"))
    path = ready / "sounds" / f"{piece.audio}{suffix}"
    whole = path.read_bytes()
    if damage == "absent":
        path.unlink()
    elif damage == "stereo":
        tone(path.with_name("stereo.wav"), 1)
        path.with_name("stereo.wav").rename(path)
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
    assert read(tmp_path / "sounds", piece.audio).wide.max() > 0.05


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
    report = build(written(tmp_path), tmp_path / "sounds", recordings=tmp_path / "recordings")
    (failure,) = report.failures
    assert "recordings/en/welcome.wav" in failure.why


def test_an_error_message_too_short_for_its_guard_is_refused(tmp_path: Path) -> None:
    """The message says how long it must be."""
    report = build(written(tmp_path, {**TEXTS, "noinput_1": "No."}), tmp_path / "sounds")
    (failure,) = report.failures
    assert "must be longer than 1000 ms" in failure.why


def test_an_absent_voice_is_named_with_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without espeak-ng is told how to get it, for each text; pauses need no voice."""
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    catalogue = written(tmp_path)
    report = build(catalogue, tmp_path / "sounds")
    texts = {s.text for s in catalogue.sources.values() if s.text.strip(",.")}
    assert {failure.text for failure in report.failures} == texts
    assert {failure.why for failure in report.failures} == {
        "espeak-ng is not installed: apt-get install espeak-ng"
    }
    assert report.made == len(catalogue.sources) - sum(len(f.sounds) for f in report.failures) > 0
    with pytest.raises(AudioError, match="apt-get install"):
        report.whole()


def test_a_text_that_looks_like_an_option_is_spoken(tmp_path: Path) -> None:
    """The voice reads its text from standard input: no text is an option or a file name."""
    catalogue = written(tmp_path, {**TEXTS, "welcome": "--help -w x.wav"})
    build(catalogue, tmp_path / "sounds")
    (piece,) = catalogue.speak("en", Prompt("welcome"))
    assert duration_ms(tmp_path / "sounds" / f"{piece.audio}.wav") > 500
    assert not Path("x.wav").exists()
