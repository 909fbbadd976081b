"""Deliveries wait for days and are polled; a destination that fails is left alone."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Of deliveries that were before all of it is unknown, and every circuit is closed."""
    op.add_column("deliveries", sa.Column("token", sa.String(length=500)))
    op.add_column("deliveries", sa.Column("accepted_at", _MOMENT))
    op.add_column("deliveries", sa.Column("waits_from", _MOMENT))
    op.add_column("deliveries", sa.Column("early", sa.Boolean()))
    op.add_column("delivery_attempts", sa.Column("answer", sa.String(length=200)))
    op.add_column("destinations", sa.Column("open_until", _MOMENT))
    op.add_column("destinations", sa.Column("disabled_at", _MOMENT))


def downgrade() -> None:
    """Forget all of it."""
    with op.batch_alter_table("destinations") as batch:
        batch.drop_column("disabled_at")
        batch.drop_column("open_until")
    with op.batch_alter_table("delivery_attempts") as batch:
        batch.drop_column("answer")
    with op.batch_alter_table("deliveries") as batch:
        for name in ("early", "waits_from", "accepted_at", "token"):
            batch.drop_column(name)
