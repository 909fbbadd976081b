"""A route that has its operation with it, bound to the house."""

from dataclasses import dataclass, replace

from blacklist.record.operations import Operation
from call_handlers.fields import CallEvent, CallRecord
from console.api.route import Route
from console.masking import masked
from people.permissions import may
from people.person import Person
from tickets.model import Ticket


@dataclass(frozen=True, slots=True)
class Served(Route):
    """A route and the operation that it asks for; its `does` is given who asks."""

    asks: Operation | None = None

    @property
    def operation(self) -> Operation:
        """What it asks for."""
        assert self.asks is not None
        return self.asks


def call_for(person: Person, call: CallRecord) -> CallRecord:
    """The record as this person may see it."""
    if may(person, "numbers.see"):
        return call
    e164 = masked(call.e164) if call.e164 else None
    return replace(call, caller=masked(call.caller) if call.caller else "", e164=e164)


def event_for(person: Person, event: CallEvent) -> CallEvent:
    """What came of a turn: digits may be a number that somebody is to be called back on."""
    short = len(event.input) < 2
    return (
        event
        if short or may(person, "numbers.see")
        else replace(event, input="•" * len(event.input))
    )


def ticket_for(person: Person, ticket: Ticket) -> Ticket:
    """The ticket as this person may see it."""
    if may(person, "numbers.see"):
        return ticket
    phone, reported = ticket.phone, ticket.reported_from
    attributes = {
        name: masked(str(value)) if name == "called_from" and value else value
        for name, value in ticket.attributes.items()
    }
    return replace(
        ticket,
        phone=masked(phone) if phone else phone,
        reported_from=masked(reported) if reported else reported,
        attributes=attributes,
        first_name=None,
        last_name=None,
    )
