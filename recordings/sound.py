"""Whether a file is the sound that it should be, and whether anybody is heard in it."""

import wave
from array import array
from pathlib import Path

SPEECH_LEVEL = 256
"""Mean amplitude of 16-bit samples above which a frame is no silence: what Asterisk takes for it
(`silencethreshold` in its dsp.conf)."""
SPEECH_FRAMES = 10
"""Frames that are no silence in which somebody is heard: a fifth of a second of 20 ms each."""
_FRAME_S = 0.02


class NotAudio(Exception):
    """The file is no WAVE sound that can be played; the message says why."""


def seconds_of(path: Path) -> float:
    """The length of a WAVE file, in seconds, after all of it was read.

    Raises NotAudio for a file that is empty, is something else, is cut off or holds no sound,
    OSError when it cannot be read.
    """
    if path.stat().st_size == 0:
        raise NotAudio("is empty")
    try:
        with wave.open(str(path), "rb") as sound:
            frames = sound.getnframes()
            size = frames * sound.getnchannels() * sound.getsampwidth()
            rate = sound.getframerate()
            whole = sum(len(part) for part in iter(lambda: sound.readframes(65_536), b""))
    except (wave.Error, EOFError):
        raise NotAudio("is not a WAVE file") from None
    if frames == 0 or rate == 0:
        raise NotAudio("holds no sound")
    if whole != size:
        raise NotAudio("is cut off")
    return frames / rate


def is_heard(folder: Path, reference: str) -> bool:
    """Whether the recording `reference` (16-bit mono WAV in `folder`) is more than silence.

    True also where that cannot be told, because the file is not there, not ours to read or no such
    sound: what a citizen may have said is never taken for nothing.
    """
    try:
        with wave.open(str(folder / f"{reference}.wav"), "rb") as sound:
            if sound.getsampwidth() != 2 or sound.getnchannels() != 1:
                return True
            size = round(sound.getframerate() * _FRAME_S)
            loud = 0
            while frame := array("h", sound.readframes(size)):
                loud += sum(map(abs, frame)) > SPEECH_LEVEL * len(frame)
                if loud >= SPEECH_FRAMES:
                    return True
    except (OSError, wave.Error, EOFError, ValueError):
        return True
    return False
