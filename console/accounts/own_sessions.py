"""The sessions of an account, for their owner to look at and to end (OWASP ASVS 5.0, 7.5.2).

A set in Redis names those that refer to one key of an account. With another key, by which all end,
there are none. To its owner a session is known by a sum over its number, never by the number.
"""

import hashlib
import time
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis
from flask import Flask, Request

PREFIX = "hotline:console:session:"
_SETS = "hotline:console:sessions:"
_WHOSE = "_user_id"
"""What a session has of who is in by it: the key of their account (Flask-Login)."""
BEGAN, ORIGIN, PROGRAM = "began", "origin", "program"
_BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS X", "Linux")


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A session: since when, when it was used last, from where (an address), by which browser.

    `here` is the one that asks.
    """

    name: str
    began: datetime
    seen: datetime
    origin: str
    program: str
    here: bool


def begin(session: MutableMapping[str, Any], request: Request) -> None:
    """Write into a session that somebody is in by it from now on."""
    session[BEGAN] = time.time()
    session[ORIGIN] = request.remote_addr or ""
    session[PROGRAM] = _program(request.user_agent.string)


class Register:
    """The sets. `longest_s` is the age (s) at which a session ends at the latest."""

    def __init__(self, app: Flask, client: redis.Redis, idle_s: int, longest_s: int) -> None:
        self._interface: Any = app.session_interface
        self._client, self._idle_s, self._longest_s = client, idle_s, max(longest_s, 1)

    def note(self, session: Any) -> None:
        """Name a session that somebody is in by. Raises RedisError."""
        if _WHOSE in session:
            whose = str(session[_WHOSE])
            gone = [one for one in self._numbers(whose) if not self._client.exists(PREFIX + one)]
            with self._client.pipeline() as together:
                together.sadd(_SETS + whose, session.sid)
                together.expire(_SETS + whose, self._longest_s)
                if gone:  # who signs in every day would have more of them every day
                    together.srem(_SETS + whose, *gone)
                together.execute()

    def of(self, key: str, here: str) -> list[OwnSession]:
        """The sessions that refer to this key, the newest first; `here` is the number of ours."""
        found = (self._look(number, number == here) for number in self._numbers(key))
        return sorted((one for one in found if one), key=lambda one: one.began, reverse=True)

    def end(self, key: str, name: str) -> bool:
        """End the session of this name, if it is one of that key's; whether it was."""
        for number in self._numbers(key):
            if _name(number) == name:
                self._client.srem(_SETS + key, number)
                return bool(self._client.delete(PREFIX + number))
        return False

    def _numbers(self, key: str) -> Iterator[str]:
        members: Any = self._client.smembers(_SETS + key)
        return (member.decode() for member in members)

    def _look(self, number: str, here: bool) -> OwnSession | None:
        kept = self._interface.kept(number)
        if not kept or BEGAN not in kept:
            return None
        left: Any = self._client.ttl(PREFIX + number)
        seen = time.time() - max(self._idle_s - int(left), 0)
        return OwnSession(
            name=_name(number),
            began=datetime.fromtimestamp(kept[BEGAN], UTC),
            seen=datetime.fromtimestamp(max(seen, kept[BEGAN]), UTC),
            origin=kept.get(ORIGIN, ""),
            program=kept.get(PROGRAM, ""),
            here=here,
        )


def _name(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()[:16]


def _program(told: str) -> str:
    """What a browser says of itself, as far as its owner knows it again."""
    browser = next((name for mark, name in _BROWSERS if mark in told), "")
    system = next((name for name in _SYSTEMS if name in told), "")
    return ", ".join(part for part in (browser, system) if part)
