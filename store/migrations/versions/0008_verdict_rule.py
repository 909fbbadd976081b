"""Calls keep the rule that decided on them, and what it rests on."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of calls that were before it is not known."""
    op.add_column(
        "calls",
        sa.Column("verdict_rule", sa.String(length=100), nullable=False, server_default=""),
    )


def downgrade() -> None:
    """Forget it."""
    with op.batch_alter_table("calls") as batch:
        batch.drop_column("verdict_rule")
