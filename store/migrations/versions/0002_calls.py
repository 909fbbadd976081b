"""Call records: the calls, and what happened in them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of call records."""
    op.create_table(
        "calls",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("provider_id", sa.String(length=200), nullable=False),
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("e164", sa.String(length=16), nullable=True),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.Column("attestation", sa.String(length=1), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("flow", sa.String(length=64), nullable=False),
        sa.Column("flow_version", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("verdict_reason", sa.String(length=64), nullable=False),
        sa.Column("screening", sa.String(length=16), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("disposition", sa.String(length=16), nullable=False),
        sa.Column("transferred_to", sa.String(length=32), nullable=False),
        sa.Column("tickets", sa.JSON(), nullable=False),
        sa.Column("last_node", sa.String(length=64), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("path", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
    )
    op.create_index(op.f("ix_calls_e164"), "calls", ["e164"])
    op.create_index(op.f("ix_calls_started_at"), "calls", ["started_at"])
    still_open = sa.text("ended_at IS NULL")
    op.create_index(
        op.f("ix_calls_open"),
        "calls",
        ["started_at"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_table(
        "call_events",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("prompts", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("input", sa.String(length=64), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name=op.f("fk_call_events_call_id_calls")
        ),
        sa.PrimaryKeyConstraint("call_id", "position", name=op.f("pk_call_events")),
    )


def downgrade() -> None:
    """Remove them, with all call records."""
    op.drop_table("call_events")
    op.drop_index(op.f("ix_calls_open"), table_name="calls")
    op.drop_index(op.f("ix_calls_started_at"), table_name="calls")
    op.drop_index(op.f("ix_calls_e164"), table_name="calls")
    op.drop_table("calls")
