"""The audit: one line for every change, who made it and when. It is only ever appended to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from people.fields import Change
from people.identity import at_telephone
from people.person import Person
from people.schema import audit
from store.fields import record_of


def line(
    person: Person, action: str, subject: str, now: datetime, details: Mapping[str, Any]
) -> dict[str, Any]:
    """The row of one change, for whoever writes many at once.

    A token has whatever name its maker gave it: so its id stands in the details.
    """
    return {
        "at": now,
        "who": person.name,
        "role": person.role,
        "action": action,
        "subject": subject[:16],
        "details": {**details, **({"token": person.token} if person.token else {})},
        "origin": person.origin,
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
    connection: sa.Connection,
    subject: str | None = None,
    *,
    limit: int = 200,
    before: int | None = None,
    made_by: str | None = None,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Change]:
    """The newest changes, newest first; what is given narrows them.

    `subject` is a number, a prefix or a token, `before` the id of a change, `made_by` a name, in
    capitals or not, from whichever telephone. `since` counts from it on, `until` up to before it.
    """
    wanted = sa.select(audit)
    for column, value in ((audit.c.subject, subject), (audit.c.action, action)):
        if value is not None:
            wanted = wanted.where(column == value)
    if before is not None:
        wanted = wanted.where(audit.c.id < before)
    if made_by is not None:
        name, who = made_by.casefold(), sa.func.lower(audit.c.who)
        there = who.startswith(at_telephone("", name), autoescape=True)
        wanted = wanted.where(sa.or_(who == name, there))
    if since is not None:
        wanted = wanted.where(audit.c.at >= since)
    if until is not None:
        wanted = wanted.where(audit.c.at < until)
    rows = connection.execute(wanted.order_by(audit.c.id.desc()).limit(limit))
    return [record_of(Change, row) for row in rows]
