"""The two kinds of Redis client: one that may never keep a caller waiting, one that may."""

from typing import Any
from urllib.parse import urlsplit

import redis
from redis._parsers import _RESP2Parser
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.retry import Retry

from store.redis_address import SCHEMES
from store.redis_call import CallRedis, call_pool
from store.redis_primary import KINDS, PrimaryPool
from store.redis_sentinel import SentinelPool, sentinel_pool

FAST_SECONDS = 0.05
"""Longest wait for Redis on the path of a call: for connecting, and for each reply."""
SLOW_SECONDS = 5.0
"""Time-out of connecting and writing for queues and people, who would rather wait than fail."""


def make_redis(url: str, *, fast: bool, max_connections: int = 100) -> redis.Redis:
    """Build a client for `url` (redis://, rediss://, unix:// or redis+sentinel://).

    Nothing is connected yet. Raises ValueError for another kind of address.

    `fast` is for the path of a call: it waits `FAST_SECONDS` and never tries twice, because
    redis-py's own defaults (ten tries of five seconds) would hold a caller for a minute. When all
    `max_connections` are taken, the next one fails at once and does not queue.

    The other kind is for queues and for people. It waits for replies as long as the command itself
    asks for (RQ's blocking reads set their own limits) and tries three times over about a second.
    """
    if fast:
        pool = call_pool(
            url,
            socket_connect_timeout=FAST_SECONDS,
            socket_timeout=FAST_SECONDS,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
            protocol=2,  # which `store.redis_wire` reads
            parser_class=_RESP2Parser,  # hiredis would not see what is given back to be read
            max_connections=max_connections,
            client_name="hotline-call",
        )
        return CallRedis.from_pool(pool)
    return redis.Redis.from_pool(
        _pool(
            url,
            socket_connect_timeout=SLOW_SECONDS,
            socket_timeout=SLOW_SECONDS,
            retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), 3),
            health_check_interval=30,
            client_name="hotline-queue",
        )
    )


def _pool(url: str, **settings: Any) -> PrimaryPool:
    scheme = urlsplit(url).scheme
    if scheme in SCHEMES:
        return sentinel_pool(url, SentinelPool, **settings)
    return PrimaryPool.from_url(url, connection_class=KINDS[scheme], **settings)
