"""PINs that guard the telephone codes: a person's number, and a slow hash of the PIN."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table. Of a person, and of a person's number, one PIN stands."""
    op.create_table(
        "pins",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("scrypt_n", sa.Integer(), nullable=False),
        sa.Column("scrypt_r", sa.Integer(), nullable=False),
        sa.Column("scrypt_p", sa.Integer(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pins")),
    )
    standing = sa.text("ended_at IS NULL")
    for column in ("name", "number"):
        op.create_index(
            op.f(f"uq_pins_{column}_standing"),
            "pins",
            [column],
            unique=True,
            sqlite_where=standing,
            postgresql_where=standing,
        )


def downgrade() -> None:
    """Remove it: the telephone codes are nobody's then."""
    op.drop_table("pins")
