"""The blocklist's record: entries, strikes, reviews, an audit that only grows, API tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)

_ONLY_GROWS = "the audit of the blocklist is never changed"


def upgrade() -> None:
    """Make the tables, and the triggers that keep the audit as it was written."""
    op.create_table(
        "blacklist_entries",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("disposition", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("calls", sa.JSON(), nullable=False),
        sa.Column("recordings", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("approved_by", sa.String(length=100), nullable=True),
        sa.Column("replay", sa.JSON(), nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.Column("until", moment, nullable=True),
        sa.Column("review_at", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_why", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blacklist_entries")),
    )
    standing = sa.text("ended_at IS NULL")
    op.create_index(
        op.f("uq_blacklist_entries_standing"),
        "blacklist_entries",
        ["kind", "subject"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_index(op.f("ix_blacklist_entries_subject"), "blacklist_entries", ["subject"])
    op.create_table(
        "blacklist_strikes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("operator", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("threat", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("call_id", sa.String(length=100), nullable=False),
        sa.Column("recording", sa.String(length=200), nullable=False),
        sa.Column("lifted_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blacklist_strikes")),
    )
    op.create_index(op.f("ix_blacklist_strikes_number_at"), "blacklist_strikes", ["number", "at"])
    op.create_index(op.f("ix_blacklist_strikes_at"), "blacklist_strikes", ["at"])
    op.create_table(
        "blacklist_reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("call_id", sa.String(length=100), nullable=False),
        sa.Column("recording_ref", sa.String(length=200), nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_at", moment, nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=True),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blacklist_reviews")),
    )
    op.create_index(
        op.f("ix_blacklist_reviews_state_due_at"), "blacklist_reviews", ["state", "due_at"]
    )
    still_open = sa.text("state = 'open'")
    op.create_index(
        op.f("uq_blacklist_reviews_open"),
        "blacklist_reviews",
        ["number"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_table(
        "blacklist_audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blacklist_audit")),
    )
    op.create_index(op.f("ix_blacklist_audit_at"), "blacklist_audit", ["at"])
    op.create_index(op.f("ix_blacklist_audit_subject"), "blacklist_audit", ["subject"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("revoked_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_tokens_hash")),
    )
    for statement in _guards(op.get_bind().dialect.name):
        op.execute(statement)


def _guards(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER blacklist_audit_no_{verb.lower()} BEFORE {verb} ON blacklist_audit "
            f"BEGIN SELECT RAISE(ABORT, '{_ONLY_GROWS}'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        "CREATE FUNCTION blacklist_audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_ONLY_GROWS}'; END $$",
        "CREATE TRIGGER blacklist_audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON blacklist_audit FOR EACH STATEMENT EXECUTE FUNCTION blacklist_audit_only_grows()",
    ]


def downgrade() -> None:
    """Remove them, with the whole record."""
    for table in (
        *("api_tokens", "blacklist_audit", "blacklist_reviews"),
        *("blacklist_strikes", "blacklist_entries"),
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION blacklist_audit_only_grows()")
