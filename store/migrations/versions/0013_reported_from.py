"""Tickets keep since when they have their status, and the number that reported them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of tickets that were before neither is known."""
    op.add_column("tickets", sa.Column("status_datetime", sa.DateTime(timezone=True)))
    op.add_column("tickets", sa.Column("reported_from", sa.String(length=16)))
    op.create_index("ix_tickets_reported_from", "tickets", ["reported_from"])


def downgrade() -> None:
    """Forget both."""
    op.drop_index("ix_tickets_reported_from", "tickets")
    with op.batch_alter_table("tickets") as batch:
        batch.drop_column("reported_from")
        batch.drop_column("status_datetime")
