"""Opening a ticket: the ticket and its outbox in one transaction, once per origin."""

import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from store.bulk import RowsInsert
from store.fields import record_of, row_of
from store.sql import database_now, reading
from tickets.hand_out import hand_out
from tickets.model import OPENED, NewTicket, Ticket, given_fields
from tickets.reference import new_reference
from tickets.schema import deliveries, reference_aliases, ticket_notes, ticket_replies
from tickets.schema import tickets as table

log = structlog.get_logger()

BACKOFFICE = "backoffice"
"""The name of the destination that every ticket is delivered to."""
UNCONFIRMED = "unconfirmed"
"""The attribute of a ticket whose caller hung up before they sent it."""
CONFIRMED_WITHIN_S = 5
"""The caller's last key may be told after their end: so long is such a ticket kept back."""
_REFERENCE_TRIES = 10
Beside = Callable[[sa.Connection, Ticket], object]
"""What is written down with a ticket, in its transaction; it may come twice. May raise
SQLAlchemyError, which the ticket then shares."""
_INSERT = RowsInsert(table.insert())
_BY_KEY = sa.select(table).where(table.c.idempotency_key == sa.bindparam("key"))


def nothing_beside(_connection: sa.Connection, _ticket: Ticket) -> None:
    """The ticket and its outbox alone."""


def open_ticket(
    engine: sa.Engine,
    new: NewTicket,
    *,
    destinations: Iterable[str],
    now: datetime,
    mint: Callable[[], str] = new_reference,
    beside: Beside = nothing_beside,
) -> Ticket:
    """Commit `new` and one delivery row per destination; when this returns, both are on disk.

    The same `new.origin` again returns the first ticket unchanged, also when two callers race; but
    one that was unconfirmed becomes confirmed when `new` is, or takes attributes that it lacked,
    and is one to call back about when either is.
    `now` must be aware; `mint` makes reference numbers; `beside` writes what belongs to it. Raises
    ValueError for a naive `now`, sqlalchemy.exc.SQLAlchemyError when the database is away: then
    neither ticket nor delivery exists.
    """
    names = tuple(destinations)
    for _ in range(_REFERENCE_TRIES):
        ticket = build_ticket(new, now, mint())
        try:
            with engine.begin() as connection:
                _INSERT(connection, [row_of(ticket)])
                if names:
                    wait_s = CONFIRMED_WITHIN_S if ticket.attributes.get(UNCONFIRMED) else 0
                    moment = database_now(connection)
                    hand_out(connection, ticket, OPENED, names, moment, wait_s=wait_s)
                beside(connection, ticket)
        except IntegrityError:
            existing = _merged(engine, new.origin, new, beside)
            if existing is not None:
                return existing
            log.info("reference_taken_again")
        else:
            log.info("ticket_opened", reference=ticket.service_request_id, call_id=ticket.call_id)
            return ticket
    raise RuntimeError(f"no free reference number in {_REFERENCE_TRIES} tries")


def withdraw_ticket(engine: sa.Engine, reference: str) -> bool:
    """Take an unconfirmed ticket back, as long as nobody has been told of it; whether it is gone.

    What the back office has begun to work on is known.

    Raises sqlalchemy.exc.SQLAlchemyError when the database is away: then it is there.
    """
    untold = (deliveries.c.attempts == 0, deliveries.c.queued_at.is_(None))
    with engine.connect() as connection, connection.begin() as transaction:
        ticket = held(connection, of_reference(reference))
        if ticket is None:
            return True
        if not ticket.attributes.get(UNCONFIRMED) or _is_worked(connection, ticket):
            return False
        of_ticket = deliveries.c.ticket_id == ticket.idempotency_key
        known = connection.scalar(sa.select(sa.func.count()).where(of_ticket))
        gone = connection.execute(deliveries.delete().where(of_ticket, *untold)).rowcount
        if gone != known:
            transaction.rollback()
            return False
        also = reference_aliases.c.ticket_id == ticket.idempotency_key
        connection.execute(reference_aliases.delete().where(also))
        its = table.c.idempotency_key == ticket.idempotency_key
        connection.execute(table.delete().where(its))
    log.info("ticket_withdrawn", reference=reference, call_id=ticket.call_id)
    return True


def _is_worked(connection: sa.Connection, ticket: Ticket) -> bool:
    if ticket.status != "open" or ticket.assigned_to is not None:
        return True
    its = ticket_notes.c.ticket_id == ticket.idempotency_key
    sent = ticket_replies.c.ticket_id == ticket.idempotency_key
    written = sa.or_(sa.exists().where(its), sa.exists().where(sent))
    return bool(connection.scalar(sa.select(written)))


def withdraw_unnamed(engine: sa.Engine, call_id: str, named: Collection[str]) -> list[str]:
    """Take back what a call has left unconfirmed and does not name; what is gone, by reference.

    Raises sqlalchemy.exc.SQLAlchemyError when the database is away.
    """
    return [
        ticket.service_request_id
        for ticket in list_tickets(engine, call_id=call_id)
        if ticket.attributes.get(UNCONFIRMED)
        and ticket.service_request_id not in named
        and withdraw_ticket(engine, ticket.service_request_id)
    ]


def find_ticket(engine: sa.Engine, reference: str) -> Ticket | None:
    """The ticket with this reference number, be it its own or another that was told for it."""
    with reading(engine) as connection:
        return find_in(connection, reference)


def find_in(connection: sa.Connection, reference: str) -> Ticket | None:
    """The same, by what this connection sees."""
    row = connection.execute(sa.select(table).where(of_reference(reference))).first()
    return None if row is None else record_of(Ticket, row)


def of_reference(reference: str) -> sa.ColumnElement[bool]:
    """The condition of the one ticket that is found by this number.

    A ticket's own number goes before the same number as another's alias.
    """
    own = table.c.service_request_id == reference
    alias = sa.select(reference_aliases.c.ticket_id).where(
        reference_aliases.c.reference == reference,
        ~sa.exists(sa.select(sa.literal(1)).where(own).correlate(None)),
    )
    return sa.or_(own, table.c.idempotency_key == alias.scalar_subquery())


def list_tickets(
    engine: sa.Engine,
    *,
    call_id: str | None = None,
    phone: str | None = None,
    service_code: str | None = None,
    status: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Ticket]:
    """Tickets, newest first, that match all that is given."""
    wanted = {"call_id": call_id, "phone": phone, "service_code": service_code, "status": status}
    statement = (
        sa.select(table)
        .where(*(table.c[name] == value for name, value in wanted.items() if value is not None))
        .order_by(table.c.requested_datetime.desc(), table.c.idempotency_key)
        .limit(limit)
        .offset(offset)
    )
    with reading(engine) as connection:
        return [record_of(Ticket, row) for row in connection.execute(statement)]


def ticket_by_key(connection: sa.Connection, idempotency_key: str) -> Ticket:
    """The ticket that a delivery row belongs to; the foreign key promises that it exists."""
    return record_of(Ticket, connection.execute(_BY_KEY, {"key": idempotency_key}).one())


def expected_by(now: datetime, target_hours: int | None) -> datetime | None:
    """By when what is begun `now` is promised to be done; None where nothing is promised."""
    return None if target_hours is None else now.astimezone(UTC) + timedelta(hours=target_hours)


def build_ticket(new: NewTicket, now: datetime, reference: str) -> Ticket:
    """The ticket that `new` becomes, with a fresh idempotency key; nothing is written."""
    if now.tzinfo is None:
        raise ValueError("now has no time zone: pass an aware datetime")
    moment = now.astimezone(UTC)
    return Ticket(
        **given_fields(new),
        service_request_id=reference,
        idempotency_key=str(uuid.uuid4()),
        status="open",
        requested_datetime=moment,
        updated_datetime=moment,
        status_datetime=moment,
        expected_datetime=expected_by(moment, new.target_hours),
        version=1,
        address_string=new.address_string or new.address.one_line() or new.sub_municipality,
        address_id=new.address.short_address,
        address=new.address.as_dict(),
        satisfaction=None,
        external_ids={},
    )


def _merged(engine: sa.Engine, origin: str, new: NewTicket, beside: Beside) -> Ticket | None:
    """The ticket of this origin, with what `new` knows besides; None where there is none (now)."""
    with engine.begin() as connection:
        ticket = held(connection, table.c.origin == origin)
        if ticket is None or not ticket.attributes.get(UNCONFIRMED):
            return ticket
        before = ticket.attributes if new.attributes.get(UNCONFIRMED) else {}
        merged = replace(
            ticket,
            attributes={**new.attributes, **before},
            callback_requested=ticket.callback_requested or new.callback_requested,
        )
        if merged == ticket:
            return ticket
        values = {name: getattr(merged, name) for name in ("attributes", "callback_requested")}
        of_ticket = table.c.idempotency_key == ticket.idempotency_key
        connection.execute(table.update().where(of_ticket).values(values))
        beside(connection, merged)
    event = "ticket_merged" if merged.attributes.get(UNCONFIRMED) else "ticket_confirmed"
    log.info(event, reference=ticket.service_request_id, call_id=ticket.call_id)
    return merged


def held(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Ticket | None:
    """A ticket that nobody else changes until this transaction ends; SQLite's are all such."""
    row = connection.execute(sa.select(table).where(condition).with_for_update()).one_or_none()
    return None if row is None else record_of(Ticket, row)
