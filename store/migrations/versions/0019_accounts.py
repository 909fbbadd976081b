"""Who signs in to the console, and from where a change came."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Changes so far came from nowhere that is known."""
    op.add_column(
        "blacklist_audit",
        sa.Column("origin", sa.String(length=64), nullable=False, server_default=""),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.Column("signed_in_at", sa.DateTime(timezone=True)),
        sa.Column("second_factor", sa.String(length=16)),
        sa.Column("password_hash", sa.String(length=200)),
        sa.Column("session_key", sa.String(length=64), nullable=False),
        sa.Column("totp_secret", sa.String(length=400)),
        sa.Column("recovery_codes", sa.JSON()),
        sa.Column("invitation_hash", sa.String(length=64)),
        sa.Column("invitation_until", sa.DateTime(timezone=True)),
        sa.Column("oidc_identity", sa.String(length=400)),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("email"),
        sa.UniqueConstraint("session_key"),
        sa.UniqueConstraint("invitation_hash"),
        sa.UniqueConstraint("oidc_identity"),
    )


def downgrade() -> None:
    """Forget both."""
    op.drop_table("accounts")
    with op.batch_alter_table("blacklist_audit") as batch:
        batch.drop_column("origin")
