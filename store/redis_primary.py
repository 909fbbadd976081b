"""Redis whose primary may become another server, behind the same address or not.

The server that was the primary goes on answering, and refuses to write. To redis-py that is an
answer like others, and its pool keeps the connection. Here it is a lost connection, and all
connections of the pool end with it: the next one is made anew, to whoever is the primary then.
"""

import weakref
from collections.abc import Mapping
from typing import Any

import redis
from redis.exceptions import BusyLoadingError, MasterDownError, ReadOnlyError

_UNBLOCKED = "UNBLOCKED"
"""What a blocking read is told when its server is demoted under it."""
_IN_A_SCRIPT = "-READONLY "
"""How Redis before 7 tells of it from within a script."""


class NotThePrimary(redis.ConnectionError):
    """The server that answered is not, or not yet, the primary."""


class Following:
    """For a kind of connection: what says "not the primary" is a lost connection."""

    home: "weakref.ref[PrimaryPool] | None" = None

    def read_response(self, *args: Any, **options: Any) -> Any:
        """As every connection. Raises NotThePrimary, and redis.RedisError."""
        try:
            return super().read_response(*args, **options)  # type: ignore[misc]  # what this is mixed into has it
        except (redis.ResponseError, BusyLoadingError) as error:
            if not _says_so(error):
                raise
            self.disconnect()  # type: ignore[attr-defined]  # likewise
            pool = None if self.home is None else self.home()
            if pool is not None:
                pool.disconnect(inuse_connections=False)
            raise NotThePrimary(f"{type(error).__name__}: not the primary") from error


class PrimaryPool(redis.ConnectionPool):
    """A pool whose connections can end all of it."""

    def make_connection(self) -> Any:
        """One more connection, which knows its pool. Raises redis.MaxConnectionsError."""
        connection: Any = super().make_connection()
        connection.home = weakref.ref(self)
        return connection

    def disconnect(self, inuse_connections: bool = True) -> None:
        """End all connections: those in use at once, or else when they are given back."""
        super().disconnect(inuse_connections)
        if not inuse_connections:
            with self._lock:
                for connection in self._in_use_connections:
                    connection.mark_for_reconnect()


class TcpConnection(Following, redis.Connection):
    """By TCP."""


class TlsConnection(Following, redis.SSLConnection):
    """By TLS."""


class UnixConnection(Following, redis.UnixDomainSocketConnection):
    """By a Unix socket."""


KINDS: Mapping[str, type[Following]] = {
    "redis": TcpConnection,
    "rediss": TlsConnection,
    "unix": UnixConnection,
}
"""The kind of connection for the scheme of an address."""


def _says_so(error: redis.RedisError) -> bool:
    if isinstance(error, ReadOnlyError | MasterDownError | BusyLoadingError):
        return True
    text = str(error)
    return text.startswith(_UNBLOCKED) or _IN_A_SCRIPT in text
