"""The control connection to a baresip: JSON in netstrings, commands out and events in."""

import contextlib
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

Event = dict[str, Any]


class ControlLost(Exception):
    """The baresip does not answer on its control port (it ended, or never began)."""


def take_netstrings(buffer: bytearray) -> list[bytes]:
    """Cut every whole netstring (`length:payload,`) off the front of `buffer`.

    Raises ValueError when the bytes are no netstring.
    """
    found: list[bytes] = []
    while True:
        colon = buffer.find(b":", 0, 12)
        if colon < 0:
            if len(buffer) >= 12:
                raise ValueError("no length before a netstring")
            return found
        length = int(buffer[:colon])
        end = colon + 1 + length
        if len(buffer) <= end:
            return found
        if buffer[end] != ord(","):
            raise ValueError("no comma after a netstring")
        found.append(bytes(buffer[colon + 1 : end]))
        del buffer[: end + 1]


class Control:
    """Sends commands and keeps the events that arrive, in order, read by a thread of its own."""

    def __init__(self, port: int, *, timeout: float, alive: Callable[[], bool]) -> None:
        self._socket = _connect(port, timeout, alive)
        self._changed = threading.Condition()
        self._events: deque[tuple[float, Event]] = deque()
        self._answers: deque[Event] = deque()
        self._ended = False
        self._reader = threading.Thread(target=self._read, name="baresip-control", daemon=True)
        self._reader.start()

    def command(self, name: str, params: str = "", timeout: float = 5) -> str:
        """Give a command and return what it answers.

        Raises ControlLost when no answer comes within `timeout` seconds.
        """
        body = json.dumps({"command": name, "params": params, "token": name}).encode()
        with self._changed:
            self._answers.clear()
            self._socket.sendall(b"%d:%s," % (len(body), body))
            if not self._changed.wait_for(lambda: self._answers or self._ended, timeout):
                raise ControlLost(f"baresip did not answer {name!r} in {timeout} s")
            if not self._answers:
                raise ControlLost(f"baresip ended before it answered {name!r}")
            return str(self._answers.popleft().get("data") or "")

    def wait_event(self, wanted: Callable[[Event], bool], timeout: float) -> tuple[float, Event]:
        """The first event kept that is `wanted`, now or later, with its time.monotonic().

        Raises TimeoutError; ControlLost when the baresip ends first.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._find(wanted) or self._ended, timeout)
            found = self._find(wanted)
            if found:
                return found
            if self._ended:
                raise ControlLost("baresip ended")
        raise TimeoutError(f"no such event from baresip in {timeout} s")

    def find_event(self, wanted: Callable[[Event], bool]) -> tuple[float, Event] | None:
        """The first event kept that is `wanted`, or None; never waits."""
        with self._changed:
            return self._find(wanted)

    def forget_events(self) -> None:
        """Drop what has been kept, before a new call."""
        with self._changed:
            self._events.clear()

    def close(self) -> None:
        """End the connection and its thread."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join(5)
        self._socket.close()

    def _find(self, wanted: Callable[[Event], bool]) -> tuple[float, Event] | None:
        return next((kept for kept in self._events if wanted(kept[1])), None)

    def _read(self) -> None:
        buffer = bytearray()
        try:
            while chunk := self._socket.recv(65536):
                buffer += chunk
                for body in take_netstrings(buffer):
                    self._keep(json.loads(body))
        except (OSError, ValueError):
            pass
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _keep(self, message: Event) -> None:
        with self._changed:
            if message.get("event"):
                self._events.append((time.monotonic(), message))
            else:
                self._answers.append(message)
            self._changed.notify_all()


def _connect(port: int, timeout: float, alive: Callable[[], bool]) -> socket.socket:
    deadline = time.monotonic() + timeout
    while True:
        try:
            made = socket.create_connection(("127.0.0.1", port), timeout=1)
        except OSError:
            if not alive():
                raise ControlLost("baresip ended at its start") from None
            if time.monotonic() > deadline:
                raise ControlLost(f"baresip opened no control port in {timeout} s") from None
            time.sleep(0.02)
        else:
            made.settimeout(None)
            return made
