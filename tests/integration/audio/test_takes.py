"""A studio's take is evened where that can be, and refused with the reason where it cannot."""

import numpy as np
import pytest

from tests.fixtures.studio import RATE, bytes_of, speech
from voice.loudness import LEVEL_LUFS, loudness
from voice.script import Take
from voice.takes import judged
from voice.wav import WIDE

TAKE = Take("main", "ar", "ا" * 30, "falls", after_value=False, core=True)
"""About three seconds."""


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "MP3"])
def test_a_good_take_is_level_and_has_no_dead_air(kind: str) -> None:
    """Whatever it comes in; half a second of room at each end goes."""
    found = judged(bytes_of(speech(3.0, level=-32.0, ends_s=0.5), kind), TAKE)
    assert found.faults == ()
    assert found.samples is not None
    assert abs(loudness(found.samples, WIDE) - LEVEL_LUFS) < 1.0
    assert np.abs(found.samples).max() < 10 ** (-3 / 20)
    assert 2.8 < found.seconds < 3.2


def test_the_same_take_is_the_same_again() -> None:
    """What is imported twice changes nothing."""
    audio = bytes_of(speech(3.0))
    first, second = judged(audio, TAKE).samples, judged(audio, TAKE).samples
    assert first is not None
    assert second is not None
    assert np.array_equal(first, second)


WRONG = {
    "too long": (speech(8.0), "too long"),
    "cut short": (speech(0.6), "too short"),
    "clipped": (np.clip(speech(3.0, level=-6.0) * 4, -1, 1), "clipped"),
    "too quiet": (speech(3.0, level=-62.0, room=-100.0), "too quiet"),
    "noisy": (speech(3.0, level=-25.0, room=-40.0), "noisy"),
    "noisy, and its ends cut off": (speech(3.0, level=-25.0, room=-40.0, ends_s=0.0), "noisy"),
    "silence": (np.zeros(RATE), "nothing to hear"),
    "nothing": (np.zeros(0), "nothing to hear"),
}


@pytest.mark.parametrize(("samples", "why"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_mended_is_refused_with_the_reason(
    samples: "np.ndarray[tuple[int], np.dtype[np.float64]]", why: str
) -> None:
    """So that it is said once more, and nothing else with it."""
    found = judged(bytes_of(samples), TAKE)
    assert found.samples is None
    assert why in "; ".join(found.faults)


@pytest.mark.parametrize("audio", [b"", b"RIFF", b"<!doctype html>", bytes_of(speech(1.0))[:40]])
def test_what_is_no_sound_is_refused(audio: bytes) -> None:
    """However it is called."""
    assert judged(audio, TAKE).faults == ("is no sound that can be read",)


@pytest.mark.parametrize("room", [-60.0, -75.0, -95.0])
@pytest.mark.parametrize("ends_s", [0.0, 0.02, 0.5])
def test_a_word_said_in_a_quiet_room_is_taken_whether_its_ends_were_cut_off_or_not(
    room: float, ends_s: float
) -> None:
    """Studios send both."""
    word = Take("digit.2", "ar", "اِثْنَيْنْ", "level", after_value=True, core=True)
    found = judged(bytes_of(speech(0.5, ends_s=ends_s, room=room)), word)
    assert found.faults == ()


def test_a_loud_take_with_one_peak_at_full_scale_is_not_clipped() -> None:
    """It was normalised."""
    samples = speech(3.0)
    samples /= np.abs(samples).max()
    assert judged(bytes_of(samples), TAKE).faults == ()


def test_an_error_message_is_long_enough_for_its_guarded_beginning() -> None:
    """Keys are not heard over its first second: there must be something behind it."""
    short = Take("noinput_1", "en", "Again", "falls", after_value=False, core=True, least_s=1.1)
    assert "too short" in "".join(judged(bytes_of(speech(0.9)), short).faults)
    assert judged(bytes_of(speech(1.3)), short).faults == ()
