"""`/api/v1/tickets`: the back office's queue and what is done to a ticket, as its pages do it.

A change says which version of the ticket it has seen: of another nothing is written over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, TypeAdapter

from blacklist.record.arguments import Arguments, Page, Plain
from blacklist.record.operations import Operation
from call_handlers.timeline import story_of
from console.api.idempotency import request_id
from console.api.pages import Moment, Pages
from console.api.resources.served import Served, ticket_for
from console.house import House
from console.opening import Given, opened
from console.workers import workers
from people.permissions import Permission
from people.person import NothingThere, Person
from tickets.model import Ticket
from tickets.outbox import Attempt, Delivery
from tickets.working.assigning import assign
from tickets.working.change import Office, Work
from tickets.working.merging import merge
from tickets.working.queue import State, Wanted, list_queue, place_of
from tickets.working.replying import Sent, reply
from tickets.working.status import set_priority, set_status
from tickets.working.whole import whole_ticket
from tickets.working.writing import add_note
from tickets.working.written import LONGEST_NOTE, LONGEST_REPLY, Note, Reply

ROOT = "/api/v1/tickets"
_ONE = f"{ROOT}/{{ticket}}"
_Word = Annotated[str, StringConstraints(max_length=100), Plain]
_Version = Annotated[int, Field(ge=1, le=2**31 - 1, description="The version that was seen")]
_PLACE: TypeAdapter[Any] = TypeAdapter(
    tuple[Moment, Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{1,36}$")]]
)


class TicketsAsked(Page):
    """Which tickets: all that is given must hold; the newest first."""

    department: _Word = ""
    sub_municipality: _Word = ""
    service_code: _Word = ""
    status: _Word = ""
    state: State = ""
    assigned_to: _Word = ""
    unassigned: bool = False


class NewBody(Given):
    """A new ticket; `call` is that in which it was told."""

    call: _Word | None = None


class StatusBody(Arguments):
    """Another status."""

    version: _Version
    status: _Word


class PriorityBody(Arguments):
    """Another priority."""

    version: _Version
    priority: Literal["low", "normal", "high"]


class AssignmentBody(Arguments):
    """Whose it is: departments, and who works it."""

    version: _Version
    departments: Annotated[tuple[_Word, ...], Field(min_length=1, max_length=20)]
    person: _Word | None = None


class NoteBody(Arguments):
    """A note that neither a destination nor the caller is told."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NOTE), Plain]


class ReplyBody(Arguments):
    """A text message to who reported it."""

    version: _Version
    text: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REPLY), Plain]


class MergeBody(Arguments):
    """The ticket that this one repeats."""

    version: _Version
    parent: Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")]


@dataclass(frozen=True, slots=True)
class Way:
    """A delivery of the ticket, with every attempt."""

    delivery: Delivery
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class TicketTold:
    """A ticket, what was written about it, its deliveries, and those that repeat it."""

    ticket: Ticket
    notes: tuple[Note, ...]
    replies: tuple[Sent, ...]
    deliveries: tuple[Way, ...]
    duplicates: tuple[str, ...]


def routes(house: House) -> tuple[Served, ...]:
    """What can be asked about tickets, and done to them."""
    room, office = house.tickets, Office(house.engine, house.tickets.told)

    def listed(person: Person, *, after: Any, limit: int, **which: Any) -> list[Ticket]:
        found = list_queue(house.engine, Wanted(**which), now=house.now(), limit=limit, after=after)
        return [ticket_for(person, ticket) for ticket in found]

    def one(person: Person, ticket: str) -> TicketTold:
        found = whole_ticket(house.engine, ticket)
        if found is None:
            raise NothingThere("there is no such ticket")
        return TicketTold(
            ticket_for(person, found.ticket),
            found.notes,
            found.replies,
            tuple(Way(way, tries) for way, tries in found.ways),
            tuple(each.service_request_id for each in found.duplicates),
        )

    def new(person: Person, *, call: str | None, **given: Any) -> Ticket:
        story = None if call is None else story_of(house.engine, call, house.recordings.folder)
        if call is not None and story is None:
            raise NothingThere("there is no such call")
        made = opened(house, person, Given(**given), form=request_id(), story=story)
        return ticket_for(person, made)

    def changing(how: Callable[..., Ticket]) -> Callable[..., Ticket]:
        def changed(by: Person, ticket: str, /, *, version: int, **given: Any) -> Ticket:
            return ticket_for(by, how(Work(by, ticket, version, house.now()), **given))

        return changed

    def status(work: Work, *, status: str) -> Ticket:
        return set_status(office, work, status, room.services)

    def priority(work: Work, *, priority: str) -> Ticket:
        return set_priority(office, work, priority)

    def assigned(work: Work, *, departments: tuple[str, ...], person: str | None) -> Ticket:
        known, people = tuple(room.departments), workers(house)
        return assign(
            office, work, departments=departments, person=person, known=known, people=people
        )

    def merged(work: Work, *, parent: str) -> Ticket:
        return merge(office, work, parent)

    def noted(person: Person, ticket: str, *, text: str) -> Note:
        return add_note(office, person, ticket, text, now=house.now(), note_id=request_id())

    def replied(person: Person, ticket: str, *, version: int, text: str) -> Reply:
        work = Work(person, ticket, version, house.now())
        return reply(office, work, text, gateway=room.gateway, reply_id=request_id())

    def change(
        name: str, summary: str, needed: Permission, how: Any, gives: Any, takes: type[Arguments]
    ) -> Served:
        operation = Operation(
            f"ticket_{name}", summary, needed, how, gives, takes, of="ticket", misses=True
        )
        status = 201 if name in ("notes", "replies") else 200
        return Served(operation.name, "POST", f"{_ONE}/{name}", status, asks=operation)

    pages = Pages(lambda ticket: _place(ticket), _PLACE)
    return (
        Served("list_tickets", "GET", ROOT, pages=pages, asks=Operation(
            "list_tickets", "The queue, newest first", "tickets.read", listed, list[Ticket],
            TicketsAsked)),
        Served("open_ticket", "POST", ROOT, 201, asks=Operation(
            "open_ticket", "A new ticket, of what somebody was told", "tickets.open", new, Ticket,
            NewBody, misses=True)),
        Served("show_ticket", "GET", _ONE, asks=Operation(
            "show_ticket", "One ticket with all that belongs to it", "tickets.read", one,
            TicketTold, of="ticket", misses=True)),
        change("status", "Another status; only legal steps", "tickets.work", changing(status),
               Ticket, StatusBody),
        change("priority", "Another priority", "tickets.work", changing(priority), Ticket,
               PriorityBody),
        change("assignment", "Whose it is, and who works it", "tickets.work", changing(assigned),
               Ticket, AssignmentBody),
        change("notes", "A note among the back office", "tickets.work", noted, Note, NoteBody),
        change("replies", "A text message to who reported it", "tickets.reply", replied, Reply,
               ReplyBody),
        change("merge", "It repeats another ticket", "tickets.merge", changing(merged), Ticket,
               MergeBody),
    )  # fmt: skip


def _place(ticket: Ticket) -> tuple[str, str]:
    moment, key = place_of(ticket, "newest")
    return moment.isoformat(), key
