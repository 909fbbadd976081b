"""Somebody else's Redis, asked within one deadline and to a limit.

redis-py waits as long for each reply as for the first, begins anew with every byte, and would try
again by itself. Here one connection serves one question, on the bounded network, where everything
ends at one moment; what becomes of a failure is the caller's to say.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import httpcore
import redis
from httpcore import NetworkStream
from redis._parsers import _RESP2Parser
from redis.backoff import NoBackoff
from redis.retry import Retry

from carriers.addresses import Admits
from carriers.bounded_network import BoundedNetwork, Bounds

_MOST_RECEIVED = 16_000_000
"""Bytes of all replies to one question: five hundred jobs with their tickets, and much room."""
_ANSWERS = (
    redis.ResponseError,
    redis.AuthenticationError,
    redis.exceptions.AuthorizationError,
    redis.BusyLoadingError,
)
"""What the server has said itself, whatever redis-py's own family tree makes of it."""


class RedisFailed(Exception):
    """Nothing came of it; the text is the kind of error, and nothing of the address.

    `sent` is whether the server may have the question all the same. `words` are what it answered.
    """

    def __init__(self, kind: str, *, sent: bool, words: str = "") -> None:
        super().__init__(kind)
        self.sent = sent
        self.words = words


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where a Redis is: at `host`, or behind the socket `path`."""

    host: str = ""
    port: int = 6379
    path: str = ""
    db: int = 0
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False


def parse_redis_address(url: str) -> RedisAddress:
    """Read an address. Raises ValueError, whose text has nothing of it: it may hold passwords."""
    wrong = ValueError(
        "must be redis://:password@host:6379/0, rediss or unix, without options (a socket: ?db=1)"
    )
    try:
        parts = urlsplit(url)
        port = parts.port or 6379
    except ValueError:
        raise wrong from None
    user, password = (unquote(one) if one else None for one in (parts.username, parts.password))
    if parts.scheme == "unix" and parts.path and not parts.hostname:
        db = parts.query.removeprefix("db=") if parts.query else "0"
        if db.isascii() and db.isdecimal():
            return RedisAddress("", port, unquote(parts.path), int(db), user, password)
    elif parts.scheme in ("redis", "rediss") and parts.hostname and not parts.query:
        db = parts.path.strip("/") or "0"
        if db.isascii() and db.isdecimal():
            tls = parts.scheme == "rediss"
            return RedisAddress(unquote(parts.hostname), port, "", int(db), user, password, tls)
    raise wrong


class BoundedRedis:
    """One Redis. Safe between threads, each of which has a client of its own."""

    def __init__(self, address: RedisAddress, admits: Admits, tls: ssl.SSLContext) -> None:
        self._address = address
        self._admits = admits
        self._tls = tls if address.tls else None
        self._own = threading.local()

    @contextmanager
    def asked(self, seconds: float) -> Iterator[redis.Redis]:
        """A client that stands, for `seconds` from now on; its connection ends with the block.

        Raises RedisFailed, also from within the block, and AddressRefused when the host leads to
        an address that may not be asked.
        """
        turn, client = self._mine()
        bounds = turn.bounds = Bounds(time.monotonic() + seconds, _MOST_RECEIVED)
        asked = False
        try:
            client.ping()
            asked, bounds.sent = True, False  # of what is asked nothing has left yet
            yield client
        except _ANSWERS as error:
            kind = type(error).__name__
            raise RedisFailed(kind, sent=False, words=str(error)) from None
        except redis.RedisError as error:
            raise RedisFailed(type(error).__name__, sent=asked and bounds.sent) from None
        except (ValueError, RecursionError):  # redis-py's own, of replies that are none
            raise RedisFailed("InvalidResponse", sent=asked and bounds.sent) from None
        finally:
            client.connection_pool.disconnect()

    def _mine(self) -> "tuple[_Turn, redis.Redis]":
        """This thread's. Kept: RQ remembers every client that it has ever seen."""
        if not hasattr(self._own, "client"):
            address, turn = self._address, _Turn(self._address, self._admits, self._tls)
            pool = redis.ConnectionPool(
                connection_class=_Connection,
                turn=turn,
                db=address.db,
                username=address.user,
                password=address.password,
                retry=Retry(NoBackoff(), 0),
                protocol=2,
                parser_class=_RESP2Parser,
                driver_info=None,
            )
            self._own.turn, self._own.client = turn, redis.Redis.from_pool(pool)
        return self._own.turn, self._own.client


class _Turn:
    """Where connections are made to, and within which bounds just now."""

    def __init__(self, address: RedisAddress, admits: Admits, tls: ssl.SSLContext | None) -> None:
        self._address = address
        self._admits = admits
        self._tls = tls
        self.bounds = Bounds(0.0, 0)

    def connect(self) -> NetworkStream:
        """Raises httpcore's errors, and AddressRefused."""
        address, network = self._address, BoundedNetwork(self.bounds, self._admits)
        if address.path:
            return network.connect_unix_socket(address.path)
        stream = network.connect_tcp(address.host, address.port)
        return stream if self._tls is None else stream.start_tls(self._tls, address.host)


class _Connection(redis.Connection):
    def __init__(self, *, turn: _Turn, **settings: Any) -> None:
        super().__init__(**settings)  # type: ignore[no-untyped-call]  # it has no types
        self._turn = turn

    def _connect(self) -> socket.socket:
        with _as_sockets_fail():
            return cast(socket.socket, _Wire(self._turn.connect()))

    def can_read(self, timeout: float = 0) -> bool:
        """Never, between questions: this one was made a moment ago."""
        del timeout
        return False


class _Wire:
    """A bounded stream as redis-py takes a socket."""

    def __init__(self, stream: NetworkStream) -> None:
        self._stream = stream

    def recv(self, most: int) -> bytes:
        """Raises OSError."""
        with _as_sockets_fail():
            return self._stream.read(most)

    def sendall(self, data: bytes) -> None:
        """Raises OSError."""
        with _as_sockets_fail():
            self._stream.write(data)

    def settimeout(self, _seconds: float | None) -> None:
        """The bounds say it."""

    def shutdown(self, _how: int) -> None:
        """`close` follows."""

    def close(self) -> None:
        """The stream's."""
        self._stream.close()


@contextmanager
def _as_sockets_fail() -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise TimeoutError(type(error).__name__) from error
    except httpcore.NetworkError as error:
        raise ConnectionError(type(error).__name__) from error
