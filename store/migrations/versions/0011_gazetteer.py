"""The gazetteer: addresses of the city, found by their plate or their short form."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of addresses."""
    op.create_table(
        "gazetteer",
        sa.Column("building_number", sa.String(length=4), nullable=False),
        sa.Column("postal_code", sa.String(length=5), nullable=False),
        sa.Column("secondary_number", sa.String(length=4), nullable=False),
        sa.Column("short_address", sa.String(length=8), nullable=True),
        sa.Column("keys", sa.String(length=8), nullable=True),
        sa.Column("street_ar", sa.String(length=100), nullable=False),
        sa.Column("street_en", sa.String(length=100), nullable=False),
        sa.Column("district_ar", sa.String(length=100), nullable=False),
        sa.Column("district_en", sa.String(length=100), nullable=False),
        sa.Column("sub_municipality", sa.String(length=32), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("long", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint(
            "building_number", "postal_code", "secondary_number", name=op.f("pk_gazetteer")
        ),
        # A million addresses, each with a key of its own: SQLite keeps them in its order.
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_gazetteer_keys"), "gazetteer", ["keys"])


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("gazetteer")
