"""A local journal for facts that the database cannot take now: one fsynced JSON line each.

Replaying a line twice does no harm, because what it leads to is keyed by the call. A line holds
what the database would hold, so the file is readable by its owner only.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger()


class Journal:
    """The journal file at `path`. Safe between threads and processes (an advisory lock)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, entries: Iterable[dict[str, Any]]) -> None:
        """Write entries and wait until they are on disk. Raises OSError when the disk refuses."""
        self._append(self._path, entries)

    def set_aside(self, entries: Iterable[dict[str, Any]]) -> None:
        """Keep entries that can never be applied, for a person to look at. Raises OSError."""
        self._append(self._path.with_suffix(".refused"), entries)

    def _append(self, path: Path, entries: Iterable[dict[str, Any]]) -> None:
        lines = "".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with open(descriptor, "r+b", buffering=0) as file:  # noqa: PTH123 - made with its mode
            fcntl.flock(file.fileno(), fcntl.LOCK_EX)
            end = file.seek(0, os.SEEK_END)
            whole = end == 0 or os.pread(file.fileno(), 1, end - 1) == b"\n"
            left = lines.encode("utf-8") if whole else b"\n" + lines.encode("utf-8")
            while left:  # a disk that fills up takes a part first, and raises then
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)

    def replay(self, apply: Callable[[list[dict[str, Any]]], None]) -> int:
        """Hand all entries to `apply`, then empty the journal; the number of entries.

        When `apply` raises, nothing is removed and its exception goes on to the caller. A line cut
        short by a power failure is passed over and told.
        """
        if not self._path.exists() or self._path.stat().st_size == 0:
            return 0
        with self._path.open("r+b") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX)
            entries = []
            for line in file.read().splitlines():
                try:
                    entries.append(json.loads(line))
                except ValueError:
                    log.error("journal_line_unreadable", length=len(line))
            if entries:
                apply(entries)
            file.seek(0)
            file.truncate()
            os.fsync(file.fileno())
        return len(entries)
