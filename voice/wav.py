"""The files that callers are played: 8 kHz, one channel, 16 bit, as they lie on the disk.

8 kHz is all that a telephone line carries (G.711); 16-bit PCM in WAV is what every Asterisk plays
without a codec module.
"""

import wave
from pathlib import Path

RATE = 8000


class AudioError(Exception):
    """Sound could not be made or read; the message says what to mend."""


def duration_ms(path: Path) -> int:
    """How long a sound lasts. Raises AudioError when it is no sound that callers can be played."""
    return 1000 * frames_of(path, read_all=False)[0] // RATE


def frames_of(path: Path, *, read_all: bool) -> tuple[int, bytes]:
    """How many samples a file has, and all of them. Raises AudioError for another form."""
    try:
        with wave.open(str(path), "rb") as file:
            form = (file.getframerate(), file.getnchannels(), file.getsampwidth())
            count = file.getnframes()
            frames = file.readframes(count) if read_all else b""
    except (OSError, EOFError, wave.Error) as error:
        raise AudioError(f"{path}: cannot be read: {error}") from error
    if form != (RATE, 1, 2) or count == 0:
        raise AudioError(f"{path}: must be 8 kHz, one channel, 16 bit, and not empty")
    if 44 + 2 * count > path.stat().st_size:
        raise AudioError(f"{path}: is cut off")
    return count, frames
