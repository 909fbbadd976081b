"""Redis whose primary is told by Sentinels.

redis-py's own Sentinel is asked for each new connection; a Sentinel that is away costs its time-out
and the next one is asked.
"""

from typing import Any, TypeVar

from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool, SentinelManagedConnection

from store.redis_address import watched
from store.redis_primary import PrimaryPool, TcpConnection, TlsConnection


class TcpToPrimary(SentinelManagedConnection, TcpConnection):
    """To whoever the Sentinels name."""


class TlsToPrimary(SentinelManagedConnection, TlsConnection):
    """The same by TLS."""


class SentinelPool(PrimaryPool, SentinelConnectionPool):
    """Connections to whoever is the primary."""


P = TypeVar("P", bound=SentinelPool)


def sentinel_pool(
    url: str, kind: type[P], connection: type[Any] | None = None, **settings: Any
) -> P:
    """A pool of that `kind` for an address of this form; nothing is connected yet.

    The Sentinels are asked with the time-outs of `settings`, once each. Raises ValueError.
    """
    told = watched(url)
    bounds = {name: value for name, value in settings.items() if name.startswith("socket_")}
    sentinel = Sentinel(
        told.sentinels,
        sentinel_kwargs={**bounds, **told.sentinel_login, "retry": Retry(NoBackoff(), 0)},
    )
    return kind(
        told.service,
        sentinel,
        connection_class=connection or (TlsToPrimary if told.tls else TcpToPrimary),
        db=told.db,
        **told.login,
        **settings,
    )
