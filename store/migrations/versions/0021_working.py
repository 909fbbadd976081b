"""Tickets are worked: by whom, in which queue, with notes and replies to their callers."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_OPEN = sa.text("due_at IS NOT NULL")
_ENDED = sa.text("due_at IS NULL")
_PARENT = sa.text("parent_service_request_id IS NOT NULL")
_CLOSED = (
    "'fixed', 'closed', 'duplicate', 'no_further_action', 'not_our_responsibility', 'cancelled'"
)
_DUE = (
    "CASE WHEN {of}status IN ({closed}) THEN NULL ELSE coalesce({of}expected_datetime, {far}) END"
)
_FAR = {
    "sqlite": "'9000-01-01 00:00:00.000000'",
    "postgresql": "TIMESTAMPTZ '9000-01-01 00:00:00+00'",
}
_LISTED = {
    "sqlite": "json_each({of}agency_responsible) AS listed "
    "WHERE json_type({of}agency_responsible) = 'array'",
    "postgresql": "json_array_elements_text(CASE json_typeof({of}agency_responsible) "
    "WHEN 'array' THEN {of}agency_responsible ELSE '[]' END) AS listed(value) WHERE true",
}
_WRITE = (
    "INSERT INTO ticket_departments (ticket_id, department, requested_datetime, due_at) "
    "SELECT DISTINCT {of}idempotency_key, substr(CAST(listed.value AS varchar), 1, 100), "
    "{of}requested_datetime, {due} FROM {source}{listed} AND listed.value IS NOT NULL"
)
_FORGET = "DELETE FROM ticket_departments WHERE ticket_id = NEW.idempotency_key"
_CHANGES = "UPDATE OF status, expected_datetime, agency_responsible ON tickets"


def upgrade() -> None:
    """Every ticket there is stands in its queues; nobody works one yet.

    What the queues go by is kept by triggers: also of a ticket that an earlier release writes on
    these tables, or an import.
    """
    kind = op.get_bind().dialect.name
    op.add_column("tickets", sa.Column("assigned_to", sa.String(length=100)))
    op.add_column("tickets", sa.Column("due_at", _MOMENT))
    _make_tables()
    op.execute(f"UPDATE tickets SET due_at = {_due(kind, '')}")  # noqa: S608 - constants
    op.execute(_write(kind, "tickets.", "tickets, "))
    for statement in _triggers(kind):
        op.execute(statement)
    _make_indexes()


def _make_tables() -> None:
    op.create_table(
        "ticket_departments",
        sa.Column("ticket_id", sa.String(length=36), nullable=False),
        sa.Column("department", sa.String(length=100), nullable=False),
        sa.Column("requested_datetime", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.idempotency_key"],
            name="fk_ticket_departments_ticket_id_tickets",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ticket_id", "department", name="pk_ticket_departments"),
        sqlite_with_rowid=False,
    )
    for name, most, more in (
        ("ticket_notes", 4000, ()),
        ("ticket_replies", 480, ("delivery_id",)),
    ):
        op.create_table(
            name,
            sa.Column("ticket_id", sa.String(length=36), nullable=False),
            sa.Column("id", sa.String(length=32), nullable=False),
            sa.Column("at", _MOMENT, nullable=False),
            sa.Column("who", sa.String(length=100), nullable=False),
            sa.Column("text", sa.String(length=most), nullable=False),
            *(sa.Column(one, sa.String(length=32), nullable=False) for one in more),
            sa.ForeignKeyConstraint(
                ["ticket_id"], ["tickets.idempotency_key"], name=f"fk_{name}_ticket_id_tickets"
            ),
            sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        )
        op.create_index(f"ix_{name}_ticket_id", name, ["ticket_id"])


def _make_indexes() -> None:
    op.drop_index("ix_tickets_requested_datetime", "tickets")
    op.drop_index("ix_tickets_service_code", "tickets")
    asked = ("idempotency_key", "status", "service_code", "sub_municipality", "assigned_to")
    _index("ix_tickets_newest", "tickets", "requested_datetime", *asked)
    _index("ix_tickets_due", "tickets", "due_at", *asked, where=_OPEN)
    _index("ix_tickets_ended", "tickets", "status_datetime", "status", where=_ENDED)
    above = "parent_service_request_id"
    _index(f"ix_tickets_{above}", "tickets", above, where=_PARENT)
    name, table = "ix_ticket_departments_department", "ticket_departments"
    days = ("requested_datetime", "ticket_id")
    _index(f"{name}_{'_'.join(days)}", table, "department", *days)
    _index(f"{name}_due_at_ticket_id", table, "department", "due_at", "ticket_id", where=_OPEN)


def _index(name: str, table: str, *columns: str, where: sa.TextClause | None = None) -> None:
    op.create_index(name, table, list(columns), sqlite_where=where, postgresql_where=where)


def _due(kind: str, of: str) -> str:
    return _DUE.format(of=of, closed=_CLOSED, far=_FAR[kind])


def _write(kind: str, of: str, source: str) -> str:
    listed = _LISTED[kind].format(of=of)
    return _WRITE.format(of=of, due=_due(kind, of), source=source, listed=listed)


def _triggers(kind: str) -> tuple[str, ...]:
    due, write = _due(kind, "NEW."), _write(kind, "NEW.", "")
    if kind == "sqlite":
        its = "WHERE idempotency_key = NEW.idempotency_key"
        set_due = f"UPDATE tickets SET due_at = {due} {its}"  # noqa: S608 - constants
        return (
            f"CREATE TRIGGER tickets_queued AFTER INSERT ON tickets BEGIN {set_due}; {write}; END",
            f"CREATE TRIGGER tickets_queued_anew AFTER {_CHANGES} "
            f"BEGIN {set_due}; {_FORGET}; {write}; END",
        )
    return (
        "CREATE FUNCTION ticket_due() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$BEGIN NEW.due_at := {due}; RETURN NEW; END$$",
        "CREATE FUNCTION ticket_queued() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$BEGIN IF TG_OP = 'UPDATE' THEN {_FORGET}; END IF; {write}; RETURN NULL; END$$",
        f"CREATE TRIGGER tickets_due BEFORE INSERT OR {_CHANGES} "
        "FOR EACH ROW EXECUTE FUNCTION ticket_due()",
        f"CREATE TRIGGER tickets_queued AFTER INSERT OR {_CHANGES} "
        "FOR EACH ROW EXECUTE FUNCTION ticket_queued()",
    )


def downgrade() -> None:
    """Forget who works what, the notes and the replies."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER tickets_queued")
        op.execute("DROP TRIGGER tickets_queued_anew")
    else:
        for name in ("tickets_queued", "tickets_due"):
            op.execute(f"DROP TRIGGER {name} ON tickets")
        op.execute("DROP FUNCTION ticket_queued")
        op.execute("DROP FUNCTION ticket_due")
    for name in ("ticket_replies", "ticket_notes", "ticket_departments"):
        op.drop_table(name)
    for name in ("parent_service_request_id", "ended", "due", "newest"):
        op.drop_index(f"ix_tickets_{name}", "tickets")
    op.create_index("ix_tickets_service_code", "tickets", ["service_code"])
    op.create_index("ix_tickets_requested_datetime", "tickets", ["requested_datetime"])
    for name in ("due_at", "assigned_to"):
        op.drop_column("tickets", name)
