"""Redis on the path of a call: redis-py, without what it does at every command beside the command.

On a busy web process a command of redis-py costs several times what Redis itself takes. Most of it
goes to asking the kernel: whether the connection still stands, and before each read and write
whether it can be done. Each question lets go of the interpreter's lock, which must be won back from
all other calls. What is here asks less often, and keeps redis-py's protocol, errors and limits.
"""

import socket
import time
from typing import Any
from urllib.parse import urlsplit

import redis

from store.redis_address import SCHEMES, watched
from store.redis_primary import PrimaryPool, TcpConnection, TlsConnection, UnixConnection
from store.redis_sentinel import SentinelPool, TcpToPrimary, TlsToPrimary, sentinel_pool
from store.redis_wire import TimedSocket, ask, packed

FRESH_SECONDS = 0.1
"""How long a connection that has just answered is taken to stand."""


class CallRedis(redis.Redis):
    """Runs scripts, which are what calls ask of Redis, by one write and one read and no more.

    Beside them the library would do what serves retries and its own metrics; here are none.
    """

    def evalsha(self, sha: str, numkeys: int, *keys_and_args: Any) -> Any:
        """Run a script that Redis knows; what it is given is text, bytes or whole numbers.

        Raises redis.RedisError.
        """
        return ask(self, packed("EVALSHA", sha, numkeys, *keys_and_args))


class CallPool(PrimaryPool):
    """Lends a connection that was used a moment ago as it is.

    Whether the server has closed it is asked only when it has been idle for `FRESH_SECONDS`. The
    newest is lent first. The library's own pool counts them all as lent until then, so that its
    limit and its way of closing hold.
    """

    def reset(self) -> None:
        """Begin without connections: at first, and in a process that was forked."""
        self._idle: dict[redis.Connection, float] = {}
        super().reset()

    def get_connection(self, *_args: Any, **_options: Any) -> redis.Connection:
        """A connection that stands. Raises redis.RedisError."""
        self._checkpid()
        try:
            connection, used = self._idle.popitem()
        except KeyError:
            return super().get_connection()
        fresh = time.monotonic() - used < FRESH_SECONDS
        if fresh and not connection.should_reconnect():
            return connection
        super().release(connection)
        return super().get_connection()

    def release(self, connection: Any) -> None:
        """Take back a connection; one that failed is closed by now."""
        if connection.is_connected and self.owns_connection(connection):
            self._idle[connection] = time.monotonic()
        else:
            super().release(connection)


class SentinelCallPool(CallPool, SentinelPool):
    """The same, to whoever the Sentinels name."""


def call_pool(url: str, **settings: Any) -> CallPool:
    """The pool for `url`. With TLS the time-outs are kept by Python, which knows its buffers.

    Raises ValueError.
    """
    scheme = urlsplit(url).scheme
    if scheme in SCHEMES:
        kind = TlsToPrimary if watched(url).tls else _TcpToPrimary
        return sentinel_pool(url, SentinelCallPool, kind, **settings)
    return CallPool.from_url(url, connection_class=_CONNECTIONS[scheme], **settings)


class _Timed(redis.Connection):
    timed: TimedSocket

    def _connect(self) -> TimedSocket:
        self.timed = _timed(super()._connect(), self.socket_timeout)  # type: ignore[no-untyped-call]  # it has no types
        return self.timed


class _TcpConnection(_Timed, TcpConnection):
    pass


class _TcpToPrimary(TcpToPrimary, _TcpConnection):
    pass


class _UnixConnection(UnixConnection):
    timed: TimedSocket

    def _connect(self) -> TimedSocket:
        self.timed = _timed(super()._connect(), self.socket_timeout)  # type: ignore[no-untyped-call]  # it has no types
        return self.timed


_CONNECTIONS = {"redis": _TcpConnection, "rediss": TlsConnection, "unix": _UnixConnection}


def _timed(connected: socket.socket, seconds: float | None) -> TimedSocket:
    kind = connected.family, connected.type, connected.proto
    timed = TimedSocket(*kind, fileno=connected.detach())
    timed.settimeout(seconds)
    return timed
