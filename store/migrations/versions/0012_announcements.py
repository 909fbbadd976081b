"""Announcements: what callers hear from when until when, who put it there, who ended it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table of announcements."""
    op.create_table(
        "announcements",
        sa.Column("id", sa.String(length=8), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("template", sa.String(length=32), nullable=False),
        sa.Column("starts_at", moment, nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    op.create_index(op.f("ix_announcements_until"), "announcements", ["until"])


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("announcements")
