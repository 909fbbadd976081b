"""Once a day a destination may be sent the list of its tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """None has been sent."""
    op.create_table(
        "digests",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("destination", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("next_attempt_at", _MOMENT, nullable=False),
        sa.Column("queued_at", _MOMENT),
        sa.Column("queue_count", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.String(length=32)),
        sa.Column("lease_until", _MOMENT),
        sa.Column("last_status", sa.Integer()),
        sa.Column("last_error", sa.String(length=500)),
        sa.Column("sent_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_digests"),
    )
    op.create_index("ix_digests_state_next_attempt_at", "digests", ["state", "next_attempt_at"])


def downgrade() -> None:
    """Forget which were sent."""
    op.drop_table("digests")
