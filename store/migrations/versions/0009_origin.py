"""Calls know the origin that their network names for them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Calls that were before have none."""
    op.add_column(
        "calls", sa.Column("origin", sa.String(length=32), nullable=False, server_default="")
    )


def downgrade() -> None:
    """Forget it."""
    with op.batch_alter_table("calls") as batch:
        batch.drop_column("origin")
