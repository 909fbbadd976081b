"""The AGI wire without a socket: commands to bytes, bytes to replies.

Seen on Asterisk 22: a reply is one line `200 result=… (…) endpos=…`; 510 and 511 are one line; 520
is a block from `520-` to `520 `, or one line `520 `. When the caller hangs up, one line `HANGUP`
comes before whatever reply is next; commands sent after it are still answered. Asterisk reads with
a buffered stream that it polls as a socket: of two commands in one write the second may wait for
ever, so commands are never pipelined.
"""

import re
from typing import NamedTuple

from agi_scripts.errors import BadReply, BadUsage, CallerGone, InvalidCommand, LocalError

MAX_LINE = 2048
"""Bytes of one command with its newline: what the oldest releases in use read at once."""
MAX_REPLY = 16 * 1024
"""Bytes of one reply, all lines of it."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"'})
_WORDS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz ")


class Reply(NamedTuple):
    """A 200 reply. `data` is what stood in parentheses, `endpos` is in samples of 1/8 ms."""

    result: str
    data: str | None = None
    endpos: int | None = None


def encode(command: str, *arguments: str | int) -> bytes:
    """One command line. Every text argument is quoted, so it cannot end its line or its quotes.

    Raises LocalError for a command that is not plain words, for control characters in an argument,
    for text that UTF-8 cannot carry, and for a line over `MAX_LINE` bytes.
    """
    if not command.strip() or not _WORDS.issuperset(command):
        raise LocalError("an AGI command is plain words")
    parts = [command]
    for argument in arguments:
        if isinstance(argument, str):
            if not argument.isprintable() and _CONTROL.search(argument):
                raise LocalError(f"{command}: a control character in an argument")
            if '"' in argument or "\\" in argument:
                argument = argument.translate(_ESCAPES)
            parts.append(f'"{argument}"')
        else:
            parts.append(str(int(argument)))
    try:
        line = " ".join(parts).encode() + b"\n"
    except UnicodeEncodeError as error:
        raise LocalError(f"{command}: text that UTF-8 cannot carry") from error
    if len(line) > MAX_LINE:
        raise LocalError(f"{command}: {len(line)} bytes in one line, {MAX_LINE} are allowed")
    return line


def decode(line: bytes) -> str:
    """The line's text. Asterisk passes on what networks send: UTF-8 if it is, else Latin-1."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


class ReplyReader:
    """Takes bytes as they come and gives replies. `hung_up` is set once `HANGUP` was read."""

    __slots__ = ("_buffer", "_usage", "hung_up")

    def __init__(self) -> None:
        self._buffer = b""
        self._usage: int | None = None
        self.hung_up = False

    def feed(self, data: bytes) -> None:
        """Take what the socket gave."""
        self._buffer += data

    def reply(self) -> Reply | None:
        """The next reply, or None when more bytes are needed.

        Raises InvalidCommand (510), CallerGone (511), BadUsage (520), BadReply for anything else.
        No message carries what was received: it may hold personal data.
        """
        while True:
            line, ended, rest = self._buffer.partition(b"\n")
            if not ended:
                break
            self._buffer = rest
            line = line.rstrip(b"\r")
            if line == b"HANGUP":
                self.hung_up = True
                continue
            if self._usage is not None:
                self._usage += len(line)
                if line.startswith(b"520 "):
                    self._usage = None
                    raise BadUsage("520 with the proper usage")
                if self._usage > MAX_REPLY:
                    raise BadReply("a usage text without an end")
                continue
            if line.startswith(b"520-"):
                self._usage = 0
                continue
            return _parse(line)
        if len(self._buffer) > MAX_REPLY:
            raise BadReply("a line without an end")
        return None


def _parse(line: bytes) -> Reply:
    code, _, rest = line.partition(b" ")
    if code == b"200":
        return _result(rest)
    if code == b"510":
        raise InvalidCommand("510 invalid or unknown command")
    if code == b"511":
        raise CallerGone("511 not permitted on a dead channel")
    if code == b"520":
        raise BadUsage("520 without the proper usage")
    raise BadReply("an empty line" if not line else "not an AGI reply")


def _result(rest: bytes) -> Reply:
    """Parse `result=… (…) endpos=…`. The data may hold anything, closing parentheses included."""
    if not rest.startswith(b"result="):
        raise BadReply("200 without a result")
    result, _, tail = rest[len(b"result=") :].partition(b" ")
    endpos: int | None = None
    before, mark, samples = tail.rpartition(b"endpos=")
    if mark and samples.isdigit() and (not before or before.endswith(b") ")):
        endpos, tail = int(samples[:12]), before
    tail = tail.strip(b" ")
    data = decode(tail[1:-1]) if len(tail) > 1 and tail[:1] == b"(" and tail[-1:] == b")" else None
    return Reply(decode(result), data, endpos)
