"""The version of a call's flow is a sum over its content; before it was a number."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Numbers stay what they are, as text."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(
            "calls",
            "flow_version",
            type_=sa.String(16),
            server_default="",
            postgresql_using="flow_version::text",
        )
        return
    # SQLite would make numbers of sums that look like some while the column is one of numbers.
    _exchange(sa.Column("flow_text", sa.String(16), nullable=False, server_default=""), "TEXT")


def downgrade() -> None:
    """Versions that are no numbers become 0, which no flow had."""
    number = "CASE WHEN flow_version ~ '^[0-9]{1,4}$' THEN flow_version::integer ELSE 0 END"
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("calls", "flow_version", server_default=None)
        op.alter_column("calls", "flow_version", type_=sa.Integer(), postgresql_using=number)
        return
    _exchange(
        sa.Column("flow_text", sa.Integer(), nullable=False, server_default="0"),
        "INTEGER",
        where="length(flow_version) <= 4 AND flow_version NOT GLOB '*[^0-9]*'",
    )


def _exchange(column: sa.Column[str] | sa.Column[int], kind: str, where: str = "TRUE") -> None:
    """Put a column of another type in the place of the version."""
    op.add_column("calls", column)
    op.execute(f"UPDATE calls SET flow_text = CAST(flow_version AS {kind}) WHERE {where}")  # noqa: S608 - constants of this file
    op.drop_column("calls", "flow_version")
    op.alter_column("calls", "flow_text", new_column_name="flow_version")
