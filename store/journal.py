"""A local journal for facts that the database cannot take now: one fsynced JSON line each.

Replaying a line twice does no harm, because what it leads to is keyed by the call. A line holds
what the database would hold, so the file is readable by its owner only.
"""

import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

import structlog

log = structlog.get_logger()


class Journal:
    """The journal file at `path`. Safe between threads and processes (an advisory lock).

    `make_room` is called when the disk is full; True says that there is room now.
    """

    def __init__(self, path: Path, make_room: Callable[[], bool] = lambda: False) -> None:
        self._path = path
        self._make_room = make_room

    def append(self, entries: Iterable[dict[str, Any]]) -> None:
        """Write entries and wait until they are on disk. Raises OSError when the disk refuses."""
        self._append(self._path, entries)

    def set_aside(self, entries: Iterable[dict[str, Any]]) -> None:
        """Keep entries that can never be applied, for a person to look at. Raises OSError."""
        self._append(self._path.with_suffix(".refused"), entries)

    def _append(self, path: Path, entries: Iterable[dict[str, Any]]) -> None:
        lines = "".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries)
        try:
            self._put(path, lines)
        except OSError as error:
            # What a part of it wrote is a line cut short: it is passed over when it is replayed.
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not self._make_room():
                raise
            self._put(path, lines)

    @staticmethod
    def _put(path: Path, lines: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
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
        """Hand all entries to `apply`, then forget them; the number of entries.

        When `apply` raises, nothing is lost and its exception goes on to the caller. A line cut
        short by a power failure is passed over and told. Nobody who appends waits for `apply`: a
        database that hangs would hold up calls through their journal.
        """
        taken = self._path.with_suffix(".replaying")
        if not any(path.exists() and path.stat().st_size for path in (self._path, taken)):
            return 0
        descriptor = os.open(taken, os.O_RDWR | os.O_CREAT, 0o600)
        with open(descriptor, "r+b") as file:  # noqa: PTH123 - made with its mode
            fcntl.flock(file.fileno(), fcntl.LOCK_EX)  # one at a time
            self._take(file)
            file.seek(0)
            entries = []
            for line in filter(None, file.read().splitlines()):
                try:
                    entries.append(json.loads(line))
                except (ValueError, RecursionError):
                    log.error("journal_line_unreadable", length=len(line))
            if entries:
                apply(entries)
            file.seek(0)
            file.truncate()
            os.fsync(file.fileno())
        return len(entries)

    def _take(self, file: BinaryIO) -> None:
        """Move what was appended to the end of `file`. A crash in between repeats entries."""
        if not self._path.exists():
            return
        with self._path.open("r+b") as journal:
            fcntl.flock(journal.fileno(), fcntl.LOCK_EX)
            lines = journal.read()
            file.seek(0, os.SEEK_END)
            file.write(b"\n" + lines if file.tell() else lines)
            file.flush()
            os.fsync(file.fileno())
            journal.seek(0)
            journal.truncate()
            os.fsync(journal.fileno())
