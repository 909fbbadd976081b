"""Lines of a log, written beside the calls: whoever logs never waits for it and never fails by it.

A disk that is full, a pipe whose reader is gone and one whose reader hangs cost lines, and nothing
else. What was lost is counted, and told in the log itself once that takes lines again.
"""

import atexit
import io
import os
import queue
import stat
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from select import POLLOUT, poll

MOST_WAITING = 10_000
"""Lines that may wait to be written; a reader that hangs costs no more memory than that."""
_PATIENCE_MS = 1000
"""How long a descriptor that somebody made non-blocking may be full before a line is given up."""


TOGETHER_S = 0.05
"""How long a line may wait for others (s): whoever leads calls is interrupted once for all."""
_AT_ONCE = 2048
"""Characters written at once: no other process writes between so few (pipe(7), PIPE_BUF)."""
_SETTLE_S = 1.0
_opened: list["LineWriter"] = []


def reopen() -> None:
    """Go on in new files where logs were moved away, as by logrotate."""
    for writer in _opened:
        writer.reopen()


def settle() -> None:
    """Wait a second at most until what was logged is written: this process is to be replaced."""
    for writer in _opened:
        writer.settle(_SETTLE_S)


def keep(writer: "LineWriter") -> None:
    """From now on it is one of this process's logs; what waits is written at its end."""
    _opened.append(writer)
    atexit.register(writer.settle, _SETTLE_S)


class LineWriter(io.TextIOBase):
    """A text stream on a file descriptor, written by a thread of its own.

    Each `write` is whole lines. `told` makes the line that says how many were lost; `noted` is told
    of each loss besides. Both are called in the writer's thread. Survives a fork: a child writes
    its own lines only.
    """

    def __init__(
        self,
        descriptor: int,
        *,
        told: Callable[[int], str],
        noted: Callable[[int], None] = lambda _lost: None,
        most: int = MOST_WAITING,
    ) -> None:
        self._descriptor = descriptor
        self._told = told
        self._noted = noted
        self._most = most
        self._path = _path(descriptor)
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """As it is at first, and in a process that was forked: without lines, without a thread."""
        self._waiting: queue.SimpleQueue[str | threading.Event] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._counting = threading.Lock()
        self._unwritten = 0
        self._lost = 0
        self._cut = False
        self._moved = False

    @property
    def lost(self) -> int:
        """Lines lost and not told yet."""
        return self._lost + self._unwritten

    def writable(self) -> bool:
        """It is for nothing else."""
        return True

    def write(self, text: str, /) -> int:
        """Have `text` written soon. Never waits, never raises."""
        if self._waiting.qsize() >= self._most or not self._running():
            with self._counting:
                self._unwritten += 1
        else:
            self._waiting.put(text)
        return len(text)

    def flush(self) -> None:
        """Nothing: see `settle`."""

    def reopen(self) -> None:
        """Go on in a new file where the old one was moved away, as by logrotate.

        From the next line on. Where the log is no file there is nothing to do.
        """
        self._moved = True

    def settle(self, seconds: float) -> bool:
        """Wait until all lines so far are written or lost, at most `seconds`; whether they are."""
        if self._thread is None:
            return True
        reached = threading.Event()
        self._waiting.put(reached)
        return reached.wait(seconds)

    def _running(self) -> bool:
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
                    try:
                        thread.start()
                    except RuntimeError:  # no more threads, or the interpreter ends
                        return False
                    self._thread = thread
        return True

    def _run(self) -> None:
        while True:
            item: str | threading.Event | None = self._waiting.get()
            if isinstance(item, str):
                time.sleep(TOGETHER_S)  # what follows is written with it: one wake-up for all
            while item is not None:
                item = self._next(item)

    def _next(self, item: str | threading.Event) -> str | threading.Event | None:
        """Do with `item` what is to be done, lines with those that follow; what is next, if any."""
        following: str | threading.Event | None = None
        if isinstance(item, threading.Event):
            item.set()
            return self._taken()
        lines, size = [item], len(item)
        while isinstance(following := self._taken(), str) and size + len(following) <= _AT_ONCE:
            lines.append(following)
            size += len(following)
        try:
            self._write(lines)
        except Exception:  # whatever it is, the thread outlives it
            self._lose(len(lines))
        return following

    def _taken(self) -> str | threading.Event | None:
        with suppress(queue.Empty):
            return self._waiting.get_nowait()
        return None

    def _write(self, lines: Sequence[str]) -> None:
        if self._moved:
            self._moved = False
            with suppress(OSError):
                self._follow()
        with self._counting:
            unwritten, self._unwritten = self._unwritten, 0
        if unwritten:
            self._lose(unwritten)
        lost, text = self._lost, "".join(lines)
        if lost:
            text = self._told(lost) + text
        if self._put(text.encode("utf-8", "backslashreplace")):
            self._lost -= lost
        else:
            self._lose(len(lines))

    def _lose(self, lines: int) -> None:
        self._lost += lines
        with suppress(Exception):
            self._noted(lines)

    def _put(self, data: bytes) -> bool:
        """Write `data` whole; what was cut short before is ended first."""
        left = b"\n" + data if self._cut else data
        try:
            while left:
                try:
                    left = left[os.write(self._descriptor, left) :]
                    self._cut = bool(left)
                except BlockingIOError:
                    if not _takes_more(self._descriptor):
                        return False
        except OSError:
            return False
        return True

    def _follow(self) -> None:
        """Open the log's path anew where another file, or none, is there now. Raises OSError."""
        if self._path is None:
            return
        ours = os.fstat(self._descriptor)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.stat(self._path), ours):  # noqa: PTH116 - compared as it is
                return
        fresh = os.open(
            self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, stat.S_IMODE(ours.st_mode)
        )
        try:
            for descriptor in {1, 2, self._descriptor}:
                with suppress(OSError):
                    if os.path.samestat(os.fstat(descriptor), ours):
                        os.dup2(fresh, descriptor)
        finally:
            os.close(fresh)
        self._cut = False


def _path(descriptor: int) -> str | None:
    """Where the file of a descriptor lies, None for what is no file."""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        path = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - no path of ours
    except OSError:
        return None
    return path if path.startswith("/") and not path.endswith(" (deleted)") else None


def _takes_more(descriptor: int) -> bool:
    waiter = poll()
    waiter.register(descriptor, POLLOUT)
    return bool(waiter.poll(_PATIENCE_MS))
