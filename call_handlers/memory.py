"""What is remembered from one call to the next: a number's language, its unfinished report.

Both are kept in Redis alone: what is lost is asked for once more. A call asks for them once, in its
beginning, together with what is on the air.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import redis
import structlog

from places.on_air import ON_AIR_KEY
from store.breaker import Breaker
from store.redis_wire import ask, packed

log = structlog.get_logger()

KEPT_S = 365 * 24 * 3600
"""How long a language is kept after the last call that was in it (s)."""
DRAFT_KEPT_S = 30 * 60
"""How long a report that was begun may be gone on with (s)."""
_LANGUAGE, _DRAFT = "hotline:language:", "hotline:draft:"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a call begins with; each is empty where nothing is known.

    `language` is the one that the number chose last, `draft` as it was kept, `on_air` what
    `places.on_air` reads.
    """

    language: str = ""
    draft: str = ""
    on_air: str = ""


def kept_of(client: redis.Redis, e164: str | None) -> Remembered:
    """What is kept of this number, and on the air. Raises redis.RedisError."""
    numbered = () if e164 is None else (f"{_LANGUAGE}{e164}", f"{_DRAFT}{e164}")
    found = ask(client, packed("MGET", ON_AIR_KEY, *numbered))
    air, language, draft, *_ = (*map(_text, found), "", "")
    return Remembered(language, draft, air)


class Memory(Protocol):
    """What numbers (E.164) have left behind. None of it ever raises."""

    def of(self, e164: str | None) -> Remembered:
        """What the next call of this number begins with; of a caller without one, what all do."""
        ...

    def keep_language(self, e164: str, language: str) -> None:
        """Remember it for the next call."""
        ...

    def keep_draft(self, e164: str, draft: str) -> None:
        """Remember it for half an hour, in place of one before."""
        ...

    def drop_draft(self, e164: str) -> None:
        """Forget it."""
        ...


class Forgetful:
    """Remembers nothing: every caller is asked."""

    def of(self, e164: str | None) -> Remembered:
        """None is known."""
        del e164
        return Remembered()

    def keep_language(self, e164: str, language: str) -> None:
        """Nothing is kept."""

    def keep_draft(self, e164: str, draft: str) -> None:
        """Nothing is kept."""

    def drop_draft(self, e164: str) -> None:
        """There is none."""


class RedisMemory:
    """Kept in Redis; while that is away nothing is known, and nothing kept."""

    def __init__(self, client: redis.Redis, breaker: Breaker) -> None:
        self._client = client
        self._breaker = breaker

    def of(self, e164: str | None) -> Remembered:
        """One question, in the time-out of a call."""
        found = Remembered()

        def ask() -> None:
            nonlocal found
            found = kept_of(self._client, e164)

        self._asked("memory_unknown", ask)
        return found

    def keep_language(self, e164: str, language: str) -> None:
        """One command; what fails is asked for in the next call."""
        keep = packed("SET", f"{_LANGUAGE}{e164}", language, "EX", KEPT_S)
        self._asked("language_not_kept", lambda: ask(self._client, keep))

    def keep_draft(self, e164: str, draft: str) -> None:
        """One command; where it fails the next call begins anew."""
        keep = packed("SET", f"{_DRAFT}{e164}", draft, "EX", DRAFT_KEPT_S)
        self._asked("draft_not_kept", lambda: ask(self._client, keep))

    def drop_draft(self, e164: str) -> None:
        """One command; where it fails it is offered once more, and ends by itself."""
        drop = packed("DEL", f"{_DRAFT}{e164}")
        self._asked("draft_not_dropped", lambda: ask(self._client, drop))

    def _asked(self, failure: str, command: Callable[[], object]) -> None:
        if not self._breaker.allows():
            return
        try:
            command()
        except redis.exceptions.RedisError as error:
            self._breaker.failed()
            log.warning(failure, error=type(error).__name__)
            return
        self._breaker.succeeded()


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
