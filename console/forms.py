"""Forms that are sent once, however often somebody presses: each has a name of its own."""

import secrets

from flask import request

from console.house import House

_KEPT_S = 3600


def sent(name: str, otherwise: str, at: str) -> str:
    """What the form at this path had in a field, where it was sent and the page comes again."""
    if request.method != "POST" or request.path != at:
        return otherwise
    return request.form.get(name, otherwise)


def new_form() -> str:
    """A name for a form of the page that is made now."""
    return secrets.token_urlsafe(9)


def first_time(house: House, form: str) -> bool:
    """Whether the form of this name is sent for the first time. One without a name is, each time.

    Raises RedisError: then nothing is done.
    """
    if not form:
        return True
    return bool(house.redis.set(_key(form), b"", nx=True, ex=_KEPT_S))


def forget(house: House, form: str) -> None:
    """What it asked for was refused: it may be sent again."""
    if form:
        house.redis.delete(_key(form))


def _key(form: str) -> str:
    return f"hotline:console:form:{form[:32]}"
