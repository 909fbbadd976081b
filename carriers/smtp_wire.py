"""A bounded stream in the place of the socket on which smtplib speaks."""

import io
from typing import Any

from httpcore import NetworkStream


class Wire:
    """A bounded stream as smtplib takes a socket."""

    def __init__(self, stream: NetworkStream) -> None:
        self._stream = stream

    def makefile(self, _mode: str) -> io.BufferedReader:
        """For its replies."""
        return io.BufferedReader(_Received(self._stream))

    def sendall(self, data: bytes) -> None:
        """Raises httpcore's errors."""
        self._stream.write(data)

    def close(self) -> None:
        """The stream's."""
        self._stream.close()


class _Received(io.RawIOBase):
    def __init__(self, stream: NetworkStream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """What has come. Raises httpcore's errors."""
        found = self._stream.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)
