"""Sound as callers get it, made: even in loudness, without dead air, in the form of `voice.wav`."""

import os
import shutil
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from host.inherited import inherited
from voice.wav import RATE, AudioError, frames_of

PEAK = 0.7
"""The loudest sample, of full scale: -3.1 dBFS, which leaves a telephone line no reason to clip."""
LOUDNESS = 0.12
"""The level aimed at where there is speech (root mean square, of full scale: -18.4 dBFS)."""
_FULL = 32767
_QUIET = 0.008
_FRAME = RATE // 50
_ATTACK, _DECAY = RATE // 100, RATE // 50
_SECONDS = 60

Samples = NDArray[np.float64]


def run(command: list[str], stdin: bytes) -> bytes:
    """What `command` makes of `stdin`. Raises AudioError when it is not installed, or fails."""
    program = command[0]
    if shutil.which(program) is None:
        raise AudioError(f"{program} is not installed: apt-get install espeak-ng sox")
    try:
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env=inherited(os.environ),
        )
    except subprocess.TimeoutExpired as error:
        raise AudioError(f"{program} did not finish within {_SECONDS} s") from error
    if done.returncode != 0:
        told = done.stderr.decode(errors="replace").strip().splitlines()
        raise AudioError(f"{program} failed: {told[-1] if told else f'status {done.returncode}'}")
    return done.stdout


def telephone(audio: bytes, margins_ms: tuple[int, int] = (20, 70)) -> Samples:
    """Any sound that sox reads, evened, from -1 to 1. Raises AudioError, also when it is silent.

    The band below 150 Hz, which lines cut anyway and where hum lives, goes; a compressor lifts the
    quiet consonants of a voice over the noise of a bad line. What is silent at the ends is replaced
    by `margins_ms` of silence.
    """
    raw = run(
        [
            *("sox", "-D", "-t", "wav", "-", "-r", str(RATE), "-c", "1"),
            *("-b", "16", "-e", "signed-integer", "-t", "raw", "-"),
            *("highpass", "150", "compand", "0.005,0.12", "6:-70,-60,-30,-18,-12,-9,0,-6"),
        ],
        audio,
    )
    samples = np.frombuffer(raw, dtype="<i2").astype(np.float64) / _FULL
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    if loud.size == 0:
        raise AudioError("there is nothing to hear")
    first, last = max(0, loud[0] - _ATTACK), loud[-1] + _DECAY
    before, after = margins_ms
    return np.concatenate([silence(before), _evened(samples[first:last]), silence(after)])


def silence(milliseconds: int) -> Samples:
    """Nothing, for so long."""
    return np.zeros(RATE * milliseconds // 1000)


def cut(samples: Samples, milliseconds: int) -> tuple[Samples, Samples]:
    """Head of exactly `milliseconds`, and tail. Raises AudioError when there would be no tail."""
    at = RATE * milliseconds // 1000
    if len(samples) <= at:
        raise AudioError(
            f"lasts {1000 * len(samples) // RATE} ms; an error message must be longer than "
            f"{milliseconds} ms"
        )
    return samples[:at], samples[at:]


def write(path: Path, samples: Samples) -> None:
    """Write a WAV file, whole or not at all: a reader never meets half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as raw, wave.open(raw, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(np.rint(samples * _FULL).astype("<i2").tobytes())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:  # an interrupt too leaves no half of a file
        Path(name).unlink(missing_ok=True)
        raise


def read(path: Path) -> Samples:
    """The samples of a file that `write` made. Raises AudioError for any other."""
    frames = frames_of(path, read_all=True)[1]
    return np.frombuffer(frames, dtype="<i2").astype(np.float64) / _FULL


def _evened(samples: Samples) -> Samples:
    """Brought to the common loudness of speech, as far as the peaks allow."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    level = np.sqrt(np.mean(frames**2, axis=1)) if len(frames) else np.abs(samples)
    speech = level[level > 0.1 * level.max()]  # pauses within a prompt do not count
    gain = LOUDNESS / np.sqrt(np.mean(speech**2))
    return samples * float(min(gain, PEAK / np.abs(samples).max()))
