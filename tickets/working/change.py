"""One change of a ticket by a person: seen before it is made, told, and noted in the audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from people.audit import note_change
from people.person import NothingThere, Person
from tickets.model import Ticket
from tickets.open import Beside, held, nothing_beside, of_reference
from tickets.update import Change, Told, update_held
from tickets.working.refusals import SeenAnother

log = structlog.get_logger()

_AUDITED = (
    *("status", "agency_responsible", "assigned_to", "priority"),
    *("expected_datetime", "parent_service_request_id"),
)
"""What the audit repeats of a ticket, before and after: nothing that a caller has said."""


@dataclass(frozen=True, slots=True)
class Office:
    """What changes are made in: the database, and who is told of a ticket's new version."""

    engine: sa.Engine
    told: Told


@dataclass(frozen=True, slots=True)
class Work:
    """That `by` does something to a ticket now, having seen its version `seen`.

    Raises ValueError for a `now` without time zone.
    """

    by: Person
    reference: str
    seen: int
    now: datetime

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("now has no time zone: pass an aware datetime")


def make_change(
    office: Office,
    work: Work,
    action: str,
    change: Change,
    beside: Beside = nothing_beside,
) -> Ticket:
    """Make `change` of the ticket, told to whom it concerns, with a line of the audit.

    What changes nothing leaves no line. Raises NothingThere, SeenAnother, what `change` and
    `beside` raise, and SQLAlchemyError: then nothing has changed.
    """
    with office.engine.begin() as connection:
        return change_held(connection, office.told, work, action, change, beside)


def change_held(
    connection: sa.Connection,
    told: Told,
    work: Work,
    action: str,
    change: Change,
    beside: Beside = nothing_beside,
) -> Ticket:
    """Do as `make_change`, in a transaction that does more."""
    ticket = seen_ticket(connection, work)

    def noted(connection: sa.Connection, changed: Ticket) -> None:
        note_between(connection, work, action, ticket, changed)
        beside(connection, changed)

    changed = update_held(connection, ticket, change, destinations=told, now=work.now, beside=noted)
    if changed is not ticket:
        reference, version = changed.service_request_id, changed.version
        log.info("ticket_worked", action=action, reference=reference, version=version)
    return changed


def seen_ticket(connection: sa.Connection, work: Work) -> Ticket:
    """The ticket, held, in the version that was seen. Raises NothingThere and SeenAnother."""
    ticket = there(connection, work.reference)
    must_be_seen(ticket, work)
    return ticket


def must_be_seen(ticket: Ticket, work: Work) -> None:
    """Raises SeenAnother where somebody has changed it since."""
    if ticket.version != work.seen:
        raise SeenAnother(ticket.service_request_id, work.seen, ticket.version)


def there(connection: sa.Connection, reference: str) -> Ticket:
    """The ticket, which nobody else changes until this transaction ends. Raises NothingThere."""
    ticket = held(connection, of_reference(reference))
    if ticket is None:
        raise NothingThere("there is no ticket of this number")
    return ticket


def note_between(
    connection: sa.Connection, work: Work, action: str, before: Ticket, after: Ticket
) -> None:
    """A line of the audit: what was, and what is."""
    changed = [name for name in _AUDITED if getattr(before, name) != getattr(after, name)]
    note_change(
        connection,
        work.by,
        action,
        after.service_request_id,
        work.now,
        before=_plain(before, changed),
        after=_plain(after, changed),
        version=after.version,
    )


def _plain(ticket: Ticket, names: list[str]) -> Mapping[str, Any]:
    values = {name: getattr(ticket, name) for name in names}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }
