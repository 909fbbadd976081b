"""Wrong PINs, counted: whoever tries them one after another is shut out for a while.

A telephone that keyed `FROM_ONE` wrong ones within `WHILE_S` seconds is shut out for as long, and
so are all, after `FROM_ALL` from any: then somebody tries them out from many telephones.
"""

import re

import redis
import structlog
from prometheus_client import Counter

log = structlog.get_logger()

FROM_ONE = 5
FROM_ALL = 20
WHILE_S = 900
_EXTENSION = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_ALL = "hotline:pins"

WRONG = Counter("hotline_pins_wrong", "Wrong PINs on inside telephones")
LOCKED = Counter("hotline_pins_locked", "Times that PINs were refused from then on", ["whose"])


class PinGuard:
    """The counts, in Redis, so that all servers have the same.

    A try is counted before its PIN is looked at, and taken back when it was right: so many at once
    are no more tries than one after another.

    Every method raises ValueError for what is no extension, and redis.RedisError when Redis is
    away: then nobody is let in, for these codes are on no citizen's path.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def may_try(self, extension: str) -> bool:
        """Count a try; whether its PIN is looked at. What came of that is told by the other three.

        A count ends `WHILE_S` after its first try, and after the last that it had room for.
        """
        key = _key(extension)
        if self._count(key) > FROM_ONE:
            self._client.decr(key)
            return False
        if self._count(_ALL) > FROM_ALL:
            self.withdraw(extension)
            return False
        return True

    def failed(self, extension: str) -> bool:
        """The PIN was wrong; True when no more are looked at now."""
        WRONG.inc()
        key = _key(extension)
        own, everybody = self._client.mget(key, _ALL)
        locked = [
            (name, whose)
            for name, whose, count, most in (
                (key, "telephone", own, FROM_ONE),
                (_ALL, "all", everybody, FROM_ALL),
            )
            if int(count or 0) >= most
        ]
        for name, whose in locked:
            self._client.expire(name, WHILE_S)
            LOCKED.labels(whose).inc()
            log.warning("pins_locked", whose=whose, extension=extension)
        return bool(locked)

    def succeeded(self, extension: str) -> None:
        """The PIN was right: forget the wrong ones of this telephone."""
        self._client.delete(_key(extension))
        self._client.decr(_ALL)

    def withdraw(self, extension: str) -> None:
        """The PIN could not be looked at: the try was none."""
        self._client.decr(_key(extension))
        self._client.decr(_ALL)

    def _count(self, key: str) -> int:
        with self._client.pipeline() as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, WHILE_S, nx=True)
            return int(pipeline.execute()[0])


def _key(extension: str) -> str:
    if not _EXTENSION.fullmatch(extension):
        raise ValueError("a telephone's name has 1 to 40 letters, digits, points and hyphens")
    return f"hotline:pins:{extension}"
