"""Tokens may be for less than all that their role may do."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those that there are may do all of it, as they could."""
    op.add_column("api_tokens", sa.Column("scopes", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """Forget what they are for."""
    with op.batch_alter_table("api_tokens") as batch:
        batch.drop_column("scopes")
