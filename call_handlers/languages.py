"""The language that a number chose last: its next call begins in it, and is not asked.

Kept in Redis alone: what is lost is asked for once more. It is the number's until a year has gone
by without a call.
"""

from typing import Protocol

import redis
import structlog

from store.breaker import Breaker

log = structlog.get_logger()

KEPT_S = 365 * 24 * 3600
"""How long a language is kept after the last call that was in it (s)."""
_PREFIX = "hotline:language:"


def language_kept(client: redis.Redis, e164: str) -> str:
    """What is kept of this number, empty for nothing. Raises redis.RedisError."""
    found = client.get(f"{_PREFIX}{e164}")
    return found.decode() if isinstance(found, bytes) else str(found or "")


class Languages(Protocol):
    """What each number (E.164) chose. Neither ever raises."""

    def of(self, e164: str) -> str:
        """The language's code; empty where none is known, or cannot be asked for now."""
        ...

    def keep(self, e164: str, language: str) -> None:
        """Remember it for the next call."""
        ...


class ForgetfulLanguages:
    """Remembers nothing: every caller is asked."""

    def of(self, e164: str) -> str:
        """None is known."""
        del e164
        return ""

    def keep(self, e164: str, language: str) -> None:
        """Nothing is kept."""


class RedisLanguages:
    """Kept in Redis; while that is away nothing is known, and nothing kept."""

    def __init__(self, client: redis.Redis, breaker: Breaker) -> None:
        self._client = client
        self._breaker = breaker

    def of(self, e164: str) -> str:
        """One question, in the time-out of a call."""
        if not self._breaker.allows():
            return ""
        try:
            found = language_kept(self._client, e164)
        except redis.exceptions.RedisError as error:
            self._breaker.failed()
            log.warning("language_unknown", error=type(error).__name__)
            return ""
        self._breaker.succeeded()
        return found

    def keep(self, e164: str, language: str) -> None:
        """One command; what fails is asked for in the next call."""
        if not self._breaker.allows():
            return
        try:
            self._client.set(f"{_PREFIX}{e164}", language, ex=KEPT_S)
        except redis.exceptions.RedisError as error:
            self._breaker.failed()
            log.warning("language_not_kept", error=type(error).__name__)
            return
        self._breaker.succeeded()
