"""Calls are found quickly however many there are; what callers chose is counted, hour by hour."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_SOME = {
    "ix_calls_withheld": ((), "withheld IS {true}"),
    "ix_calls_unnumbered": (("caller",), "e164 IS NULL"),
    "ix_calls_measured": (("verdict",), "verdict != 'allow'"),
    "ix_calls_unusual": (
        ("disposition",),
        "(disposition NOT IN ('', 'completed', 'transferred', 'abandoned'))",
    ),
}


def upgrade() -> None:
    """Of calls that were written before, nobody knows what was chosen."""
    op.add_column("calls", sa.Column("choice", sa.String(64), nullable=False, server_default=""))
    op.create_table(
        "call_hours",
        sa.Column("begins", sa.DateTime(timezone=True), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("begins", name=op.f("pk_call_hours")),
    )
    op.create_index("ix_calls_e164_started_at", "calls", ["e164", "started_at"])
    op.drop_index("ix_calls_e164", table_name="calls")
    op.create_index("ix_calls_last_node_started_at", "calls", ["last_node", "started_at"])
    # SQLite uses an index of some rows where a question says its condition word for word.
    true = "1" if op.get_bind().dialect.name == "sqlite" else "true"
    for name, (columns, condition) in _SOME.items():
        where = sa.text(condition.format(true=true))
        op.create_index(
            name, "calls", [*columns, "started_at"], sqlite_where=where, postgresql_where=where
        )


def downgrade() -> None:
    """Forget what was chosen and counted; find calls as before."""
    for name in (*_SOME, "ix_calls_last_node_started_at"):
        op.drop_index(name, table_name="calls")
    op.create_index("ix_calls_e164", "calls", ["e164"])
    op.drop_index("ix_calls_e164_started_at", table_name="calls")
    op.drop_table("call_hours")
    op.drop_column("calls", "choice")
