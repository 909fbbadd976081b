"""A reply to whoever reported a ticket: one more text message of the outbox."""

from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa

from people.audit import note_change
from store.fields import record_of, row_of
from store.sql import database_now, reading
from tickets.hand_out import hand_out
from tickets.mobile import SMS, is_mobile
from tickets.model import Ticket
from tickets.schema import deliveries, ticket_replies
from tickets.working.change import Office, Work, must_be_seen, there
from tickets.working.refusals import CannotReply, Why
from tickets.working.writing import checked_id, checked_text
from tickets.working.written import LONGEST_REPLY, Reply

REPLIED = "ticket.replied"
"""The event of a reply; in a delivery the reply's name stands behind it, with a colon between."""
_NAMED_BY = 14
"""So many letters of its id name it there: what the column holds behind the event."""


NO_REPLY: Mapping[Why, str] = {
    "no_gateway": "no gateway for text messages is set (HOTLINE_SMS__GATEWAY)",
    "no_number": "who reported it has left no number",
    "no_mobile": "the number of who reported it is no mobile's",
}


class Sent(NamedTuple):
    """A reply and the state of its delivery: it is with the gateway once that is acknowledged."""

    reply: Reply
    state: str


def reply(
    office: Office, work: Work, text: str, *, gateway: bool, reply_id: str | None = None
) -> Reply:
    """Send who reported the ticket a text message, after all that they were sent before.

    `gateway` is whether text messages are sent at all; `reply_id` makes a repetition of the same
    request the same reply, whatever version the ticket has by then. The ticket stays as it is.
    Raises CannotReply, WrongText, SeenAnother, NothingThere and SQLAlchemyError.
    """
    made, said = checked_id(reply_id), checked_text(text, LONGEST_REPLY)
    with office.engine.begin() as connection:
        ticket = there(connection, work.reference)
        known = _known(connection, ticket, made)
        if known is not None:
            return known
        must_be_seen(ticket, work)
        why = why_no_reply(ticket, gateway=gateway)
        if why is not None:
            raise CannotReply(why, NO_REPLY[why])
        sent = Reply(made, work.now, work.by.name, said, _hand_out(connection, ticket, made))
        row = {"ticket_id": ticket.idempotency_key, **row_of(sent)}
        connection.execute(ticket_replies.insert(), row)
        written = {"reply": made, "delivery": sent.delivery_id, "characters": len(said)}
        reference = ticket.service_request_id
        note_change(connection, work.by, "ticket_replied", reference, work.now, **written)
    return sent


def why_no_reply(ticket: Ticket, *, gateway: bool) -> Why | None:
    """Why who reported the ticket can be sent no text message; None where they can."""
    if not gateway:
        return "no_gateway"
    if ticket.phone is None:
        return "no_number"
    if not is_mobile(ticket.phone):
        return "no_mobile"
    return None


def replies_of(connection: sa.Connection, ticket: Ticket) -> list[Sent]:
    """What they were sent, oldest first."""
    rows = connection.execute(
        sa.select(ticket_replies, deliveries.c.state)
        .join(deliveries, deliveries.c.id == ticket_replies.c.delivery_id)
        .where(ticket_replies.c.ticket_id == ticket.idempotency_key)
        .order_by(ticket_replies.c.at, ticket_replies.c.id)
    )
    return [Sent(record_of(Reply, row), row.state) for row in rows]


def find_reply(engine: sa.Engine, ticket_id: str, name: str) -> str | None:
    """The text of a ticket's reply by its name in the delivery; None where it is not there."""
    its = (
        ticket_replies.c.ticket_id == ticket_id,
        ticket_replies.c.id.startswith(name, autoescape=True),
    )
    with reading(engine) as connection:
        found: str | None = connection.scalar(sa.select(ticket_replies.c.text).where(*its).limit(1))
    return found


def _hand_out(connection: sa.Connection, ticket: Ticket, reply_id: str) -> str:
    """The delivery of a reply, numbered behind the messages that this person was sent before.

    By that number a destination is told of things in their order, and not of the second before it
    has the first; replies are no versions of the ticket, of which there may be several.
    """
    its = (deliveries.c.ticket_id == ticket.idempotency_key, deliveries.c.destination == SMS)
    last = connection.scalar(sa.select(sa.func.max(deliveries.c.ticket_version)).where(*its)) or 0
    event = f"{REPLIED}:{reply_id[:_NAMED_BY]}"
    moment = database_now(connection)
    version = max(last + 1, ticket.version)
    (delivery_id,) = hand_out(connection, ticket, event, (SMS,), moment, version=version)
    return delivery_id


def _known(connection: sa.Connection, ticket: Ticket, reply_id: str) -> Reply | None:
    its = (ticket_replies.c.id == reply_id, ticket_replies.c.ticket_id == ticket.idempotency_key)
    row = connection.execute(sa.select(ticket_replies).where(*its)).one_or_none()
    return None if row is None else record_of(Reply, row)
