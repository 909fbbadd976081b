"""What a test caller says: a soft babble, so that a recording of it is not silence."""

import os
import wave
from pathlib import Path

import numpy as np

RATE = 8000
# Longer than any call of a test: the sound must not end before the call does.
SECONDS = 600


def caller_voice(folder: Path) -> Path:
    """A WAV of ten minutes in `folder`, made once: syllables of a low voice at about -26 dBFS."""
    path = folder / "caller-voice.wav"
    if path.exists():
        return path
    at = np.arange(2 * RATE) / RATE
    syllables = np.clip(np.sin(2 * np.pi * 3 * at), 0, None) ** 0.5
    pitch = 120 + 20 * np.sin(2 * np.pi * 0.5 * at)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    tone = sum(np.sin(n * phase) / n for n in (1, 2, 3, 5, 8))
    two_seconds = (1600 * syllables * tone).astype("<i2")
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".caller-voice.{os.getpid()}"
    with wave.open(str(draft), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(np.tile(two_seconds, SECONDS // 2).tobytes())
    draft.replace(path)
    return path
