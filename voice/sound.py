"""Sound as callers get it, made: level, without dead air, in the forms of `voice.wav`."""

import io
import os
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from scipy.signal import butter, sosfilt

from voice.loudness import gained, levelled
from voice.samples import Samples
from voice.wav import RATE, RATES, WIDE, AudioError, files_of, frames_of

MARGINS_MS = (10, 40)
"""Silence put before and behind a sound."""
SENTENCE_PAUSE_MS = 360
"""What is silent between two sentences: who hears a menu must tell one option from the next."""
BREATH_MS = 300
"""The longest silence within a sentence, whoever says it: a comma is no end."""

_FULL = 32767
_FRAME_MS = 5
_QUIET = 10 ** (-50 / 20)
"""The level (root mean square of a frame, of full scale) under which nothing is heard."""
_NOTHING = 10 ** (-70 / 20)
_ATTACK_MS, _DECAY_MS = 10, 15
_LOWEST_HZ = 120


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound in both rates."""

    narrow: Samples
    wide: Samples

    def at(self, rate: int) -> Samples:
        """Its samples at that rate: `RATE` or `WIDE`."""
        return self.narrow if rate == RATE else self.wide


def decoded(audio: bytes) -> Samples:
    """Any sound that libsndfile reads (WAV, FLAC, MP3, Opus), at `WIDE`, one channel, evened.

    The band under 120 Hz, which lines cut anyway and where hum lives, goes; silence at the ends
    goes. Raises AudioError, also when there is nothing to hear.
    """
    try:
        read, rate = soundfile.read(io.BytesIO(audio), dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
        raise AudioError(f"is no sound that can be read: {error}") from error
    if len(read) == 0:
        raise AudioError("there is nothing to hear")
    mixed = read.mean(axis=1)
    raw = soxr.resample(mixed, rate, WIDE, quality="VHQ")
    high = sosfilt(butter(2, _LOWEST_HZ, "highpass", fs=WIDE, output="sos"), raw)
    if len(high) == 0 or np.sqrt(np.max(high**2)) < _NOTHING:
        raise AudioError("there is nothing to hear")
    return _trimmed(gained(np.asarray(high), WIDE))


def in_one_breath(sentence: Samples) -> Samples:
    """One sentence as `decoded` gives it, with no silence in it that is longer than `BREATH_MS`."""
    heard = _heard(sentence)
    most = BREATH_MS // _FRAME_MS
    long = np.flatnonzero(np.diff(heard) - 1 > most)
    if long.size == 0:
        return sentence
    frame = _samples(_FRAME_MS, WIDE)
    keep = np.ones(len(sentence), dtype=bool)
    for last, following in zip(heard[long], heard[long + 1], strict=True):
        keep[(last + 1 + most // 2) * frame : (following - most // 2) * frame] = False
    return sentence[keep]


def joined(sentences: list[Samples]) -> Samples:
    """Sentences as `decoded` gives them, in a row, with a pause after each but the last."""
    pause = np.zeros(WIDE * SENTENCE_PAUSE_MS // 1000)
    parts = [part for sentence in sentences for part in (sentence, pause)]
    return np.concatenate(parts[:-1])


def fitted(samples: Samples, *, least_ms: int = 0) -> Sound:
    """What `decoded` or `joined` gave, as callers hear it: level, and not cut short at its ends.

    It lasts `least_ms` or more: what is missing is silence behind it.
    """
    before, after = (_samples(margin, WIDE) for margin in MARGINS_MS)
    after = max(after, _samples(least_ms, WIDE) - before - len(samples))
    after += (before + len(samples) + after) % (WIDE // RATE)  # both rates last equally long
    padded = np.concatenate([np.zeros(before), samples, np.zeros(after)])
    narrow = soxr.resample(padded, WIDE, RATE, quality="VHQ")
    return Sound(levelled(narrow, RATE), levelled(padded, WIDE))


def silence(milliseconds: int) -> Sound:
    """Nothing, for so long."""
    return Sound(np.zeros(_samples(milliseconds, RATE)), np.zeros(_samples(milliseconds, WIDE)))


def cut(sound: Sound, milliseconds: int) -> tuple[Sound, Sound]:
    """Head of exactly `milliseconds`, and tail. Raises AudioError when there would be no tail."""
    narrow, wide = _samples(milliseconds, RATE), _samples(milliseconds, WIDE)
    if len(sound.narrow) <= narrow:
        raise AudioError(
            f"lasts {1000 * len(sound.narrow) // RATE} ms; an error message must be longer than "
            f"{milliseconds} ms"
        )
    head = Sound(sound.narrow[:narrow], sound.wide[:wide])
    return head, Sound(sound.narrow[narrow:], sound.wide[wide:])


def write(folder: Path, audio: str, sound: Sound) -> None:
    """Write the files of a sound, each whole or not at all: a reader never meets half of one.

    The one that is looked for comes last, so that who finds it finds both.
    """
    for path in reversed(files_of(folder, audio)):
        _write(path, sound.at(RATES[path.suffix]))


def read(folder: Path, audio: str) -> Sound:
    """A sound that `write` made. Raises AudioError for any other."""
    narrow, wide = (_read(path) for path in files_of(folder, audio))
    return Sound(narrow, wide)


def _samples(milliseconds: int, rate: int) -> int:
    return rate * milliseconds // 1000


def _trimmed(samples: Samples) -> Samples:
    """Without the silence at the ends, as it is silent on a telephone line."""
    loud = _heard(samples)
    if loud.size == 0:
        raise AudioError("there is nothing to hear")
    first = max(0, _samples(loud[0] * _FRAME_MS - _ATTACK_MS, WIDE))
    return samples[first : _samples((loud[-1] + 1) * _FRAME_MS + _DECAY_MS, WIDE)]


def _heard(samples: Samples) -> np.ndarray:
    """The frames, of `_FRAME_MS` each, that are heard on a telephone line."""
    narrow = soxr.resample(samples, WIDE, RATE, quality="VHQ")
    frame = _samples(_FRAME_MS, RATE)
    frames = narrow[: len(narrow) // frame * frame].reshape(-1, frame)
    return np.flatnonzero(np.sqrt(np.mean(frames**2, axis=1)) > _QUIET)


def _write(path: Path, samples: Samples) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as raw, wave.open(raw, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATES[path.suffix])
            file.writeframes(np.rint(samples * _FULL).astype("<i2").tobytes())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:  # an interrupt too leaves no half of a file
        Path(name).unlink(missing_ok=True)
        raise


def _read(path: Path) -> Samples:
    frames = frames_of(path, read_all=True)[1]
    return np.frombuffer(frames, dtype="<i2").astype(np.float64) / _FULL
