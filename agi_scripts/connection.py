"""A connection from Asterisk whose deadlines the kernel keeps: one call to write, one to read.

`settimeout` would have Python ask the kernel before each read and write whether it can be done, and
be told the time-out before each. Here the socket blocks, and no read waits longer than `SLICE_S`
(socket(7), `SO_RCVTIMEO`): that is set once, and a longer deadline is several such waits. It is set
anew only where the deadline is nearer than that, as when bytes trickle in.
"""

import socket
import struct
import time

from agi_scripts.errors import ConnectionLost, DeadlinePassed

SLICE_S = 5.0
"""The longest single wait for bytes (s): then the clock is looked at."""
CHUNK = 4096
_NEAR = 0.9
"""A wait within a tenth of what the kernel was told last is left to that."""
_SHORTEST_US = 1
_UNWRITTEN = "the connection closed while writing"


class Connection:
    """A connected, blocking socket. Not shared between threads, but to be shut by another."""

    __slots__ = ("_limit_s", "_slice_s", "_socket")

    def __init__(self, connected: socket.socket, slice_s: float = SLICE_S) -> None:
        self._socket = connected
        self._slice_s = slice_s
        self._socket.settimeout(None)
        self._limit_s = 0.0  # the kernel waits for ever

    def receive(self, deadline: float) -> bytes:
        """The next bytes, at `deadline` (monotonic, s) at the latest.

        Raises DeadlinePassed (at most a tenth of `SLICE_S` late), ConnectionLost.
        """
        while (left := deadline - time.monotonic()) > 0:
            wait = min(left, self._slice_s)
            if not _NEAR * self._limit_s <= wait <= self._limit_s / _NEAR:
                self._limit(socket.SO_RCVTIMEO, wait)
                self._limit_s = wait
            try:
                data = self._socket.recv(CHUNK)
            except BlockingIOError:
                continue  # this wait is over, which need not be the last
            except OSError as error:
                raise ConnectionLost("the connection closed while reading") from error
            if not data:
                raise ConnectionLost("the connection closed")
            return data
        raise DeadlinePassed("no answer in time")

    def send(self, line: bytes, deadline: float) -> None:
        """Write all of it, at `deadline` (monotonic, s) at the latest.

        Raises DeadlinePassed, ConnectionLost.
        """
        try:
            sent = self._socket.send(line, socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise ConnectionLost(_UNWRITTEN) from error
        if sent < len(line):
            self._send_slowly(line[sent:], deadline)

    def _send_slowly(self, rest: bytes, deadline: float) -> None:
        """Write to an Asterisk that does not read as quickly as we write."""
        while rest:
            left = deadline - time.monotonic()
            if left <= 0:
                raise DeadlinePassed("Asterisk does not read")
            try:
                self._limit(socket.SO_SNDTIMEO, left)
                rest = rest[self._socket.send(rest) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise ConnectionLost(_UNWRITTEN) from error

    def _limit(self, option: int, seconds: float) -> None:
        microseconds = max(_SHORTEST_US, round(seconds * 1_000_000))  # none would mean for ever
        value = struct.pack("@ll", *divmod(microseconds, 1_000_000))
        self._socket.setsockopt(socket.SOL_SOCKET, option, value)
