"""Recordings that a provider holds until they are fetched, kept, and one day removed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table of recordings."""
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("provider_sid", sa.String(length=34), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("next_attempt_at", moment, nullable=False),
        sa.Column("queued_at", moment, nullable=True),
        sa.Column("queue_count", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("last_error", sa.String(length=100), nullable=True),
        sa.Column("bytes", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("fetched_at", moment, nullable=True),
        sa.Column("delete_after", moment, nullable=True),
        sa.Column("removed_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        sa.UniqueConstraint("provider_sid", name=op.f("uq_recordings_provider_sid")),
        sa.UniqueConstraint("name", name=op.f("uq_recordings_name")),
        sa.UniqueConstraint("call_id", "turn", name=op.f("uq_recordings_call_id_turn")),
    )
    op.create_index(
        op.f("ix_recordings_state_next_attempt_at"), "recordings", ["state", "next_attempt_at"]
    )


def downgrade() -> None:
    """Remove it; the files stay."""
    op.drop_index(op.f("ix_recordings_state_next_attempt_at"), table_name="recordings")
    op.drop_table("recordings")
