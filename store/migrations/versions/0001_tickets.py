"""Tickets, their deliveries, and every attempt at one."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of the tickets room."""
    op.create_table(
        "tickets",
        sa.Column("idempotency_key", sa.String(length=36), nullable=False),
        sa.Column("service_request_id", sa.String(length=9), nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("jurisdiction_id", sa.String(length=100), nullable=False),
        sa.Column("service_code", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("requested_datetime", moment, nullable=False),
        sa.Column("updated_datetime", moment, nullable=False),
        sa.Column("expected_datetime", moment, nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("caller_id_withheld", sa.Boolean(), nullable=False),
        sa.Column("location_verified", sa.Boolean(), nullable=False),
        sa.Column("call_id", sa.String(length=100), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("first_name", sa.String(length=100), nullable=True),
        sa.Column("last_name", sa.String(length=100), nullable=True),
        sa.Column("description", sa.String(length=4000), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("long", sa.Float(), nullable=True),
        sa.Column("address_string", sa.String(length=500), nullable=True),
        sa.Column("address_id", sa.String(length=8), nullable=True),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.Column("location_source", sa.String(length=32), nullable=True),
        sa.Column("sub_municipality", sa.String(length=8), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("agency_responsible", sa.JSON(), nullable=False),
        sa.Column("priority", sa.String(length=16), nullable=False),
        sa.Column("parent_service_request_id", sa.String(length=9), nullable=True),
        sa.Column("recording_ref", sa.String(length=200), nullable=True),
        sa.Column("callback_requested", sa.Boolean(), nullable=False),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.Column("external_ids", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("idempotency_key", name=op.f("pk_tickets")),
        sa.UniqueConstraint("origin", name=op.f("uq_tickets_origin")),
        sa.UniqueConstraint("service_request_id", name=op.f("uq_tickets_service_request_id")),
    )
    op.create_index(op.f("ix_tickets_call_id"), "tickets", ["call_id"])
    op.create_index(op.f("ix_tickets_phone"), "tickets", ["phone"])
    op.create_index(op.f("ix_tickets_requested_datetime"), "tickets", ["requested_datetime"])
    op.create_index(op.f("ix_tickets_service_code"), "tickets", ["service_code"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", sa.String(length=36), nullable=False),
        sa.Column("destination", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("ticket_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempts_before_retry", sa.Integer(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("next_attempt_at", moment, nullable=False),
        sa.Column("queued_at", moment, nullable=True),
        sa.Column("queue_count", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("acknowledged_at", moment, nullable=True),
        sa.Column("remote_id", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.idempotency_key"], name=op.f("fk_deliveries_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "ticket_id",
            "destination",
            "event",
            "ticket_version",
            name=op.f("uq_deliveries_ticket_id_destination_event_ticket_version"),
        ),
    )
    op.create_index(
        op.f("ix_deliveries_state_next_attempt_at"), "deliveries", ["state", "next_attempt_at"]
    )
    op.create_table(
        "delivery_attempts",
        sa.Column("delivery_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_delivery_attempts_delivery_id_deliveries"),
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_delivery_attempts")),
    )


def downgrade() -> None:
    """Remove them, with all tickets."""
    op.drop_table("delivery_attempts")
    op.drop_index(op.f("ix_deliveries_state_next_attempt_at"), table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_index(op.f("ix_tickets_service_code"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_requested_datetime"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_phone"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_call_id"), table_name="tickets")
    op.drop_table("tickets")
