"""The tables of people. Times are UTC; the audit table can only grow."""

import sqlalchemy as sa

from people.fields import Account, Change, Pin, Token
from store.fields import table_of
from store.sql import UtcDateTime, room_metadata

metadata = room_metadata()

audit = table_of("blacklist_audit", metadata, Change)
api_tokens = table_of(
    "api_tokens", metadata, Token, sa.Column("hash", sa.String(64), nullable=False, unique=True)
)
pins = table_of("pins", metadata, Pin, sa.Column("hash", sa.String(200), nullable=False))
accounts = table_of(
    "accounts",
    metadata,
    Account,
    sa.Column("password_hash", sa.String(200)),
    # What their sessions refer to: another one ends them all.
    sa.Column("session_key", sa.String(64), nullable=False, unique=True),
    sa.Column("totp_secret", sa.String(400)),
    sa.Column("recovery_codes", sa.JSON),
    # Whoever holds the link sets the password, once and until then.
    sa.Column("invitation_hash", sa.String(64), unique=True),
    sa.Column("invitation_until", UtcDateTime),
    # At which provider, and as whom: `<issuer> <subject>`.
    sa.Column("oidc_identity", sa.String(400), unique=True),
)
