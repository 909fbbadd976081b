"""Asterisk's manager interface (AMI), asked one thing: how many callers wait in a queue.

The secret does not go over the wire: Asterisk sends a challenge, and gets the MD5 of both. Of the
answer nothing is kept but three numbers; who the callers are stands in it, and is let go.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import httpcore

from carriers.ami_wire import Message, split, state_of, value, written
from carriers.bounded_network import BoundedNetwork, Bounds
from carriers.queue import QueueState, QueueUnknown

Found = TypeVar("Found")

_GREETING = b"Asterisk Call Manager/"
_LONGEST_GREETING = 100
_MOST_RECEIVED = 2_000_000
"""Bytes of one answer: some thousand callers and operators, of 350 bytes each."""


@dataclass(frozen=True, slots=True)
class AmiAccess:
    """An Asterisk's manager interface, and who asks."""

    host: str
    port: int
    user: str
    secret: str = field(repr=False)


class AmiQueue:
    """One queue of one Asterisk. Its connection is kept from one question to the next.

    For one thread. `seconds` is all that a question takes, with connecting and signing in.
    """

    def __init__(self, access: AmiAccess, queue: str, *, seconds: float = 2.0) -> None:
        self._access = access
        self._queue = queue
        self._seconds = seconds
        self._open: _Connection | None = None

    def ask(self) -> QueueState:
        """How the queue is now. Raises QueueUnknown, and then no connection is left open."""
        ends = time.monotonic() + self._seconds
        kept, self._open = self._open, None
        if kept is not None:
            with suppress(QueueUnknown):  # Asterisk may have been started anew
                self._open = kept
                return self._asked(kept, ends)
        self._open = _Connection(self._access, ends)
        return self._asked(self._open, ends)

    def leave(self) -> None:
        """Let the connection go; the next question makes another."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _asked(self, connection: "_Connection", ends: float) -> QueueState:
        try:
            return state_of(connection.events("QueueStatus", ends, Queue=self._queue), self._queue)
        except QueueUnknown:
            self.leave()
            raise


class _Connection:
    """A connection on which `access` has signed in."""

    def __init__(self, access: AmiAccess, ends: float) -> None:
        """Raises QueueUnknown."""
        self._received = bytearray()
        self._messages: list[Message] = []
        self._bounds = Bounds(ends, _MOST_RECEIVED)
        network = BoundedNetwork(self._bounds)
        self._stream = _told(lambda: network.connect_tcp(access.host, access.port))
        try:
            self._greeted()
            challenge = value(self._answer("Challenge", AuthType="MD5"), "challenge")
            signed = hashlib.md5(f"{challenge}{access.secret}".encode(), usedforsecurity=False)
            login = {"Username": access.user, "Key": signed.hexdigest(), "Events": "off"}
            self._answer("Login", AuthType="MD5", **login)
        except BaseException:  # an interrupt too leaves no connection open
            self.close()
            raise

    def events(self, action: str, ends: float, **values: str) -> list[Message]:
        """The events that answer an action, without the last. Raises QueueUnknown."""
        self._bounds.ends, self._bounds.bytes_left = ends, _MOST_RECEIVED
        named = self._sent(action, values)
        _accepted(action, self._next(named))
        events: list[Message] = []
        while value(answer := self._next(named), "event") != f"{action}Complete":
            events.append(answer)
        return events

    def close(self) -> None:
        """End it."""
        self._stream.close()

    def _greeted(self) -> None:
        while b"\r\n" not in self._received:
            if len(self._received) > _LONGEST_GREETING:
                break
            self._receive()
        greeting, _, rest = self._received.partition(b"\r\n")
        if not greeting.startswith(_GREETING):
            raise QueueUnknown("what answers there is no manager interface")
        self._received[:] = rest

    def _answer(self, action: str, **values: str) -> Message:
        return _accepted(action, self._next(self._sent(action, values)))

    def _sent(self, action: str, values: dict[str, str]) -> str:
        """Send an action; the name that is in all that answers it, which nobody can guess."""
        named = secrets.token_hex(8)
        _told(lambda: self._stream.write(written(action, ActionID=named, **values)))
        return named

    def _next(self, named: str) -> Message:
        while True:
            for place, message in enumerate(self._messages):
                if value(message, "actionid") == named:
                    del self._messages[: place + 1]
                    return message
            self._messages.clear()  # of nobody's question
            self._receive()
            self._messages += split(self._received)

    def _receive(self) -> None:
        received = _told(lambda: self._stream.read(65_536))
        if not received:
            raise QueueUnknown("it ended the connection")
        self._received += received


def _accepted(action: str, answer: Message) -> Message:
    if value(answer, "response") != "Success":
        raise QueueUnknown(f"it refuses {action}", refused=True)
    return answer


def _told(ask: Callable[[], Found]) -> Found:
    """What comes of an exchange. Raises QueueUnknown."""
    try:
        return ask()
    except httpcore.TimeoutException:
        raise QueueUnknown("it does not answer in time") from None
    except (httpcore.NetworkError, OSError, UnicodeError):
        raise QueueUnknown("it cannot be reached") from None
