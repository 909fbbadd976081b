"""This machine's spare reference numbers: a file from which one is taken with the database away.

A line a number, behind a line that says whose they are. Who takes a number cuts it off the end, and
has it once that is on the disk: whatever dies then, nobody else is told it. What a power failure
leaves half written is passed over. A number that was taken is gone, told or not.

The first line names the file by its inode as well. One that was copied to another machine, or came
back from a backup, holds numbers that have been told since: it is made anew and never taken from.
"""

import errno
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from host.closed import OTHERS
from tickets.reference import LENGTH, is_spare

log = structlog.get_logger()

_LINE = LENGTH + 1
_FIRST = re.compile(rb"spare references of ([0-9a-f]{32}) in file ([0-9]{20})\n")
_FIRST_BYTES = len(f"spare references of {'':32} in file {'':20}\n")


class NoneLeft(Exception):
    """There is no spare number here: none was reserved yet, or all have been told."""


class SpareFile:
    """The file at `path`. Safe between threads and processes (an advisory lock).

    `make_room` is called when the disk is full; True says that there is room now. Nothing here
    waits for a database.
    """

    def __init__(self, path: Path, make_room: Callable[[], bool] = lambda: False) -> None:
        self._path = path
        self._make_room = make_room

    def take(self) -> str:
        """A number that nobody else has been told, or will be. Raises NoneLeft, OSError."""
        try:
            with self._held() as file:
                if _owner(file) is None:
                    raise NoneLeft
                end = _end(file)
                while end > _FIRST_BYTES:
                    end -= _LINE
                    number = _number(os.pread(file, _LINE, end))
                    if number is not None:
                        os.ftruncate(file, end)
                        os.fsync(file)
                        return number
        except FileNotFoundError:
            pass
        raise NoneLeft

    def count(self) -> int:
        """How many there are. Raises OSError."""
        try:
            with self._held() as file:
                return len(_numbers(file)) if _owner(file) is not None else 0
        except FileNotFoundError:
            return 0

    def begin(self) -> str:
        """Whose the numbers are: 32 hexadecimal digits; the file is made where there is none.

        Raises OSError.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._held(os.O_CREAT) as file:
            owner = _owner(file)
            if owner is None:
                if os.fstat(file).st_size:
                    log.warning("spare_references_given_up", why="the file is a copy, or broken")
                owner = secrets.token_hex(16)
                first = f"spare references of {owner} in file {os.fstat(file).st_ino:020}\n"
                os.ftruncate(file, 0)
                self._write(file, first.encode(), 0)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return owner

    def keep(self, those: Collection[str]) -> None:
        """Give up all numbers but `those`. Raises OSError."""
        with self._held() as file:
            found = _numbers(file)
            kept = [number for number in found if number in those]
            if kept != found:
                log.warning("spare_references_given_up", count=len(found) - len(kept))
            if kept != found or os.fstat(file).st_size != _FIRST_BYTES + _LINE * len(kept):
                os.ftruncate(file, _FIRST_BYTES)  # a crash here loses numbers, and repeats none
                os.fsync(file)
                self._write(file, _lines(kept), _FIRST_BYTES)

    def add(self, numbers: Iterable[str]) -> None:
        """Lay more numbers in, which nobody has been told. Raises OSError."""
        with self._held() as file:
            self._write(file, _lines(numbers), _end(file))

    @contextmanager
    def filling(self) -> Iterator[bool]:
        """Whether it is this process that fills the file while inside, and no other. No wait."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path.with_name(f"{self._path.name}.filling")
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(file)

    @contextmanager
    def _held(self, more: int = 0) -> Iterator[int]:
        """The file, which nobody else reads or writes while inside."""
        file = os.open(self._path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | more, 0o600)
        try:
            mode = os.fstat(file).st_mode
            if not stat.S_ISREG(mode):
                raise OSError(errno.EINVAL, "the spare reference numbers are no file")
            if mode & OTHERS:  # who reads them knows numbers that will be told
                os.fchmod(file, stat.S_IMODE(mode) & ~OTHERS)
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)

    def _write(self, file: int, data: bytes, at: int) -> None:
        """Write `data` in place of what stands at `at` and behind it, and wait for the disk."""
        try:
            _put(file, data, at)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            if not full or not self._make_room():
                raise
            _put(file, data, at)


def _put(file: int, data: bytes, at: int) -> None:
    os.ftruncate(file, at)
    while data:
        written = os.pwrite(file, data, at)
        data, at = data[written:], at + written
    os.fsync(file)


def _owner(file: int) -> str | None:
    """Whose the numbers in this very file are; None where it is no file of ours, or a copy."""
    found = _FIRST.fullmatch(os.pread(file, _FIRST_BYTES, 0))
    if found is None or int(found[2]) != os.fstat(file).st_ino:
        return None
    return found[1].decode()


def _end(file: int) -> int:
    """Where the last whole line ends."""
    return _FIRST_BYTES + max(0, os.fstat(file).st_size - _FIRST_BYTES) // _LINE * _LINE


def _numbers(file: int) -> list[str]:
    data = os.pread(file, _end(file) - _FIRST_BYTES, _FIRST_BYTES)
    lines = (data[at : at + _LINE] for at in range(0, len(data), _LINE))
    return [number for number in map(_number, lines) if number is not None]


def _number(line: bytes) -> str | None:
    text = line.decode("ascii", "replace")
    return text[:-1] if text.endswith("\n") and is_spare(text[:-1]) else None


def _lines(numbers: Iterable[str]) -> bytes:
    return "".join(f"{number}\n" for number in numbers).encode()
