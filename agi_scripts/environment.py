"""The environment: the block of `agi_*` lines with which Asterisk opens a connection.

Asterisk filters nothing in it. A newline in a caller's name makes lines of its own, so a block is
believed only as far as nobody else can have written it: a line without a colon or a second,
different value marks it as `tampered`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from agi_scripts.errors import BadEnvironment
from agi_scripts.wire import decode

MAX_LINES = 200
MAX_BYTES = 64 * 1024
MAX_VALUE = 1024
"""Characters kept of one value."""


@dataclass(frozen=True, slots=True)
class Environment:
    """The values by name; of two values for one name, the first.

    Asterisk writes request, channel and unique id before anything a caller can choose, so those
    are genuine even when `tampered` says that other lines may not be.
    """

    values: Mapping[str, str]
    tampered: bool = False
    hung_up: bool = False

    def __getitem__(self, name: str) -> str:
        """The value of this name, empty when it was not sent."""
        return self.values.get(name, "")

    @property
    def script(self) -> str:
        """The name of the script that is asked for, without its query."""
        return self["agi_network_script"].partition("?")[0]

    def argument(self, number: int) -> str:
        """The script's argument of this number, from 1; empty when there is none."""
        return self[f"agi_arg_{number}"]


class EnvironmentReader:
    """Takes bytes as they come and gives the environment once its blank line was read."""

    __slots__ = ("_hung_up", "_lines", "_read", "_rest", "_tampered", "_values")

    def __init__(self) -> None:
        self._rest = b""
        self._values: dict[str, str] = {}
        self._lines = 0
        self._read = 0
        self._tampered = False
        self._hung_up = False

    def feed(self, data: bytes) -> Environment | None:
        """Take what the socket gave; the environment, or None when more bytes are needed.

        Raises BadEnvironment after `MAX_LINES` lines or `MAX_BYTES` bytes without a blank line, and
        when something other than a hang-up follows it.
        """
        self._read += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for number, line in enumerate(lines, start=1):
            line = line.rstrip(b"\r")
            if not line:
                return self._whole(b"\n".join([*lines[number:], self._rest]))
            self._lines += 1
            if self._lines > MAX_LINES:
                raise BadEnvironment(f"more than {MAX_LINES} lines")
            self._take(line)
        if self._read > MAX_BYTES:
            raise BadEnvironment(f"more than {MAX_BYTES} bytes")
        return None

    def _whole(self, after: bytes) -> Environment:
        # Before our first command nothing but a hang-up can honestly follow the blank line.
        if after not in (b"", b"HANGUP\n"):
            raise BadEnvironment("lines after the blank line")
        return Environment(self._values, self._tampered, self._hung_up or bool(after))

    def _take(self, line: bytes) -> None:
        if line == b"HANGUP":
            self._hung_up = True
            return
        name, colon, value = decode(line[: MAX_VALUE * 4]).partition(":")
        name, value = name.strip(), value.strip()[:MAX_VALUE]
        if not colon or not name or self._values.setdefault(name, value) != value:
            self._tampered = True
