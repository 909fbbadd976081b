"""PINs of the codes that inside telephones dial."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table of PINs."""
    op.create_table(
        "pins",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=3), nullable=False),
        sa.Column("hash", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("revoked_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pins")),
    )
    op.create_index(op.f("ix_pins_number"), "pins", ["number"])


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("pins")
