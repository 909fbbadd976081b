"""Numbers that processes share in files, without the danger that lies in that.

prometheus_client maps its files into memory as they grow, and leaves it to the first write whether
the disk has room: where it has none, the kernel ends the process (SIGBUS), and requests with it. So
room is taken beforehand; without room a process counts in its own memory, and its numbers are
missing in the sum.
"""

import mmap
import os
from typing import Any

import structlog
from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

log = structlog.get_logger()

FIRST_BYTES = 256 * 1024
"""What is taken at first: more than the processes of the house have filled so far."""


class SafeNumbers(MmapedDict):
    """The numbers of one kind and one process."""

    _f: Any
    _m: Any
    _capacity: int
    _used: int

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        super().__init__(  # type: ignore[no-untyped-call]  # it has no types
            filename if read_mode else _with_room(filename), read_mode
        )

    def _init_value(self, key: str) -> None:
        if self._used + len(key.encode()) + 64 > self._capacity:
            try:
                os.posix_fallocate(self._f.fileno(), 0, self._capacity * 2)
            except OSError as error:
                self._to_memory(error)
        super()._init_value(key)  # type: ignore[no-untyped-call]  # it has no types

    def _to_memory(self, error: OSError) -> None:
        """Go on in memory of our own with what was counted so far."""
        log.error("metrics_not_shared", error=type(error).__name__)
        memory = os.fdopen(os.memfd_create("metrics"), "r+b", buffering=0)
        memory.truncate(self._capacity)
        kept = self._m
        self._m = mmap.mmap(memory.fileno(), self._capacity)
        self._m[:] = kept[:]
        self._f.close()
        self._f = memory


def share_safely() -> None:
    """Have prometheus_client keep its numbers so. Before anything is counted."""
    values.MmapedDict = SafeNumbers  # type: ignore[attr-defined]  # looked up by this name


def _with_room(filename: str) -> str:
    """The file of this name with room for numbers, or one in memory."""
    try:
        descriptor = os.open(filename, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_size == 0:
                os.posix_fallocate(descriptor, 0, FIRST_BYTES)
        finally:
            os.close(descriptor)
    except OSError as error:
        log.error("metrics_not_shared", error=type(error).__name__)
        return f"/proc/self/fd/{os.memfd_create('metrics')}"
    return filename
