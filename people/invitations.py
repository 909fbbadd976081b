"""Invitations: links by which whoever holds one sets the password of an account, once."""

import re
import secrets
from datetime import datetime

import sqlalchemy as sa

from people.accounts import (
    OF_ACCOUNT,
    add_account,
    held_account,
    invitation_fields,
    invitation_hash,
    new_session_key,
    standing,
    update_account,
)
from people.audit import note_change
from people.fields import Account
from people.permissions import must
from people.person import Person
from people.schema import accounts
from store.fields import record_of
from store.sql import one_at_a_time, reading

INVITATION = re.compile(r"[A-Za-z0-9_-]{43}")
"""The form of a link's last part."""


def invite_again(engine: sa.Engine, account_id: str, *, by: Person, now: datetime) -> str:
    """A new link for an account, where its first is over or its password forgotten.

    Its second factor and its sessions stay until the link is used. Raises NothingThere, NotAllowed.
    """
    must(by, "users.change", "an invitation")
    invitation = secrets.token_urlsafe(32)
    with engine.begin() as connection:
        account = held_account(connection, account_id)
        update_account(connection, account.id, **invitation_fields(invitation, now))
        note_change(connection, by, "account_invited", account.id, now, name=account.name)
    return invitation


def first_invitation(engine: sa.Engine, email: str, *, by: Person, now: datetime) -> str | None:
    """A link for the first admin, as long as nobody can sign in yet; None once somebody can.

    The link before it ends. Raises SQLAlchemyError, AccountRefused.
    """
    with reading(engine) as connection:
        can = sa.or_(accounts.c.password_hash.is_not(None), accounts.c.oidc_identity.is_not(None))
        if connection.scalar(sa.select(sa.func.count()).where(can)):
            return None
        known = standing(connection, email=email)
    if known is not None:
        return invite_again(engine, known.account.id, by=by, now=now)
    return add_account(engine, name="admin", email=email, role="admin", by=by, now=now)[0]


def invited(engine: sa.Engine, invitation: str, now: datetime) -> Account | None:
    """Whose link this is; None for one that is wrong, used or over."""
    if not INVITATION.fullmatch(invitation):
        return None
    good = (
        accounts.c.invitation_hash == invitation_hash(invitation),
        accounts.c.invitation_until > now,
        accounts.c.disabled_at.is_(None),
    )
    with reading(engine) as connection:
        row = connection.execute(sa.select(*OF_ACCOUNT).where(*good)).one_or_none()
    return None if row is None else record_of(Account, row)


def accept_invitation(
    engine: sa.Engine, invitation: str, password_hash: str, *, now: datetime, origin: str
) -> Account | None:
    """Set the password of the account whose link this is, once; its sessions end.

    The account; None where the link is wrong, used or over. A second factor stays (OWASP ASVS 5.0,
    6.4.3): whoever lost their telephone asks an admin besides, `reset_second_factor`.
    """
    if not INVITATION.fullmatch(invitation):
        return None
    with engine.begin() as connection:
        one_at_a_time(connection, "accounts")
        wanted = sa.select(*OF_ACCOUNT).where(
            accounts.c.invitation_hash == invitation_hash(invitation),
            accounts.c.invitation_until > now,
            accounts.c.disabled_at.is_(None),
        )
        row = connection.execute(wanted).one_or_none()
        if row is None:
            return None
        account = record_of(Account, row)
        update_account(
            connection,
            account.id,
            password_hash=password_hash,
            session_key=new_session_key(),
            invitation_hash=None,
            invitation_until=None,
        )
        by = Person(account.name, account.role, origin)
        note_change(connection, by, "password_set", account.id, now, name=account.name)
    return account
