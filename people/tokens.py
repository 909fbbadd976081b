"""Bearer tokens of the HTTP API: shown once, stored as a hash, with a role and an end.

A token is 32 random bytes, so one SHA-256 is enough: there is nothing to guess, and a slow hash
would only make every request slow.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from people.audit import note_change
from people.fields import Token
from people.identity import identity
from people.permissions import is_scope
from people.person import Person, Role, holder_of
from people.schema import api_tokens, audit
from store.fields import columns_in, record_of

_CREATED = "token_created"
_SCOPES = ("calls.read", "tickets", "blacklist.read")
SCHEME = "h940_"
"""What tokens begin with, so that scanners of leaked secrets can know one."""
_SHAPE = re.compile(SCHEME + r"[A-Za-z0-9_-]{43}")


def create_token(
    engine: sa.Engine,
    *,
    name: str,
    role: Role,
    by: Person,
    now: datetime,
    days: float = 90.0,
    scopes: Sequence[str] = (),
) -> tuple[str, Token]:
    """Make a token that ends after `days`; the text is given this once.

    With `scopes` it may do no more than those of its role's rights: `tickets.read`, or `tickets`
    for all about them. Raises ValueError for a name, a number of days or a scope that cannot be,
    NotAllowed below manager.
    """
    by.must_be("manager", "a token")
    holder_of("a token", name, role, days)
    by.must_be_above(role, "a token")
    for scope in scopes:
        if not is_scope(scope):
            raise ValueError(f"scope {scope!r} is no right: such as {', '.join(_SCOPES)}")
    text = SCHEME + secrets.token_urlsafe(32)
    token = Token(
        secrets.token_hex(8), name, role, now, now + timedelta(days=days), None, tuple(scopes)
    )
    with engine.begin() as connection:
        connection.execute(
            api_tokens.insert().values(
                id=token.id,
                hash=_hash(text),
                name=name,
                role=role,
                created_at=now,
                expires_at=token.expires_at,
                scopes=list(scopes),
            )
        )
        told = {"name": name, "role": role, **({"scopes": list(scopes)} if scopes else {})}
        note_change(connection, by, _CREATED, token.id, now, **told)
    return text, token


def holder(connection: sa.Connection, text: str, now: datetime) -> Person | None:
    """Whose token this is; None for one that is wrong, over or revoked."""
    if not _SHAPE.fullmatch(text):
        return None
    row = connection.execute(
        sa.select(api_tokens).where(
            api_tokens.c.hash == _hash(text),
            api_tokens.c.revoked_at.is_(None),
            api_tokens.c.expires_at > now,
        )
    ).one_or_none()
    if row is None:
        return None
    return Person(row.name, row.role, scopes=tuple(row.scopes or ()), token=row.id)


def makers_of(connection: sa.Connection, *, token: str = "", name: str = "") -> Mapping[str, Role]:
    """Who made the token of this id, or those of this name, by identity, with their role then.

    As the audit has it: nobody where it does not know.
    """
    named = connection.execute(sa.select(api_tokens.c.id, api_tokens.c.name))
    ids = [one.id for one in named if one.id == token or identity(one.name) == identity(name)]
    made = (audit.c.subject.in_(ids), audit.c.action == _CREATED)
    rows = connection.execute(sa.select(audit.c.who, audit.c.role).where(*made))
    return {identity(row.who): row.role for row in rows}


def revoke_token(engine: sa.Engine, token_id: str, *, by: Person, now: datetime) -> bool:
    """End a token at once; False when there is none that is in force. Raises NotAllowed."""
    by.must_be("manager", "revoking a token")
    with engine.begin() as connection:
        done = connection.execute(
            api_tokens.update()
            .where(api_tokens.c.id == token_id, api_tokens.c.revoked_at.is_(None))
            .values(revoked_at=now)
        ).rowcount
        if done:
            note_change(connection, by, "token_revoked", token_id, now)
    return bool(done)


def list_tokens(connection: sa.Connection) -> list[Token]:
    """Every token that was ever made, the newest first."""
    rows = connection.execute(
        sa.select(*columns_in(api_tokens, Token)).order_by(api_tokens.c.created_at.desc())
    )
    return [record_of(Token, row) for row in rows]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
