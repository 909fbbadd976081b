"""Who is put off by a mail server is sent the day's list later, and nobody else once more."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of lists that were sent before nobody is left."""
    op.add_column("digests", sa.Column("token", sa.String(length=500)))
    op.add_column("digests", sa.Column("accepted_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Forget who is left."""
    with op.batch_alter_table("digests") as batch:
        batch.drop_column("accepted_at")
        batch.drop_column("token")
