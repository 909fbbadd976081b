"""The audio of prompts as it lies on the disk at this moment: what is put there is heard next.

A folder a language. A server asks for every piece of every turn, so what was found is remembered
for as long as the language's folder has not changed (its mtime, which adding, replacing and
removing a file all change). Files are named by their content: the same name is the same sound.
"""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

WAV_BYTES_A_SECOND = 16_000
"""Of prompts: 8 kHz, 16 bit, mono."""
_SUFFIX = ".wav"
_UNSETTLED_NS = 2_000_000_000
"""A file system may give changes of up to two seconds (its clock's tick) the same mtime."""


class SoundFolder:
    """The sounds below `folder`, by stem: `ar/0123456789ab`. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        self._path = str(folder)
        self._found: dict[str, tuple[int, Mapping[str, float]]] = {}
        self._asked: set[str] = set()

    def seconds(self, stem: str) -> float | None:
        """How long that sound is, None when it is not there."""
        language, _, name = stem.partition("/")
        return self._sounds(language).get(name)

    def now(self) -> Callable[[str], float | None]:
        """What tells of sounds as `seconds` does, as they are when a language is first asked for.

        For somebody who asks for many at once.
        """
        seen: dict[str, Mapping[str, float]] = {}

        def seconds(stem: str) -> float | None:
            language, _, name = stem.partition("/")
            sounds = seen.get(language)
            if sounds is None:
                sounds = seen[language] = self._sounds(language)
            return sounds.get(name)

        return seconds

    def has(self, stem: str) -> bool:
        """Whether that sound is there."""
        return self.seconds(stem) is not None

    def state(self) -> tuple[int, ...]:
        """Differs from an earlier one when a language that was asked for may have changed since."""
        now = time.time_ns()
        moments = (_changed(self._of(language)) for language in sorted(self._asked))
        return tuple(at if _settled(at, now) else now for at in moments)

    def _of(self, language: str) -> str:
        return f"{self._path}/{language}"

    def _sounds(self, language: str) -> Mapping[str, float]:
        folder = self._of(language)
        self._asked.add(language)
        changed = _changed(folder)
        known = self._found.get(language)
        if known is not None and known[0] == changed:
            return known[1]
        found = _scanned(folder)
        if _settled(changed, time.time_ns()):
            self._found[language] = changed, found
        return found


def _changed(folder: str) -> int:
    """When it changed last, in ns since the epoch; 0 where there is none."""
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116 - once a turn, and several times as quick
    except OSError:
        return 0


def _settled(changed: int, now: int) -> bool:
    return abs(now - changed) > _UNSETTLED_NS


def _scanned(folder: str) -> Mapping[str, float]:
    try:
        with os.scandir(folder) as entries:
            return {
                entry.name.removesuffix(_SUFFIX): entry.stat().st_size / WAV_BYTES_A_SECOND
                for entry in entries
                if entry.name.endswith(_SUFFIX) and entry.is_file()
            }
    except OSError:
        return {}
