"""The tables of tickets and of their ways to destinations. Times are UTC."""

import sqlalchemy as sa

from outbox.work import waiting_columns
from store.fields import table_of
from store.sql import UtcDateTime, room_metadata
from tickets.model import Ticket
from tickets.working.written import Note, Reply

metadata = room_metadata()


def _few(name: str | None, condition: str, *columns: str) -> sa.Index:
    """An index of the rows alone of which `condition` holds, however many others there are."""
    where = sa.text(condition)
    return sa.Index(name, *columns, sqlite_where=where, postgresql_where=where)


UNDONE = "state IN ('pending', 'sent', 'failed', 'dead')"
"""Deliveries that wait or were given up: whoever asks in these words is answered by their index."""
_ASKED = ("idempotency_key", "status", "service_code", "sub_municipality", "assigned_to")
"""What a queue is narrowed by, behind its order: whoever goes along reads no row to leave it."""

tickets = table_of(
    "tickets",
    metadata,
    Ticket,
    # Written by the database itself (revision 0021): until when what is open is promised, a day far
    # away where nothing is, and nothing where it is closed. The queues go by it.
    sa.Column("due_at", UtcDateTime),
    sa.Index("ix_tickets_newest", "requested_datetime", *_ASKED, "due_at"),
    _few("ix_tickets_due", "due_at IS NOT NULL", "due_at", *_ASKED),
    _few("ix_tickets_open", "due_at IS NOT NULL", "status", "due_at"),
    # SQLite reads each row to see that its `due_at` is nothing, where that is not in the index too.
    _few("ix_tickets_ended", "due_at IS NULL", "status_datetime", "status", "due_at"),
    _few(None, "parent_service_request_id IS NOT NULL", "parent_service_request_id"),
)

# Whose a ticket is, a row a department: a list inside a column has no index on both databases. It
# is written by the database itself, as `due_at` is.
ticket_departments = sa.Table(
    "ticket_departments",
    metadata,
    sa.Column(
        "ticket_id",
        sa.String(36),
        sa.ForeignKey(tickets.c.idempotency_key, ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("department", sa.String(100), primary_key=True),
    sa.Column("requested_datetime", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime),
    sa.Index(
        "ix_ticket_departments_newest", "department", "requested_datetime", "ticket_id", "due_at"
    ),
    _few(None, "due_at IS NOT NULL", "department", "due_at", "ticket_id"),
    sqlite_with_rowid=False,  # its key is all that there is of it
)


def _of_ticket() -> sa.Column[str]:
    key = sa.ForeignKey(tickets.c.idempotency_key)
    return sa.Column("ticket_id", sa.String(36), key, nullable=False, index=True)


ticket_notes = table_of("ticket_notes", metadata, Note, first=(_of_ticket(),))
ticket_replies = table_of("ticket_replies", metadata, Reply, first=(_of_ticket(),))

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("ticket_id", sa.String(36), sa.ForeignKey(tickets.c.idempotency_key), nullable=False),
    sa.Column("destination", sa.String(64), nullable=False),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("ticket_version", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # Attempts made before an admin put it back: the policy counts those after it.
    sa.Column("attempts_before_retry", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    *waiting_columns(),
    sa.Column("last_status", sa.Integer),
    sa.Column("last_error", sa.String(500)),
    sa.Column("acknowledged_at", UtcDateTime),
    sa.Column("remote_id", sa.String(100)),
    # What the destination gave to ask by, since it has said that it will see to it.
    sa.Column("token", sa.String(500)),
    sa.Column("accepted_at", UtcDateTime),
    # Since when it waits for its next attempt, where that is not since it is there.
    sa.Column("waits_from", UtcDateTime),
    # Whether it is not to wait any longer: an attempt that its retry policy does not count.
    sa.Column("early", sa.Boolean),
    sa.UniqueConstraint("ticket_id", "destination", "event", "ticket_version"),
    sa.Index(None, "state", "next_attempt_at"),
    _few("ix_deliveries_undone", UNDONE, "state", "destination", "created_at", "accepted_at"),
)

delivery_attempts = sa.Table(
    "delivery_attempts",
    metadata,
    sa.Column("delivery_id", sa.String(32), sa.ForeignKey(deliveries.c.id), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("outcome", sa.String(16)),
    sa.Column("status", sa.Integer),
    sa.Column("error", sa.String(500)),
    # The first line of what it answered, nothing personal in it.
    sa.Column("answer", sa.String(200)),
)

# The lists of a day's tickets that destinations are sent; `id` says both, so that there is one.
digests = sa.Table(
    "digests",
    metadata,
    sa.Column("id", sa.String(48), primary_key=True),
    sa.Column("destination", sa.String(64), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    *waiting_columns(),
    sa.Column("last_status", sa.Integer),
    sa.Column("last_error", sa.String(500)),
    sa.Column("sent_at", UtcDateTime),
    # Who has not got it yet, since others have.
    sa.Column("token", sa.String(500)),
    sa.Column("accepted_at", UtcDateTime),
    sa.Index(None, "state", "next_attempt_at"),
)

destinations = sa.Table(
    "destinations",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    # In a row, of what every ticket would have met.
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("failing_since", UtcDateTime),
    sa.Column("last_status", sa.Integer),
    sa.Column("last_error", sa.String(500)),
    # While it is set, one attempt is made at this moment and none before.
    sa.Column("open_until", UtcDateTime),
    # It has asked for nothing more, until a person says otherwise.
    sa.Column("disabled_at", UtcDateTime),
)

reference_aliases = sa.Table(
    "reference_aliases",
    metadata,
    # Another number by which a ticket is found: somebody may have been told it.
    sa.Column("reference", sa.String(9), primary_key=True),
    sa.Column(
        "ticket_id",
        sa.String(36),
        sa.ForeignKey(tickets.c.idempotency_key),
        nullable=False,
        index=True,
    ),
)

spare_references = sa.Table(
    "spare_references",
    metadata,
    # Never taken out again: a number that was reserved may have been told.
    sa.Column("reference", sa.String(9), primary_key=True),
    # The file of a machine that has it (`tickets.spare_file`).
    sa.Column("owner", sa.String(32), nullable=False, index=True),
    sa.Column("reserved_at", UtcDateTime, nullable=False),
)
