"""Numbers to be told with the database away, and the other numbers of tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of reserved numbers and of aliases."""
    op.create_table(
        "reference_aliases",
        sa.Column("reference", sa.String(length=9), nullable=False),
        sa.Column("ticket_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.idempotency_key"],
            name=op.f("fk_reference_aliases_ticket_id_tickets"),
        ),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_reference_aliases")),
    )
    op.create_index(op.f("ix_reference_aliases_ticket_id"), "reference_aliases", ["ticket_id"])
    op.create_table(
        "spare_references",
        sa.Column("reference", sa.String(length=9), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_spare_references")),
    )
    op.create_index(op.f("ix_spare_references_owner"), "spare_references", ["owner"])


def downgrade() -> None:
    """Drop them: what was told with the database away is then found by no number but the other."""
    op.drop_table("spare_references")
    op.drop_table("reference_aliases")
