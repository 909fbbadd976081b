"""Machines' drafts of what was said in recordings: asked for, made, told, one day destroyed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table of drafts."""
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("last_error", sa.String(length=100), nullable=True),
        sa.Column("text", sa.String(length=4000), nullable=True),
        sa.Column("made_by", sa.String(length=100), nullable=True),
        sa.Column("made_at", moment, nullable=True),
        sa.Column("delete_after", moment, nullable=True),
        sa.Column("removed_at", moment, nullable=True),
        sa.Column("next_attempt_at", moment, nullable=False),
        sa.Column("queued_at", moment, nullable=True),
        sa.Column("queue_count", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("lease_until", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("call_id", "turn", name=op.f("uq_drafts_call_id_turn")),
    )
    op.create_index(op.f("ix_drafts_ticket_id"), "drafts", ["ticket_id"])
    op.create_index(op.f("ix_drafts_state_next_attempt_at"), "drafts", ["state", "next_attempt_at"])


def downgrade() -> None:
    """Take the table away, and what machines wrote with it."""
    op.drop_table("drafts")
