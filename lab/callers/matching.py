"""Is this prompt in that sound? Normalised cross-correlation, in short slices.

A prompt is cut into slices of an eighth of a second, each beginning half a slice after the one
before. A slice is looked for near where the last one was found, so a dropped or repeated packet of
20 ms moves what follows and loses one or two cells (halves of slices). Slices that are quiet in the
prompt say nothing and are left out.

The thresholds were chosen on the 17 prompts of tests/fixtures/asterisk.py (espeak-ng, Arabic and
English, ten of them digits) through G.711 A-law, 370 slices:

    right, volume 100 % and 30 %    anchors and slices 0.998 or more
    right, volume 10 %              first anchor 0.999, second 0.984, slices 0.985 or more
    right, volume 3 %               first anchor 0.997, second 0.667; 4 slices under 0.85
    wrong prompt, first anchor      0.75 at most, where the two do not begin with the same words
    wrong prompt, second anchor     0.81 at most, where the two share no word
    wrong prompt, slices            95 % under 0.59, 99 % under 0.79, 0.5 % at 0.85 or more
                                    (pairs that begin with the same words left out)

So one wrong slice may pass, a whole word may not; the second anchor of a digit has the least room.
Other voices were not measured.
"""

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 8000
SLICE = RATE // 8
CELL = SLICE // 2
ANCHOR_ALIKE = 0.85
SLICE_ALIKE = 0.85
# A prompt is taken to have begun when this much of its voice was recognised in one piece.
ANCHOR = RATE * 2 // 5
# How far a slice may have moved against the one before it: three packets of 20 ms, and a little.
REACH = RATE * 70 // 1000
# Slices of the prompt more than 25 dB under its loudest are pauses.
QUIET = 10 ** (-25 / 20)
# Sound under this (of 32768) is silence, whatever its shape.
FLOOR = 12.0


@dataclass(frozen=True)
class Piece:
    """A prompt's sound, prepared for being looked for."""

    path: Path
    samples: Samples
    anchors: tuple[tuple[int, Samples], ...]
    slices: tuple[int, ...]
    cells: frozenset[int]

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / RATE


def read_wav(path: Path) -> Samples:
    """Samples of an 8 kHz mono 16-bit WAV. Raises ValueError when it is another kind."""
    with wave.open(str(path)) as sound:
        kind = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth())
        if kind != (RATE, 1, 2):
            raise ValueError(f"{path}: {kind}, not 8000 Hz mono 16 bit")
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.float32)


def prepare(path: Path) -> Piece:
    """Read a prompt and find what in it can be recognised. Raises ValueError when it is silent."""
    samples = read_wav(path)
    loudest = max(
        (_rms(samples[at : at + SLICE]) for at in range(0, len(samples), SLICE)), default=0
    )
    if loudest < FLOOR:
        raise ValueError(f"{path}: silence cannot be recognised")
    first = _first_voice(samples, loudest)
    slices = tuple(
        at
        for at in range(first, max(first + 1, len(samples) - CELL), CELL)
        if _rms(samples[at : at + SLICE]) >= loudest * QUIET
    )
    cells = frozenset(
        at
        for at in range(first, len(samples) - CELL // 2, CELL)
        if _rms(samples[at : at + CELL]) >= loudest * QUIET
    )
    anchors = tuple(
        (at, samples[at : at + length]) for at, length in _anchors(first, max(cells) + CELL)
    )
    return Piece(path, samples, anchors, slices, cells)


def _anchors(first: int, last: int) -> list[tuple[int, int]]:
    """Where a prompt is looked for: its first voice, and more, should a packet be lost in that.

    The second is what follows, in a short prompt its second half.
    """
    if last - first >= 2 * ANCHOR:
        return [(first, ANCHOR), (first + ANCHOR, ANCHOR)]
    half = (last - first) // 2
    return [(first, ANCHOR), (first + half, max(half, ANCHOR // 2))]


def similarity(template: Samples, region: Samples) -> Samples:
    """How alike (-1 to 1) the template is to the region at every place it fits."""
    places = len(region) - len(template) + 1
    if places <= 0:
        return np.zeros(0, np.float32)
    if places * len(template) < 2_000_000:
        products = np.correlate(region, template, "valid")
    else:
        size = 1 << (len(region) + len(template) - 1).bit_length()
        spectrum = np.fft.rfft(region, size) * np.conj(np.fft.rfft(template, size))
        products = np.fft.irfft(spectrum, size)[:places].astype(np.float32)
    squares = np.concatenate(([0.0], np.cumsum(np.square(region, dtype=np.float64))))
    power = np.maximum(squares[len(template) :] - squares[: -len(template)], 0)
    power = np.maximum(power, len(template) * FLOOR**2)
    own = float(np.sqrt(np.sum(np.square(template, dtype=np.float64)))) or 1.0
    return np.asarray(products / (own * np.sqrt(power)), np.float32)


def peaks(scores: Samples, threshold: float, apart: int) -> list[int]:
    """Places where the score is at least `threshold` and highest within `apart` samples."""
    found: list[int] = []
    for place in np.flatnonzero(scores >= threshold):
        if found and place - found[-1] < apart:
            if scores[place] > scores[found[-1]]:
                found[-1] = int(place)
        else:
            found.append(int(place))
    return found


def _rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples)))) if len(samples) else 0.0


def _first_voice(samples: Samples, loudest: float) -> int:
    step = RATE // 100
    for at in range(0, len(samples), step):
        if _rms(samples[at : at + step]) >= loudest * 0.1:
            return at
    return 0
