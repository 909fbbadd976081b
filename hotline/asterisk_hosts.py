"""The one Asterisk that may go without a systemname: which it is, shared by all FastAGI servers.

It holds a seat in Redis for as long as it calls. A second one without a name is refused while the
seat is held, so that an upgrade cuts no calls where there is one host, and no two citizens share a
call where there are two.
"""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

import redis
import structlog

from store.breaker import Breaker

log = structlog.get_logger()

SEAT_S = 120
"""How long the seat is held after the host's last connection began or ended.

Ids begin with the second in which the call began: later than this no new one can be an old one.
"""
REFUSED_S = 600
"""How long it is told that a host was refused."""
_REFRESH_S = 5.0
_SEAT = "hotline:asterisk:unnamed"
_REFUSED = "hotline:asterisk:refused"


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Hosts without a systemname: who holds the seat, and who was refused just now."""

    seated: str = ""
    refused: str = ""


class UnnamedHosts:
    """Who of those without a name is served. Safe to share between threads.

    While Redis is away each process goes by what it saw itself. `clock` gives monotonic seconds.
    """

    def __init__(
        self,
        client: redis.Redis,
        breaker: Breaker,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._breaker = breaker
        self._clock = clock
        self._own = ("", 0.0)

    def admits(self, peer: str) -> bool:
        """Whether the host at this address may call without a name; if so, it has the seat now."""
        host = host_at(peer)
        seated, seen = self._own
        age = self._clock() - seen
        if seated == host and age < _REFRESH_S:
            return True
        holder = self._asked(host)
        if holder is None:
            holder = seated if seated and age < SEAT_S else host
        if holder != host:
            return False
        self._own = (host, self._clock())
        return True

    def _asked(self, host: str) -> str | None:
        """Who holds the seat, after this host has asked for it; None when that cannot be known."""
        if not self._breaker.allows():
            return None
        try:
            with self._client.pipeline(transaction=True) as pipe:
                pipe.set(_SEAT, host, nx=True, ex=SEAT_S)
                pipe.get(_SEAT)
                taken, found = pipe.execute()
            holder = _text(found)
            if holder != host:
                self._client.set(_REFUSED, host, ex=REFUSED_S)
            elif not taken:
                self._client.expire(_SEAT, SEAT_S)
        except redis.exceptions.RedisError:
            self._breaker.failed()
            return None
        self._breaker.succeeded()
        return holder


def unnamed_hosts(client: redis.Redis) -> Unnamed:
    """What Redis knows of them. Raises redis.RedisError."""
    seated, refused = (_text(value or b"") for value in client.mget(_SEAT, _REFUSED))
    return Unnamed(seated, refused)


def host_at(peer: str) -> str:
    """A name for the machine at this address; loopback is another machine to each server's own."""
    address = ip_address(peer.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    if not address.is_loopback:
        return str(address)
    # One Asterisk may reach two servers of its own machine by both versions of IP.
    shown = "127.0.0.1" if address.version == 6 else str(address)
    return f"{shown} of {socket.gethostname()}"


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
