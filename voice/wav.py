"""The files that callers are played, as they lie on the disk: one channel, 16 bit, in two rates.

8 kHz is all that a telephone line carries (G.711); 16-bit PCM in WAV is what every Asterisk plays
without a codec module. Beside each lies the same sound at 16 kHz, for whoever carries more: Twilio,
and wideband telephones. Its ending is the one by which Asterisk knows that form (format_wav).
"""

import wave
from pathlib import Path

RATE = 8000
WIDE = 16000
RATES = {".wav": RATE, ".wav16": WIDE}
"""Ending → samples a second of the files that make up one sound."""


class AudioError(Exception):
    """Sound could not be made or read; the message says what to mend."""


def files_of(folder: Path, audio: str) -> list[Path]:
    """The files of the sound of that stem (`ar/0123456789ab`), whether they are there or not."""
    return [folder / f"{audio}{suffix}" for suffix in RATES]


def duration_ms(path: Path) -> int:
    """How long a sound lasts. Raises AudioError when it is no sound that callers can be played."""
    return 1000 * frames_of(path, read_all=False)[0] // RATES[path.suffix]


def frames_of(path: Path, *, read_all: bool) -> tuple[int, bytes]:
    """How many samples a file has, and all of them. Raises AudioError for another form."""
    rate = RATES[path.suffix]
    try:
        with wave.open(str(path), "rb") as file:
            form = (file.getframerate(), file.getnchannels(), file.getsampwidth())
            count = file.getnframes()
            frames = file.readframes(count) if read_all else b""
    except (OSError, EOFError, wave.Error) as error:
        raise AudioError(f"{path}: cannot be read: {error}") from error
    if form != (rate, 1, 2) or count == 0:
        raise AudioError(f"{path}: must be {rate // 1000} kHz, one channel, 16 bit, and not empty")
    if 44 + 2 * count > path.stat().st_size:
        raise AudioError(f"{path}: is cut off")
    return count, frames
