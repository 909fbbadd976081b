"""Notes that the back office writes to itself, and what a written text may be."""

import re
import uuid
from datetime import datetime

import sqlalchemy as sa

from people.audit import note_change
from people.person import Person
from store.fields import record_of, row_of
from tickets.model import Ticket
from tickets.schema import ticket_notes
from tickets.working.change import Office, there
from tickets.working.refusals import WrongText
from tickets.working.written import LONGEST_NOTE, Note

_ID = re.compile(r"[0-9a-f]{32}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def add_note(
    office: Office,
    by: Person,
    reference: str,
    text: str,
    *,
    now: datetime,
    note_id: str | None = None,
) -> Note:
    """Write a note beside the ticket, which stays as it is: no destination is told of it.

    It overwrites nothing, so no version is asked for. `note_id` (`new_id`) makes a repetition of
    the same request the same note. Raises WrongText, NothingThere and SQLAlchemyError.
    """
    note = Note(checked_id(note_id), now, by.name, checked_text(text, LONGEST_NOTE))
    with office.engine.begin() as connection:
        ticket = there(connection, reference)
        known = _known(connection, ticket, note.id)
        if known is not None:
            return known
        row = {"ticket_id": ticket.idempotency_key, **row_of(note)}
        connection.execute(ticket_notes.insert(), row)
        written = {"note": note.id, "characters": len(note.text)}
        note_change(connection, by, "ticket_noted", ticket.service_request_id, now, **written)
    return note


def notes_of(connection: sa.Connection, ticket: Ticket) -> list[Note]:
    """Its notes, oldest first."""
    rows = connection.execute(
        sa.select(ticket_notes)
        .where(ticket_notes.c.ticket_id == ticket.idempotency_key)
        .order_by(ticket_notes.c.at, ticket_notes.c.id)
    )
    return [record_of(Note, row) for row in rows]


def new_id() -> str:
    """What a form carries, so that sending it twice writes once."""
    return uuid.uuid4().hex


def checked_id(given: str | None) -> str:
    """`given`, or a new one. Raises WrongText for what `new_id` did not make."""
    if given is None:
        return new_id()
    if not _ID.fullmatch(given):
        unknown = "the form's number has not 32 hexadecimal digits: load the page again"
        raise WrongText("form_unknown", unknown)
    return given


def checked_text(text: str, longest: int) -> str:
    """The text as it is kept: lines end as they do here, and nothing is around it.

    Raises WrongText where nothing is left, for more than `longest` characters, and for control
    characters.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not lines:
        raise WrongText("text_empty", "the text is empty")
    if len(lines) > longest:
        long = f"the text has {len(lines)} characters: cut it to {longest}"
        raise WrongText("text_long", long)
    if _CONTROL.search(lines):
        raise WrongText("text_control", "the text holds control characters: remove them")
    return lines


def _known(connection: sa.Connection, ticket: Ticket, note_id: str) -> Note | None:
    its = (ticket_notes.c.id == note_id, ticket_notes.c.ticket_id == ticket.idempotency_key)
    row = connection.execute(sa.select(ticket_notes).where(*its)).one_or_none()
    return None if row is None else record_of(Note, row)
