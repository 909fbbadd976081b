"""The audit: one line for every change, who made it and when. It is only ever appended to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from people.fields import Change
from people.person import Person
from people.schema import audit
from store.fields import record_of


def line(
    person: Person, action: str, subject: str, now: datetime, details: Mapping[str, Any]
) -> dict[str, Any]:
    """The row of one change, for whoever writes many at once."""
    return {
        "at": now,
        "who": person.name,
        "role": person.role,
        "action": action,
        "subject": subject[:16],
        "details": dict(details),
    }


def note_change(
    connection: sa.Connection,
    person: Person,
    action: str,
    subject: str,
    now: datetime,
    **details: Any,
) -> None:
    """Append one line in the transaction of the change itself: neither is kept without the other.

    `details` are JSON-ready.
    """
    connection.execute(audit.insert(), line(person, action, subject, now, details))


def history(
    connection: sa.Connection, subject: str, *, limit: int = 200, before: int | None = None
) -> list[Change]:
    """The newest changes of a number or prefix, newest first; `before` the one of that id."""
    wanted = sa.select(audit).where(audit.c.subject == subject)
    if before is not None:
        wanted = wanted.where(audit.c.id < before)
    rows = connection.execute(wanted.order_by(audit.c.id.desc()).limit(limit))
    return [record_of(Change, row) for row in rows]
