"""The address of a Redis that Sentinels watch: `redis+sentinel://host:26379,host/service/0`."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

SCHEMES = ("redis+sentinel", "rediss+sentinel")
PORT = 26379
_OF_SENTINELS = {"sentinel_username": "username", "sentinel_password": "password"}


@dataclass(frozen=True, slots=True)
class Watched:
    """A primary that Sentinels watch. `login` is for it, `sentinel_login` for them."""

    sentinels: tuple[tuple[str, int], ...]
    service: str
    db: int
    tls: bool
    login: dict[str, str]
    sentinel_login: dict[str, str]


def watched(url: str) -> Watched:
    """Read an address. Raises ValueError, whose text has nothing of it: it may hold passwords."""
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    service, _, db = parts.path.strip("/").partition("/")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme not in SCHEMES or not service or not hosts or options.keys() - _OF_SENTINELS:
        raise ValueError("must be redis+sentinel://host:port,host:port/service/db")
    if db and not (db.isascii() and db.isdigit()):
        raise ValueError("ends with the number of a database, as in …/service/0")
    given = {"username": unquote(user), "password": unquote(password)}
    return Watched(
        tuple(_host(host) for host in hosts.split(",")),
        unquote(service),
        int(db or 0),
        parts.scheme == "rediss+sentinel",
        {name: value for name, value in given.items() if value},
        {_OF_SENTINELS[name]: value for name, value in options.items()},
    )


def _host(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):  # an IPv6 address without a port
        host, port = text, str(PORT)
    host = host.strip("[]")
    if not host or not (port.isascii() and port.isdigit()):
        raise ValueError("names its Sentinels as host:port, with commas between them")
    return host, int(port)
