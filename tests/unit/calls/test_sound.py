"""Whether anybody is heard in a recording."""

import math
import wave
from array import array
from pathlib import Path

import pytest

from recordings.sound import is_heard


def write(folder: Path, *parts: tuple[float, int], rate: int = 8000) -> None:
    """A recording `r` of tones: seconds and amplitude of each."""
    samples = array("h")
    for seconds, amplitude in parts:
        samples.extend(
            round(amplitude * math.sin(2 * math.pi * 300 * at / rate))
            for at in range(round(seconds * rate))
        )
    with wave.open(str(folder / "r.wav"), "wb") as sound:
        sound.setparams((1, 2, rate, 0, "NONE", "not compressed"))
        sound.writeframes(samples.tobytes())


@pytest.mark.parametrize(
    ("parts", "heard"),
    [
        (((6.0, 0),), False),
        (((6.0, 200),), False),  # the hiss of a line
        (((3.0, 0), (0.1, 8000), (3.0, 0)), False),  # a click
        (((3.0, 0), (0.3, 1000), (3.0, 0)), True),  # a quiet word
        (((0.5, 8000),), True),
    ],
)
def test_a_fifth_of_a_second_above_silence_is_a_voice(
    tmp_path: Path, parts: tuple[tuple[float, int], ...], heard: bool
) -> None:
    """By Asterisk's own threshold of silence."""
    write(tmp_path, *parts)
    assert is_heard(tmp_path, "r") is heard


def test_what_cannot_be_looked_at_counts_as_spoken(tmp_path: Path) -> None:
    """A citizen's words are never taken for nothing because a file is elsewhere, or damaged."""
    assert is_heard(tmp_path, "r")
    assert is_heard(tmp_path / "nowhere", "r")
    (tmp_path / "r.wav").write_bytes(b"RIFF")
    assert is_heard(tmp_path, "r")
    (tmp_path / "r.wav").write_bytes(b"")
    assert is_heard(tmp_path, "r")
