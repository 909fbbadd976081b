"""A FastAGI server of a few lines, whose every call is a function in the test."""

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Queue
from types import TracebackType
from typing import Self


@dataclass
class Agi:
    """One connection from Asterisk: what it was called with, and its commands."""

    stream: socket.socket
    script: str = ""
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._file = self.stream.makefile("r", encoding="latin-1", newline="\n")
        for line in iter(self._file.readline, "\n"):
            if not line:
                break
            self.lines.append(line.rstrip("\n"))
            name, _, value = line.rstrip("\n").partition(": ")
            self.environment[name] = value
        self.script = self.environment.get("agi_network_script", "")
        self.arguments = tuple(
            self.environment[f"agi_arg_{n}"]
            for n in range(1, 10)
            if f"agi_arg_{n}" in self.environment
        )

    def command(self, line: str) -> str:
        """Send a command and return the reply; an empty string when the call is gone."""
        self.stream.sendall(line.encode() + b"\n")
        reply = self._file.readline().rstrip("\n")
        while reply == "HANGUP":
            reply = self._file.readline().rstrip("\n")
        return reply

    def close(self) -> None:
        """Let go of the connection."""
        self._file.close()

    def done(self, word: str, target: str = "") -> None:
        """Tell the dialplan what is decided."""
        self.command(f'SET VARIABLE IVR_TARGET "{target}"')
        self.command(f'SET VARIABLE IVR_DONE "{word}"')


def accept_and_close(agi: Agi) -> None:
    """What a server does that is full or dies at once."""


class ScriptedAgi:
    """Listens on a free port; each connection is put into `calls` and then given to `handler`.

    A sign of life (`ping`) is given, and is no call.
    """

    def __init__(self, handler: Callable[[Agi], None] = accept_and_close) -> None:
        self.handler = handler
        self.calls: Queue[Agi] = Queue()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._serve, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def next_call(self, script: str, timeout: float = 10) -> Agi:
        """The next connection, which must be for `script`."""
        agi = self.calls.get(timeout=timeout)
        assert agi.script == script, f"{agi.script} {agi.arguments} came in place of {script}"
        return agi

    def refuse(self) -> None:
        """Stop listening: the next connection is refused, those that are there go on."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(5)
        self._listener.close()

    def close(self) -> None:
        """Stop, and wait for the calls in progress to end."""
        self.refuse()
        for thread in self._threads:
            thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._answer, args=(stream,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _answer(self, stream: socket.socket) -> None:
        with stream:
            stream.settimeout(30)
            agi = Agi(stream)
            if agi.script == "ping":
                with contextlib.suppress(OSError):
                    agi.command('VERBOSE "here" 1')
                agi.close()
                return
            self.calls.put(agi)
            with contextlib.suppress(OSError):
                self.handler(agi)
            agi.close()
