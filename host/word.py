"""What a process says of itself, for whoever asks on this machine: `hotline reload`.

A file under the state folder, held for as long as its process lives (`held.py`). Each word replaces
the one before in the same file, with a sum over it: who reads while it is written reads again.
"""

import json
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from host.held import held_files, hold, is_held, role_of

log = structlog.get_logger()

_TRIES = 50


class Word:
    """The word of this process, of `role`. Never raises."""

    def __init__(self, role: str, state_dir: Path) -> None:
        self._file: int | None = None
        try:
            self._file = hold(_folder(state_dir), role)
        except OSError as error:  # nobody can ask; no caller is the worse for it
            log.warning("word_not_kept", error=type(error).__name__)

    def say(self, **what: object) -> None:
        """Say this from now on."""
        if self._file is None:
            return
        text = json.dumps(what).encode()
        try:
            os.pwrite(self._file, b"%d %d %s" % (len(text), zlib.crc32(text), text), 0)
        except OSError as error:
            log.warning("word_not_kept", error=type(error).__name__)

    def close(self) -> None:
        """Say nothing more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


@dataclass(frozen=True, slots=True)
class Said:
    """What the process `pid` of `role` says. `here`: it can be signalled by that number."""

    role: str
    pid: int
    here: bool
    what: Mapping[str, Any]


def words(state_dir: Path) -> Iterator[Said]:
    """What the processes say that live and have this state folder."""
    for path in held_files(_folder(state_dir)):
        process = role_of(path)
        what = _read(path) if process is not None and is_held(path) else None
        if process is not None and what is not None:
            yield Said(*process, what)


def _read(path: Path) -> Mapping[str, Any] | None:
    """What stands there; None where nothing was said yet, or its process has gone."""
    for _ in range(_TRIES):
        try:
            size, total, text = path.read_bytes().split(b" ", 2)
            text = text[: int(size)]
            if zlib.crc32(text) == int(total):
                found: Mapping[str, Any] = json.loads(text)
                return found
        except (ValueError, OSError):
            continue
    return None


def _folder(state_dir: Path) -> Path:
    return state_dir / "words"
