"""Callers who withhold their number, told apart by what the network sends of them all the same.

A network that asks not to show a number often names it to the exchange (RFC 3325: an asserted
identity with `Privacy: id`; Asterisk: a number with a restricted presentation). Who hides is not
shown, kept or called back. But one who calls again and again is not to be taken for all the others
who hide, nor they for that one: so such a caller is counted, under a name that says nothing. The
name is a keyed digest (BLAKE2s, RFC 7693), and the key is drawn anew every two days.
"""

import hashlib
import secrets
import threading
import time

import redis
import structlog

from blacklist.layout import SALT

log = structlog.get_logger()

KEY_LASTS_S = 2 * 86_400
_ASK_AGAIN_S = 600.0
_KEY_BYTES = 32
_DIGITS = 15


class Hidden:
    """Names for hidden callers, the same in all processes on one Redis while a key lasts."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._key = b""
        self._asked_at = float("-inf")
        self._lock = threading.Lock()

    def name(self, number: str) -> str:
        """The name under which this caller's calls are counted; empty where there is none.

        `number` is empty for callers of whom nothing is sent. Never raises.
        """
        if not number:
            return ""
        key = self._current()
        if not key:
            return ""
        digest = hashlib.blake2s(number.encode(), key=key, digest_size=8).hexdigest()
        return f"#{digest[:_DIGITS]}"

    def _current(self) -> bytes:
        with self._lock:
            if time.monotonic() < self._asked_at + _ASK_AGAIN_S:
                return self._key
            self._asked_at = time.monotonic()
        try:
            fresh = secrets.token_bytes(_KEY_BYTES)
            kept = self._client.set(SALT, fresh, ex=KEY_LASTS_S, nx=True, get=True)
        except redis.RedisError as error:
            log.warning("hidden_callers_not_told_apart", error=type(error).__name__)
            kept = fresh = b""
        self._key = kept if isinstance(kept, bytes) and len(kept) == _KEY_BYTES else fresh
        return self._key
