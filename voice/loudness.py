"""How loud a sound is, and bringing it to the common level: EBU R 128 by pyloudnorm.

The meter of ITU-R BS.1770 averages over blocks of 400 ms. A sound that is shorter (a word of the
vocabulary) is measured as if it were said again and again: silence put behind it would count.
"""

import math
import warnings

import numpy as np
import pyloudnorm
import soxr
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from voice.samples import Samples

LEVEL_LUFS = -19.0
"""What every sound is brought to."""
PEAK = 10 ** (-3.3 / 20)
"""The highest peak, also between samples, of full scale: under -3 dBFS with room for rounding."""
_BLOCK_S = 0.4
_NEAR_LU = 0.3
_ROUNDS = 12
_FINER = 4
"""How many times finer peaks are looked for than the samples lie (BS.1770, annex 2)."""
_REACH_S = 0.004
"""How long before and behind a peak the limiter turns down, and up again."""


def loudness(samples: Samples, rate: int) -> float:
    """Integrated loudness in LUFS; -inf for silence."""
    block = int(_BLOCK_S * rate) + 1
    if len(samples) < block:
        samples = np.tile(samples, -(-block // len(samples)))
    with warnings.catch_warnings():  # of silence: the logarithm of nothing, which is what is meant
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(pyloudnorm.Meter(rate).integrated_loudness(samples))


def peak(samples: Samples, rate: int) -> float:
    """The highest true peak, of full scale."""
    return float(_peaks(samples, rate).max())


def gained(samples: Samples, rate: int) -> Samples:
    """Brought to `LEVEL_LUFS`, however high its peaks are then; silence stays."""
    wanted = LEVEL_LUFS - loudness(samples, rate)
    return samples * 10 ** (wanted / 20) if np.isfinite(wanted) else samples


def levelled(samples: Samples, rate: int) -> Samples:
    """Brought to `LEVEL_LUFS`; where that would lift a peak over `PEAK`, the peak is held there.

    What holding peaks takes from the loudness is given back, and peaks are held again; until that
    brings it no nearer, as where a block of the meter that is half silent begins to count: giving
    back what that one takes would only lift the hiss of consonants.
    """
    best, off = samples, math.inf
    for _ in range(_ROUNDS):
        louder = gained(best, rate)
        held = _limited(louder, rate)
        before, off = off, abs(loudness(held, rate) - LEVEL_LUFS)
        if off >= before:
            break
        best = held
        if held is louder or off < _NEAR_LU:
            break
    return best


def _peaks(samples: Samples, rate: int) -> Samples:
    """For each sample, the highest that the line between it and the next one reaches."""
    finer = np.abs(soxr.resample(samples, rate, _FINER * rate))
    whole = np.zeros(_FINER * len(samples))
    count = min(len(finer), len(whole))
    whole[:count] = finer[:count]
    peaks: Samples = np.maximum(whole.reshape(-1, _FINER).max(axis=1), np.abs(samples))
    return peaks


def _limited(samples: Samples, rate: int) -> Samples:
    """Turned down smoothly around each peak over `PEAK`, and nowhere else."""
    peaks = _peaks(samples, rate)
    if peaks.max() <= PEAK:
        return samples
    needed = np.minimum(1.0, PEAK / np.maximum(peaks, PEAK))
    width = 2 * int(_REACH_S * rate) + 1
    held = minimum_filter1d(needed, width, mode="nearest")
    return np.asarray(samples * uniform_filter1d(held, width, mode="nearest"))
