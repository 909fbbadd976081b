"""What a destination has, held against what it was given: missing, older, and what is not ours."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from store.fields import record_of
from store.sql import reading
from tickets.destination import Asked, Held, Message
from tickets.model import Ticket
from tickets.put_back import put_back
from tickets.schema import deliveries, tickets

_SETTLES_S = 60.0
"""What was delivered a moment ago may not be in the destination's listings yet."""
_AT_ONCE = 500
_AT_REST = ("pending", "failed", "acknowledged", "dead")
"""Of deliveries that no worker has in hand, and that no destination is still asked about."""


@dataclass(frozen=True, slots=True)
class Given:
    """A ticket that a destination has acknowledged: the newest version, and by which delivery."""

    delivery_id: str
    message: Message

    @property
    def reference(self) -> str:
        """Its reference number."""
        return self.message.ticket.service_request_id


@dataclass(frozen=True, slots=True)
class Difference:
    """One ticket that is not alike: `missing` there, `older` there, or `extra`: not given by us."""

    what: Literal["missing", "older", "extra"]
    reference: str | None
    remote_id: str | None
    version: int | None = None
    theirs: int | None = None
    delivery_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many were given, how many the destination told of, and what is not alike.

    `lists` is whether it tells all that it has: else nothing that is extra can be found.
    """

    given: int
    held: int
    differences: tuple[Difference, ...]
    lists: bool


def reconcile(
    engine: sa.Engine, name: str, destination: Asked, since: datetime, now: datetime
) -> Reconciled:
    """Ask `destination` for tickets opened from `since` on (aware), and compare.

    What is on its way, or was given up, is no difference: `hotline deliveries list` has that.
    Raises CannotAsk, and SQLAlchemyError.
    """
    given = _given(engine, name, since, now - timedelta(seconds=_SETTLES_S))
    held = list(destination.held(since, [one.message for one in given]))
    found = [*_lacking(given, held)]
    if destination.lists:
        found += _extra(engine, name, held)
    return Reconciled(len(given), len(held), tuple(found), destination.lists)


def send_again(engine: sa.Engine, differences: Sequence[Difference]) -> int:
    """Have what is missing or older delivered once more; how many deliveries.

    Of a ticket that is missing everything is, in its order: a later version alone would find no
    ticket there that it belongs to. Raises SQLAlchemyError.
    """
    count = 0
    for one in differences:
        if one.delivery_id is None:
            continue
        if one.what == "missing":
            its = _all_of_its_ticket(one.delivery_id)
            count += put_back(engine, *its, states=_AT_REST, gone=True)
        else:
            count += put_back(engine, deliveries.c.id == one.delivery_id, states=("acknowledged",))
    return count


def _all_of_its_ticket(delivery_id: str) -> Iterator[sa.ColumnElement[bool]]:
    """The conditions of whatever that destination was to be told of that ticket."""
    one = deliveries.alias("one")
    for name in ("ticket_id", "destination"):
        its = sa.select(one.c[name]).where(one.c.id == delivery_id)
        yield deliveries.c[name] == its.scalar_subquery()


def _given(engine: sa.Engine, name: str, since: datetime, until: datetime) -> list[Given]:
    of_it = sa.select(
        tickets,
        deliveries.c.id.label("delivery_id"),
        deliveries.c.event,
        deliveries.c.ticket_version,
        deliveries.c.remote_id,
        deliveries.c.created_at,
    )
    rows = (
        of_it.join(deliveries, deliveries.c.ticket_id == tickets.c.idempotency_key)
        .where(
            deliveries.c.destination == name,
            deliveries.c.state == "acknowledged",
            tickets.c.requested_datetime >= since,
            deliveries.c.acknowledged_at <= until,
        )
        .order_by(tickets.c.requested_datetime, deliveries.c.ticket_version)
    )
    newest: dict[str, Given] = {}
    with reading(engine) as connection:
        for row in connection.execute(rows):
            ticket = record_of(Ticket, row)
            before = newest.get(ticket.idempotency_key)
            message = Message(
                ticket,
                row.event,
                row.ticket_version,
                remote_id=row.remote_id or (before.message.remote_id if before else None),
                repeated=True,
                first_sent_at=row.created_at,
            )
            newest[ticket.idempotency_key] = Given(row.delivery_id, message)
    return list(newest.values())


def _lacking(given: Sequence[Given], held: Sequence[Held]) -> Iterator[Difference]:
    newest = sorted(held, key=lambda one: one.version or 0)  # a list may have each version
    by_reference = {one.reference: one for one in newest if one.reference is not None}
    by_number = {one.remote_id: one for one in held if one.remote_id is not None}
    for one in given:
        message = one.message
        known = by_reference.get(one.reference)
        if known is None and message.remote_id is not None:
            known = by_number.get(message.remote_id)
        ours, number = message.version, message.remote_id
        if known is None:
            yield Difference("missing", one.reference, number, ours, None, one.delivery_id)
        elif known.version is not None and known.version < ours:
            theirs = known.version
            yield Difference("older", one.reference, number, ours, theirs, one.delivery_id)


def _extra(engine: sa.Engine, name: str, held: Sequence[Held]) -> Iterator[Difference]:
    references = [one.reference for one in held if one.reference is not None]
    numbers = [one.remote_id for one in held if one.remote_id is not None]
    ours = _known(engine, name, tickets.c.service_request_id, references)
    theirs = _known(engine, name, deliveries.c.remote_id, numbers)
    for one in held:
        if one.reference not in ours and one.remote_id not in theirs:
            yield Difference("extra", one.reference, one.remote_id, None, one.version)


def _known(
    engine: sa.Engine, name: str, column: sa.ColumnElement[str | None], wanted: Sequence[str]
) -> Collection[str | None]:
    """Which of these the tickets have that were to be given to this destination."""
    found: set[str | None] = set()
    with reading(engine) as connection:
        for first in range(0, len(wanted), _AT_ONCE):
            rows = (
                sa.select(column)
                .select_from(deliveries.join(tickets))
                .where(
                    deliveries.c.destination == name,
                    column.in_(wanted[first : first + _AT_ONCE]),
                )
            )
            found.update(connection.scalars(rows))
    return found
