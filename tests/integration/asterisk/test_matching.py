"""Recognising prompts in sound made here: what counts as whole, without an Asterisk."""

import itertools
import wave
from pathlib import Path

import numpy as np
import pytest

from lab.callers.listening import Listener, PieceHeard
from lab.callers.matching import RATE, Samples, prepare, read_wav
from tests.fixtures.asterisk import SENTENCES


def write(path: Path, samples: Samples) -> Path:
    """A WAV as a telephone would keep it: through G.711 A-law's 13-segment steps."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(through_a_law(samples).astype("<i2").tobytes())
    return path


def through_a_law(samples: Samples) -> Samples:
    """G.711 A-law's loss (ITU-T G.711, table 1): 16 equal steps in each of 8 segments."""
    size = np.minimum(np.abs(samples) / 8, 4095)
    segment = np.maximum(np.floor(np.log2(np.maximum(size, 1))), 5)
    step = 2 ** (segment - 4)
    kept = (np.floor(size / step) + 0.5) * step * 8
    return np.asarray(np.sign(samples) * kept, np.float32)


def heard_in(folder: Path, sound: Samples, *expected: Path) -> list[PieceHeard]:
    """What is found of these prompts when the sound is all there."""
    path = write(folder / "heard.wav", sound)
    listener = Listener(lambda: path)
    try:
        return listener.expect(expected).report()
    finally:
        listener.close()


def between(*parts: Samples) -> Samples:
    """These sounds, with half a second of silence before, between and after."""
    silence = np.zeros(RATE // 2, np.float32)
    return np.concatenate([silence, *itertools.chain(*((part, silence) for part in parts))])


def voiced(path: Path) -> Samples:
    """A prompt without the silence it ends with."""
    samples = read_wav(path)
    loud = np.flatnonzero(np.abs(samples) > np.abs(samples).max() / 20)
    return samples[: loud[-1] + 1]


@pytest.mark.parametrize("volume", [1.0, 0.3, 0.1])
@pytest.mark.parametrize("name", SENTENCES)
def test_a_prompt_is_recognised_at_any_volume(
    sentences: Path, tmp_path: Path, name: str, volume: float
) -> None:
    """Also twenty decibels down."""
    path = sentences / f"{name}.wav"
    (found,) = heard_in(tmp_path, between(read_wav(path) * volume), path)
    assert found.state == "whole"
    assert found.begun_at == pytest.approx(0.5, abs=0.01)
    assert found.score > 0.95


def test_no_prompt_is_taken_for_another(sentences: Path, tmp_path: Path) -> None:
    """Every pair of the same or of another voice."""
    paths = [sentences / f"{name}.wav" for name in SENTENCES]
    for said, expected in itertools.permutations(paths, 2):
        (found,) = heard_in(tmp_path, between(read_wav(said)), expected)
        assert found.state != "whole", (said.stem, expected.stem)


@pytest.mark.parametrize("name", SENTENCES)
def test_a_prompt_cut_at_sixty_percent_is_not_whole(
    sentences: Path, tmp_path: Path, name: str
) -> None:
    """Of what is voice in it, digits too."""
    path = sentences / f"{name}.wav"
    voice = voiced(path)
    (found,) = heard_in(tmp_path, between(voice[: len(voice) * 6 // 10]), path)
    assert not found.whole


@pytest.mark.parametrize("slip", [-320, -160, 160, 320])
@pytest.mark.parametrize("name", ["en_welcome", "ar_hole", "en_7"])
def test_a_slip_of_the_jitter_buffer_does_not_matter(
    sentences: Path, tmp_path: Path, name: str, slip: int
) -> None:
    """One or two packets dropped, or repeated, in the middle."""
    path = sentences / f"{name}.wav"
    samples = read_wav(path)
    middle = len(voiced(path)) // 2
    slipped = np.concatenate((samples[:middle], samples[middle - slip :]))
    (found,) = heard_in(tmp_path, between(slipped), path)
    assert found.whole


def test_a_word_replaced_in_the_middle_is_noticed(sentences: Path, tmp_path: Path) -> None:
    """A third of a second of something else."""
    path = sentences / "en_confirm.wav"
    samples = read_wav(path).copy()
    word = read_wav(sentences / "en_5.wav")[800:3600]
    samples[16000 : 16000 + len(word)] = word
    (found,) = heard_in(tmp_path, between(samples), path)
    assert found.state == "cut"
    assert found.ratio > 0.8


def test_equal_digits_are_counted(sentences: Path, tmp_path: Path) -> None:
    """Three fives are three places, and a fourth is missing."""
    five = sentences / "en_5.wav"
    sound = between(*[read_wav(five)] * 3)
    found = heard_in(tmp_path, sound, five, five, five, five)
    assert [piece.state for piece in found] == ["whole", "whole", "whole", "missing"]


def test_silence_and_noise_are_no_prompt(sentences: Path, tmp_path: Path) -> None:
    """Nothing is recognised in either."""
    noise = np.random.default_rng(940).normal(0, 2000, RATE * 5).astype(np.float32)
    path = sentences / "en_welcome.wav"
    for sound in (noise, np.zeros(RATE * 5, np.float32)):
        (found,) = heard_in(tmp_path, sound, path)
        assert found.state == "missing"


def test_a_silent_prompt_is_refused(tmp_path: Path) -> None:
    """It could never be proved to have been heard."""
    with pytest.raises(ValueError, match="silence"):
        prepare(write(tmp_path / "silent.wav", np.zeros(RATE, np.float32)))


def test_a_sound_is_followed_while_it_grows(
    sentences: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A header whose lengths are still zero, and half a sample at the end of a write."""
    path = sentences / "en_welcome.wav"
    samples = between(read_wav(path)).astype("<i2").tobytes()
    header = path.read_bytes()[:40] + bytes(4)
    growing = tmp_path / "growing.wav"
    listener = Listener(lambda: growing if growing.exists() else None)
    request.addfinalizer(listener.close)
    expectation = listener.expect([path])
    assert expectation.report()[0].state == "missing"
    with growing.open("wb", buffering=0) as file:
        file.write(header + samples[: RATE * 2 + 1])
        assert expectation.report()[0].state == "cut"
        file.write(samples[RATE * 2 + 1 :])
        assert [piece.state for piece in expectation.wait_whole(1)] == ["whole"]
    assert listener.seconds == pytest.approx(len(samples) / 2 / RATE)
