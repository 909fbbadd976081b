"""Calls know the trunk that they came by; strikes, how many calls of their number were served."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Calls that were before have no trunk, and strikes none that were served."""
    op.add_column(
        "calls", sa.Column("trunk", sa.String(length=40), nullable=False, server_default="")
    )
    op.add_column(
        "blacklist_strikes", sa.Column("served", sa.Integer(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    """Forget both."""
    with op.batch_alter_table("blacklist_strikes") as batch:
        batch.drop_column("served")
    with op.batch_alter_table("calls") as batch:
        batch.drop_column("trunk")
