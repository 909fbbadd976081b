"""The tables of people. Times are UTC; the audit table can only grow."""

import sqlalchemy as sa

from people.fields import Change, Pin, Token
from store.fields import table_of
from store.sql import room_metadata

metadata = room_metadata()

audit = table_of("blacklist_audit", metadata, Change)
api_tokens = table_of(
    "api_tokens", metadata, Token, sa.Column("hash", sa.String(64), nullable=False, unique=True)
)
pins = table_of("pins", metadata, Pin, sa.Column("hash", sa.String(200), nullable=False))
