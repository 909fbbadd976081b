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

    Every method raises ValueError for what is no extension, and redis.RedisError when Redis is
    away: then nobody is let in, for these codes are on no citizen's path.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def may_try(self, extension: str) -> bool:
        """Whether a PIN from this telephone is looked at."""
        own, everybody = self._client.mget(_key(extension), _ALL)
        return int(own or 0) < FROM_ONE and int(everybody or 0) < FROM_ALL

    def failed(self, extension: str) -> bool:
        """Count a wrong PIN; True when there are too many now.

        The count ends `WHILE_S` after the first wrong PIN, and after the one too many.
        """
        WRONG.inc()
        key = _key(extension)
        with self._client.pipeline() as pipeline:
            for name in (key, _ALL):
                pipeline.incr(name)
                pipeline.expire(name, WHILE_S, nx=True)
            counts = pipeline.execute()
        own, everybody = int(counts[0]), int(counts[2])
        locked = [
            (name, whose)
            for name, whose, count, most in (
                (key, "telephone", own, FROM_ONE),
                (_ALL, "all", everybody, FROM_ALL),
            )
            if count == most
        ]
        for name, whose in locked:
            self._client.expire(name, WHILE_S)
            LOCKED.labels(whose).inc()
            log.warning("pins_locked", whose=whose, extension=extension)
        return own >= FROM_ONE or everybody >= FROM_ALL

    def succeeded(self, extension: str) -> None:
        """Forget the wrong PINs of this telephone."""
        self._client.delete(_key(extension))


def _key(extension: str) -> str:
    if not _EXTENSION.fullmatch(extension):
        raise ValueError("a telephone's name has 1 to 40 letters, digits, points and hyphens")
    return f"hotline:pins:{extension}"
