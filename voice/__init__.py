"""Prompts as sound: the synthetic voice, studio recordings, and the WAV files that callers hear.

What lives here: espeak-ng and sox, and the files they make. What may not: which prompt is said
when.
"""

from voice.build import BuildReport, Missing, build, check
from voice.sound import AudioError, duration_ms

__all__ = [
    "AudioError",
    "BuildReport",
    "Missing",
    "build",
    "check",
    "duration_ms",
]
