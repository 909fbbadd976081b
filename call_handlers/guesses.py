"""Guessed references are counted: who knows a reference hears what became of a ticket.

Counted are those with a right check digit that no ticket has, by the number that tries them. One
who has tried too many is led to an operator, who can ask more than a machine. Counts lie in Redis
alone; while that is away the limit of a single call holds.
"""

from typing import Protocol

import redis
import structlog

from blacklist.policy import ReferencePolicy
from store.breaker import Breaker

log = structlog.get_logger()

_PREFIX = "hotline:guesses:"


class Guesses(Protocol):
    """The wrong references of each number (E.164; None: not shown). Neither ever raises."""

    def too_many(self, e164: str | None) -> bool:
        """Whether this number may try no more for now."""
        ...

    def note(self, e164: str | None, origin: str) -> None:
        """Count one, once by its `origin`: a turn may be taken twice."""
        ...


class NoGuesses:
    """Counts nothing: the limit of a single call alone holds."""

    def too_many(self, e164: str | None) -> bool:
        """Nobody is known to have guessed."""
        del e164
        return False

    def note(self, e164: str | None, origin: str) -> None:
        """Nothing is counted."""


class RedisGuesses:
    """Counted in Redis: a set a number, which ends `within_seconds` after its last guess."""

    def __init__(self, client: redis.Redis, breaker: Breaker, policy: ReferencePolicy) -> None:
        self._client = client
        self._breaker = breaker
        self._policy = policy

    def too_many(self, e164: str | None) -> bool:
        """One question, in the time-out of a call; False while Redis is away."""
        if e164 is None or not self._breaker.allows():
            return False
        try:
            tried = int(self._client.scard(f"{_PREFIX}{e164}"))
        except redis.exceptions.RedisError as error:
            self._breaker.failed()
            log.warning("guesses_unknown", error=type(error).__name__)
            return False
        self._breaker.succeeded()
        return tried >= self._policy.wrong

    def note(self, e164: str | None, origin: str) -> None:
        """Two commands in one transaction."""
        if e164 is None or not self._breaker.allows():
            return
        key = f"{_PREFIX}{e164}"
        try:
            with self._client.pipeline(transaction=True) as both:
                both.sadd(key, origin)
                both.expire(key, self._policy.within_seconds)
                both.execute()
        except redis.exceptions.RedisError as error:
            self._breaker.failed()
            log.warning("guess_not_counted", error=type(error).__name__)
            return
        self._breaker.succeeded()
