"""A ticket that is there is changed: its next version and its outbox in one transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import structlog

from store.sql import database_now
from tickets.hand_out import hand_out
from tickets.model import OPENED, UPDATED, Ticket
from tickets.open import Beside, held, nothing_beside, of_reference
from tickets.schema import deliveries
from tickets.schema import tickets as table

log = structlog.get_logger()

Change = Callable[[Ticket], Mapping[str, Any]]
"""The fields that become others, by name; none where the ticket is as it shall be already."""
Told = Callable[[Ticket, Sequence[str]], Iterable[str]]
"""Who is told of a ticket's new version; given are those who were to be told that it is there."""


def update_ticket(
    engine: sa.Engine,
    reference: str,
    change: Change,
    *,
    destinations: Told,
    now: datetime,
    beside: Beside = nothing_beside,
) -> Ticket | None:
    """Make `change` of the ticket, and tell `destinations` of its new version.

    Those who were never told of the ticket are told that it is there.

    The ticket as it is afterwards, None where there is none of this reference. It may be asked
    again: `change` sees what stands there and says what is still to be done. `beside` writes what
    belongs to it. Raises ValueError for a `now` without time zone, and
    sqlalchemy.exc.SQLAlchemyError when the database is away: then nothing has changed.
    """
    if now.tzinfo is None:
        raise ValueError("now has no time zone: pass an aware datetime")
    with engine.begin() as connection:
        ticket = held(connection, of_reference(reference))
        if ticket is None:
            return None
        changed = update_held(
            connection, ticket, change, destinations=destinations, now=now, beside=beside
        )
    if changed is not ticket:
        log.info("ticket_updated", reference=reference, version=changed.version)
    return changed


def update_held(
    connection: sa.Connection,
    ticket: Ticket,
    change: Change,
    *,
    destinations: Told,
    now: datetime,
    beside: Beside = nothing_beside,
) -> Ticket:
    """Do as `update_ticket`, of a ticket that this transaction holds; itself where it stays.

    Raises SQLAlchemyError, and what `change` and `beside` raise.
    """
    fields = change(ticket)
    if not fields:
        return ticket
    changed = next_version(connection, ticket, fields, destinations, now.astimezone(UTC))
    beside(connection, changed)
    return changed


def next_version(
    connection: sa.Connection,
    ticket: Ticket,
    fields: Mapping[str, Any],
    destinations: Told,
    moment: datetime,
) -> Ticket:
    """The ticket, held in this transaction, with other `fields`; `destinations` are told of it.

    `moment` is UTC. Raises SQLAlchemyError.
    """
    changes = {**fields, "updated_datetime": moment, "version": ticket.version + 1}
    if fields.get("status", ticket.status) != ticket.status:
        changes["status_datetime"] = moment
    its = table.c.idempotency_key == ticket.idempotency_key
    connection.execute(table.update().where(its).values(changes))
    changed = replace(ticket, **changes)
    _tell(connection, changed, destinations)
    return changed


def _tell(connection: sa.Connection, changed: Ticket, destinations: Told) -> None:
    """Who has heard of the ticket is told of its change; who has not, that it is there.

    These were added since, or it concerns them only now. What opens it gives it as it is now: they
    need no change besides, which many of them could put nowhere. It goes before every later one.
    """
    before = _told(connection, changed.idempotency_key)
    names = tuple(destinations(changed, before))
    moment = database_now(connection)
    hand_out(connection, changed, UPDATED, (one for one in names if one in before), moment)
    fresh = (one for one in names if one not in before)
    hand_out(connection, replace(changed, version=1), OPENED, fresh, moment)


def _told(connection: sa.Connection, ticket_id: str) -> Sequence[str]:
    its = (deliveries.c.ticket_id == ticket_id, deliveries.c.event == OPENED)
    return connection.scalars(sa.select(deliveries.c.destination).where(*its)).all()
