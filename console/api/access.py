"""Who asks: bearer tokens (RFC 6750), answered with a person and a role."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from people.person import Person
from people.tokens import holder
from store.sql import reading

Holder = Callable[[str | None], Person | None]
"""The person behind an `Authorization` header; None for none, or one that is not good."""


def token_holder(engine: sa.Engine, now: Callable[[], datetime]) -> Holder:
    """Looks tokens up in the record. It raises SQLAlchemyError when the database is away."""

    def found(header: str | None) -> Person | None:
        scheme, _, text = (header or "").partition(" ")
        if scheme.casefold() != "bearer":
            return None
        with reading(engine) as connection:
            return holder(connection, text.strip(), now())

    return found
