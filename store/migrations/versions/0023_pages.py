"""Pages of work cost the same however much is done: what is open has indexes of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_ASKED = ("idempotency_key", "status", "service_code", "sub_municipality", "assigned_to")
_ORDER = ("department", "requested_datetime", "ticket_id")
_OF_DEPARTMENT = "ix_ticket_departments_department_requested_datetime_ticket_id"
_ENDED = ("status_datetime", "status")
_UNDONE = "state IN ('pending', 'sent', 'failed', 'dead')"


def upgrade() -> None:
    """The newest are known by whether they are open; what is open, or undone, is counted apart."""
    op.drop_index("ix_tickets_newest", "tickets")
    op.drop_index("ix_tickets_ended", "tickets")
    op.drop_index(_OF_DEPARTMENT, "ticket_departments")
    _make("ix_tickets_newest", "tickets", "requested_datetime", *_ASKED, "due_at")
    _make("ix_tickets_ended", "tickets", *_ENDED, "due_at", where="due_at IS NULL")
    _make("ix_tickets_open", "tickets", "status", "due_at", where="due_at IS NOT NULL")
    _make("ix_ticket_departments_newest", "ticket_departments", *_ORDER, "due_at")
    counted = ("state", "destination", "created_at", "accepted_at")
    _make("ix_deliveries_undone", "deliveries", *counted, where=_UNDONE)


def downgrade() -> None:
    """Find all of it as before."""
    op.drop_index("ix_deliveries_undone", "deliveries")
    op.drop_index("ix_ticket_departments_newest", "ticket_departments")
    for name in ("open", "ended", "newest"):
        op.drop_index(f"ix_tickets_{name}", "tickets")
    _make("ix_tickets_newest", "tickets", "requested_datetime", *_ASKED)
    _make("ix_tickets_ended", "tickets", *_ENDED, where="due_at IS NULL")
    _make(_OF_DEPARTMENT, "ticket_departments", *_ORDER)


def _make(name: str, table: str, *columns: str, where: str = "") -> None:
    few = sa.text(where) if where else None
    op.create_index(name, table, list(columns), sqlite_where=few, postgresql_where=few)
