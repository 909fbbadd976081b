"""Room on the disk: who may take it last, and an alarm long before.

A file of nothing keeps some of it. When the disk is full that file is given back to whoever writes
down what a citizen has reported, at the very moment of the failure; recordings, which take more and
matter less, are refused well before. Once there is room again the file is made anew.
"""

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog
from prometheus_client import Gauge

log = structlog.get_logger()

MB = 1024 * 1024
LEAST_BYTES = 500 * MB
PLENTY_BYTES = 10 * 1024 * MB
_FULL_BYTES = MB
"""With less than that a disk is full, whatever an error says."""
_REFILL_AT = 3
"""The reserve is made anew when so many of its size are free: not to be given back at once."""
FREE = Gauge("hotline_disk_free_bytes", "Room on the disk of a folder", ("folder",))
USED = Gauge("hotline_disk_used_ratio", "How full the disk of a folder is", ("folder",))
RESERVE = Gauge("hotline_disk_reserve_bytes", "Room that is kept for tickets; 0 when it was needed")


@dataclass(frozen=True, slots=True)
class Usage:
    """How full the disk of a folder is. Bytes, as far as we may use them."""

    free: int
    total: int

    @property
    def used(self) -> float:
        """The part that is taken, from 0 to 1."""
        return 1 - self.free / self.total if self.total else 1.0

    def filling(self, alert_percent: int) -> bool:
        """Whether somebody should make room."""
        scarce = self.used * 100 >= alert_percent and self.free < PLENTY_BYTES
        return scarce or self.free < LEAST_BYTES

    def __str__(self) -> str:
        return f"{self.free // MB} MB free, {self.used:.0%} used"


def usage(folder: Path) -> Usage:
    """Of the disk that `folder` is on, or will be. Raises OSError."""
    folder = folder.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    found = shutil.disk_usage(folder)
    return Usage(found.free, found.total)


class Reserve:
    """The file `path` of `size` bytes. Safe between threads and processes."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self.size = size

    @property
    def whole(self) -> bool:
        """Whether all of it is kept."""
        try:
            return self._path.stat().st_size >= self.size
        except OSError:
            return self.size == 0

    def give_back(self) -> bool:
        """Give the room to whoever needs it now; whether there is some, by this or another's hand.

        Never raises.
        """
        try:
            kept = self._path.exists()
            self._path.unlink(missing_ok=True)
            if kept:
                log.critical("disk_full", reserve_given_back_mb=self.size // MB)
            return usage(self._path.parent).free >= _FULL_BYTES
        except OSError:
            return False

    def fill(self) -> None:
        """Make it where there is room for it and more; else leave things as they are."""
        if self.whole:
            return
        try:
            if usage(self._path.parent).free < _REFILL_AT * self.size:
                return
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(file, 0, self.size)
            except OSError:
                self._path.unlink(missing_ok=True)
                raise
            finally:
                os.close(file)
        except OSError as error:
            log.warning("disk_reserve_not_made", error=type(error).__name__)
            return
        log.info("disk_reserve_made", mb=self.size // MB)

    def room_for_recordings(self, *elsewhere: Path) -> bool:
        """Whether recordings may be written: as much as the reserve must be free beside it.

        So they stop before tickets do, also where the reserve was given back. `elsewhere` is what
        else they go through. Never raises.
        """
        try:
            here = usage(self._path.parent).free + (self.size if self.whole else 0)
            there = (usage(folder).free >= self.size for folder in elsewhere)
            return here >= 2 * self.size and all(there)
        except OSError:
            return False


def is_full(error: BaseException | None, folder: Path) -> bool:
    """Whether an error of SQLite's, or the kernel's, comes from a disk without room."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    if not isinstance(error, sqlite3.Error):
        return False
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):  # its shared memory, its log
        try:
            return usage(folder).free < _FULL_BYTES
        except OSError:
            return False
    return code == sqlite3.SQLITE_FULL


class DiskWatch:
    """Looks at the disks of `folders`: keeps the reserve, tells once when one fills."""

    def __init__(self, reserve: Reserve, folders: Iterable[Path], alert_percent: int) -> None:
        self._reserve = reserve
        self._folders = tuple(folders)
        self._alert_percent = alert_percent
        self._told: set[Path] = set()

    def look(self) -> None:
        """Look once. Raises OSError when a folder cannot be looked at."""
        for folder in self._folders:
            found = usage(folder)
            FREE.labels(str(folder)).set(found.free)
            USED.labels(str(folder)).set(found.used)
            filling = found.filling(self._alert_percent)
            if filling and folder not in self._told:
                log.error("disk_filling", folder=str(folder), found=str(found))
            (self._told.add if filling else self._told.discard)(folder)
        if self._reserve.whole and usage(self._folders[0]).free < _FULL_BYTES:
            self._reserve.give_back()  # whoever has no hand on it: Redis, deliveries under way
        else:
            self._reserve.fill()
        RESERVE.set(self._reserve.size if self._reserve.whole else 0)
