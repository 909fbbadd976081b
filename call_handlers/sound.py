"""Whether a file is the sound that it should be."""

import wave
from pathlib import Path


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
