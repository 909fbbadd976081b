"""A ticket whose caller was told its number before the database had it.

The number is a spare one (`tickets.spare`), and what was told waited on disk. Mostly there is no
ticket yet, and it is opened under that number. But a commit whose answer never came may have taken
place: then there is one of the same origin under another number. As long as nobody knows of
it, the ticket takes the told number for its own; else it keeps its own, and receivers are told of
the other. In both cases it is found by either for ever.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa
import structlog

from tickets.model import NewTicket, Ticket
from tickets.open import Beside, held, nothing_beside, open_ticket
from tickets.reference import is_spare, new_reference
from tickets.schema import deliveries, reference_aliases
from tickets.schema import tickets as table
from tickets.update import Told, next_version

log = structlog.get_logger()

MAY_BE_NAMED = "told_references"
"""The attribute that lists the other numbers by which its caller may know a ticket."""


def open_told(
    engine: sa.Engine,
    new: NewTicket,
    told: str,
    *,
    destinations: Iterable[str],
    updated: Told,
    now: datetime,
    beside: Beside = nothing_beside,
) -> Ticket:
    """Do as `open_ticket`, under the number `told`; however often it is asked, one ticket has it.

    `updated` are told where the ticket is known to others by another number. Should another ticket
    have the number, which must not be, this one has another, and `told` stands beside it. Raises
    what `open_ticket` raises.
    """
    names = tuple(destinations)
    while True:
        numbers = chain((told,), iter(new_reference, None))
        ticket = open_ticket(
            engine,
            new,
            destinations=names,
            now=now,
            mint=numbers.__next__,
            beside=beside,
        )
        if ticket.service_request_id == told:
            return ticket
        known = _known_by(engine, ticket.idempotency_key, told, updated, now)
        if known is not None:
            return known


def _known_by(
    engine: sa.Engine, key: str, told: str, updated: Told, now: datetime
) -> Ticket | None:
    """The ticket of this key, known by the number `told`; None where it was just taken back."""
    with engine.begin() as connection:
        ticket = held(connection, table.c.idempotency_key == key)
        if ticket is None or told == ticket.service_request_id:
            return ticket
        aliases, own = reference_aliases.c, table.c.service_request_id
        alias_of = connection.scalar(sa.select(aliases.ticket_id).where(aliases.reference == told))
        own_of = connection.scalar(sa.select(table.c.idempotency_key).where(own == told))
        if alias_of == key or told in ticket.attributes.get(MAY_BE_NAMED, ()):
            return ticket
        taken = alias_of is not None or own_of is not None
        if not taken and _is_unknown(connection, ticket):
            known, other = _renamed(connection, ticket, told), ticket.service_request_id
        else:
            fields, other = {"attributes": _also(ticket, told)}, told
            known = next_version(connection, ticket, fields, updated, now.astimezone(UTC))
        if alias_of is None:
            connection.execute(reference_aliases.insert(), {"reference": other, "ticket_id": key})
    facts = {"told": told, "reference": known.service_request_id, "call_id": ticket.call_id}
    if taken:
        log.critical("told_reference_taken", **facts)
    else:
        log.warning("ticket_has_two_references", **facts)
    return known


def _renamed(connection: sa.Connection, ticket: Ticket, told: str) -> Ticket:
    """The ticket, with the number that was told for its own."""
    also = _also(ticket, ticket.service_request_id)
    fields: dict[str, Any] = {"service_request_id": told, "attributes": also}
    its = table.c.idempotency_key == ticket.idempotency_key
    connection.execute(table.update().where(its).values(fields))
    return replace(ticket, **fields)


def _also(ticket: Ticket, reference: str) -> Mapping[str, object]:
    """The ticket's attributes, naming another of its numbers."""
    others = (*ticket.attributes.get(MAY_BE_NAMED, ()), reference)
    return {**ticket.attributes, MAY_BE_NAMED: list(others)}


def _is_unknown(connection: sa.Connection, ticket: Ticket) -> bool:
    """Whether nobody knows the ticket by its own number; no attempt to tell one begins meanwhile.

    A spare number may have been told by another process, which led the same turn.
    """
    of_ticket = deliveries.c.ticket_id == ticket.idempotency_key
    attempts = sa.select(deliveries.c.attempts).where(of_ticket).with_for_update()
    return not is_spare(ticket.service_request_id) and not any(connection.scalars(attempts))
