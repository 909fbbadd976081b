"""A studio's take as it was sent: whether it is fit to be heard, and why not.

What can be mended is (level, ends, rate); what cannot is told, so that it is said once more: too
long or cut short, clipped, too quiet, noisy, no sound at all.
"""

import io
from dataclasses import dataclass

import numpy as np
import soundfile

from voice.samples import Samples
from voice.script import Take
from voice.sound import decoded, fitted
from voice.wav import WIDE, AudioError

QUIETEST_DBFS = -45.0
"""Speech that is fainter was recorded by mistake: what lifts it lifts the hiss with it."""
LEAST_SNR_DB = 22.0
"""So much louder than the room speech has to be: an ordinary quiet room gives 30."""
_NOTHING = 10 ** (-80 / 20)
_FULL_SCALE = 0.985
_RUN, _RUNS = 3, 2
_FRAME_S = 0.02
_ENDS_S = 0.2
_STEADY_DB = 3.0
_LONG_S = 2.0
_SHORTEST = 0.35


@dataclass(frozen=True, slots=True)
class Judged:
    """A take as callers may hear it (`WIDE`, level, ends cut), or what is wrong with it."""

    samples: Samples | None
    faults: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """How long it is; 0 for what is not taken."""
        return 0.0 if self.samples is None else len(self.samples) / WIDE


def judged(audio: bytes, take: Take) -> Judged:
    """What is to be said of the bytes of a sound file as this take. Never raises for the bytes."""
    try:
        read, rate = soundfile.read(io.BytesIO(audio), dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, ValueError):
        return Judged(None, ("is no sound that can be read",))
    if len(read) == 0 or np.abs(read).max() < _NOTHING:
        return Judged(None, ("there is nothing to hear",))
    faults = _signal(read, rate)
    try:
        ready = fitted(decoded(audio)).wide
    except AudioError as error:
        return Judged(None, tuple(faults) or (str(error).splitlines()[0],))
    faults += _length(len(ready) / WIDE, take)
    return Judged(None, tuple(faults)) if faults else Judged(ready, ())


def _length(seconds: float, take: Take) -> list[str]:
    if seconds > take.longest_s:
        return [f"too long: {seconds:.1f} s, and {take.longest_s:.1f} at most"]
    if seconds < max(_SHORTEST * take.seconds, take.least_s):
        needed = f"about {max(take.seconds, take.least_s):.1f}"
        return [f"too short: {seconds:.1f} s, where {needed} are needed"]
    return []


def _signal(channels: Samples, rate: int) -> list[str]:
    """What is wrong with the signal itself, channels as they came."""
    faults = []
    if any(_is_clipped(channel) for channel in channels.T):
        faults.append("clipped: it is cut off at full scale; record it at a lower level")
    mono = channels.mean(axis=1)
    levels = _levels(mono, rate)
    speech = float(np.percentile(levels, 90))
    if speech < QUIETEST_DBFS:
        faults.append(f"too quiet: speech at {speech:.0f} dBFS, where -30 to -12 is usual")
    snr = speech - _room(levels)
    if snr < LEAST_SNR_DB:
        faults.append(f"noisy: speech is {snr:.0f} dB over the room, and {LEAST_SNR_DB:.0f} needed")
    return faults


def _is_clipped(samples: Samples) -> bool:
    """Several runs of samples at full scale; a single peak there is none."""
    at_full = np.abs(samples) >= _FULL_SCALE
    edges = np.diff(np.concatenate([[0], at_full.astype(np.int8), [0]]))
    lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    return int(np.count_nonzero(lengths >= _RUN)) >= _RUNS


def _levels(mono: Samples, rate: int) -> Samples:
    """The level of each 20 ms, in dBFS."""
    frame = max(1, int(rate * _FRAME_S))
    padded = mono if len(mono) >= frame else np.pad(mono, (0, frame - len(mono)))
    frames = padded[: len(padded) // frame * frame].reshape(-1, frame)
    return np.asarray(20 * np.log10(np.sqrt(np.mean(frames**2, axis=1)) + 1e-9))


def _room(levels: Samples) -> float:
    """The level of the room (dBFS): at the ends, where they are steady, else in the pauses.

    A short take whose ends were cut off tells nothing of its room: it is taken for silent.
    """
    span = round(_ENDS_S / _FRAME_S)
    ends = [part for part in (levels[:span], levels[-span:]) if len(part) == span]
    steady = [float(part.mean()) for part in ends if part.std() < _STEADY_DB]
    if steady:
        return min(steady)
    if len(levels) * _FRAME_S < _LONG_S:
        return -200.0
    quiet = np.sort(levels)[: max(5, len(levels) // 10)]
    return float(quiet.mean())
