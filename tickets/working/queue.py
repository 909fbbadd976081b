"""The back office's queue: tickets that somebody looks for, a page at a time, by keyset.

A page costs what it shows: it is read along an index in the order in which it is shown. What
narrows it further stands in that index too, so that a ticket which is passed over is not read.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa

from store.fields import record_of
from store.sql import beyond, reading
from tickets.model import CLOSED_STATUSES, OPEN_STATUSES, Ticket
from tickets.open import of_reference
from tickets.schema import ticket_departments as theirs
from tickets.schema import tickets as table

Order = Literal["newest", "most_overdue", "ended_last"]
"""`most_overdue` has those alone that are still to be done, `ended_last` what has ended lately."""
State = Literal["", "open", "overdue", "closed"]
Place = tuple[datetime, str]
"""Behind which ticket a page begins: the moment that the order goes by, and its key."""
NO_DATE = datetime(9000, 1, 1, tzinfo=UTC)
"""Until when a ticket is due for which nothing is promised (revision 0021)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which tickets: all that is given must hold. `reference` is any number of the ticket's.

    `assigned_to` is a person's name; `unassigned`: nobody works it. `ended_since` (aware) is for
    the order `ended_last`, which needs it: those that have ended then or later.
    """

    department: str = ""
    sub_municipality: str = ""
    service_code: str = ""
    status: str = ""
    state: State = ""
    assigned_to: str = ""
    unassigned: bool = False
    reference: str = ""
    ended_since: datetime | None = None


def list_queue(
    engine: sa.Engine,
    wanted: Wanted,
    *,
    now: datetime,
    order: Order = "newest",
    limit: int = 50,
    after: Place | None = None,
) -> list[Ticket]:
    """At most `limit` tickets in this order, behind the place `after`.

    Raises SQLAlchemyError, and ValueError where the order is of what `wanted` does not say.
    What is due by `now` (aware) and not done is overdue.
    """
    with reading(engine) as connection:
        rows = connection.execute(_asked(wanted, now, order, after).limit(limit))
        return [record_of(Ticket, row) for row in rows]


def place_of(ticket: Ticket, order: Order) -> Place:
    """Where the ticket stands in this order: what the page behind it begins with."""
    if order == "newest":
        return ticket.requested_datetime, ticket.idempotency_key
    if order == "ended_last":
        return ticket.status_datetime or ticket.requested_datetime, ticket.idempotency_key
    return ticket.expected_datetime or NO_DATE, ticket.idempotency_key


def is_overdue(ticket: Ticket, now: datetime) -> bool:
    """Whether it was to be done by `now` (aware), and is not."""
    due = ticket.expected_datetime
    return ticket.is_open and due is not None and due < now


def _asked(wanted: Wanted, now: datetime, order: Order, after: Place | None) -> sa.Select[Any]:
    # Of a department the order stands beside its name: one index has both.
    along_its_own = bool(wanted.department) and not _narrows(wanted) and order != "ended_last"
    whose = theirs.c if along_its_own else table.c
    key = theirs.c.ticket_id if along_its_own else table.c.idempotency_key
    asked = sa.select(table).where(*_conditions(wanted))
    its = theirs.c.department == wanted.department
    if along_its_own:
        asked = asked.join_from(theirs, table).where(its)
    elif wanted.department:
        asked = asked.where(sa.exists().where(its, theirs.c.ticket_id == table.c.idempotency_key))
    if order == "ended_last":
        if wanted.ended_since is None:
            raise ValueError("the order ended_last needs ended_since: since when")
        since = table.c.status_datetime >= wanted.ended_since
        moment, falling = table.c.status_datetime, True
        asked = asked.where(table.c.due_at.is_(None), since).order_by(moment.desc(), key.desc())
    elif order == "newest":
        asked = asked.where(*_among_all(wanted, whose.due_at, now))
        moment, falling = whose.requested_datetime, True
        asked = asked.order_by(moment.desc(), key.desc())
    else:
        asked = asked.where(*_among_open(wanted, whose.due_at, now))
        moment, falling = whose.due_at, False
        asked = asked.order_by(moment, key)
    return asked if after is None else asked.where(beyond((moment, key), after, falling=falling))


def _narrows(wanted: Wanted) -> bool:
    """Whether what is wanted of a department leaves few of its tickets.

    Then pages go along all tickets, whose index has what they are narrowed by, and those few are
    looked up among the department's. Not so of a service, which is mostly all of its department's.
    """
    by_person = bool(wanted.assigned_to) or wanted.unassigned
    return bool(wanted.status or wanted.sub_municipality) or by_person


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    names = ("sub_municipality", "service_code", "status", "assigned_to")
    given = {name: getattr(wanted, name) for name in names}
    conditions = [table.c[name] == value for name, value in given.items() if value]
    if wanted.unassigned:
        conditions.append(table.c.assigned_to.is_(None))
    if wanted.reference:
        conditions.append(of_reference(wanted.reference))
    return conditions


def _among_all(
    wanted: Wanted, due_at: sa.Column[Any], now: datetime
) -> list[sa.ColumnElement[bool]]:
    """What a state means, in words that lead SQLite to no other index than that of the order.

    PostgreSQL, which weighs them, sees through these words.
    """
    closed, status = wanted.state == "closed", wanted.status
    if wanted.state and status in (OPEN_STATUSES if closed else CLOSED_STATUSES):
        return [sa.false()]  # there is none, and it would be looked for among all
    if closed:
        return [table.c.status.not_in(OPEN_STATUSES)]
    late = [(due_at >= now) == sa.false()] if wanted.state == "overdue" else []
    return [due_at.is_not(None), *late] if wanted.state else []


def _among_open(
    wanted: Wanted, due_at: sa.Column[Any], now: datetime
) -> list[sa.ColumnElement[bool]]:
    """The same in the words of the index along which these pages go: it has what is open alone."""
    if wanted.state == "closed" or wanted.status in CLOSED_STATUSES:
        return [sa.false()]
    late = due_at < now if wanted.state == "overdue" else sa.true()
    return [due_at.is_not(None), late]
