"""Codes of a second factor (TOTP, RFC 6238): each is taken once, as section 5.2 demands."""

from typing import Any

import redis
from flask import current_app
from flask_security import Totp, UserMixin

_KEPT_S = 600
"""A code is over by then: so long its number is remembered."""


class OnceTotp(Totp):
    """Remembers, in Redis, the last code that an account was let in by."""

    def get_last_counter(self, user: UserMixin) -> int | None:
        """The number of the last code that was taken; None where there is none."""
        found: Any = _client().get(_key(user))
        return None if found is None else int(found)

    def set_last_counter(self, user: UserMixin, tmatch: Any) -> None:
        """This code was taken: neither it nor one before it is taken again."""
        _client().set(_key(user), tmatch.counter, ex=_KEPT_S)


def _client() -> redis.Redis:
    client: redis.Redis = current_app.config["SESSION_REDIS"]
    return client


def _key(user: UserMixin) -> str:
    return f"hotline:console:totp:{user.id}"
