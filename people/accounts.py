"""Accounts of the console: made by an admin, opened by a link that works once.

Nobody sets another's password: a new account has none until the person themselves, by the link that
they were given, chooses it. Disabling an account, or giving it another role, ends its sessions.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from people.audit import note_change
from people.fields import Account
from people.identity import identity
from people.permissions import must
from people.person import ACCOUNT_ROLES, LONGEST_NAME, NothingThere, Person, Role
from people.schema import accounts
from store.fields import columns_in, record_of
from store.sql import one_at_a_time

INVITED_FOR = timedelta(hours=24)
"""How long the link of a new account works."""
_EMAIL = re.compile(r"[^\s@\x00-\x1f]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")
OF_ACCOUNT = columns_in(accounts, Account)


class AccountRefused(ValueError):
    """The change may not be made; the message says why and what to do instead."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An account with what only signing in may see of it."""

    account: Account
    password_hash: str | None
    session_key: str
    totp_secret: str | None
    recovery_codes: tuple[str, ...]
    by_provider: bool = False
    """Whether they sign in by the city's provider: then no password of theirs lets them in."""


def add_account(
    engine: sa.Engine, *, name: str, email: str, role: Role, by: Person, now: datetime
) -> tuple[str, Account]:
    """Make an account; the text of the invitation is returned this once, and works for a day.

    Raises AccountRefused for a name or address that cannot be or that another has, NotAllowed below
    admin.
    """
    must(by, "users.change", "an account")
    name, email = _checked_name(name), checked_email(email)
    if role not in ACCOUNT_ROLES:
        raise AccountRefused(f"role: one of {', '.join(ACCOUNT_ROLES)}")
    invitation = secrets.token_urlsafe(32)
    made = Account(secrets.token_hex(8), name, email, role, now, None, None, None)
    with engine.begin() as connection:
        one_at_a_time(connection, "accounts")
        known = connection.execute(sa.select(accounts.c.name, accounts.c.email)).all()
        if any(identity(one.name) == identity(name) for one in known):
            raise AccountRefused(
                "name: another account has it, and the audit tells them apart by it"
            )
        if any(one.email == email for one in known):
            raise AccountRefused("email: another account has it")
        values = {column.name: getattr(made, column.name) for column in OF_ACCOUNT}
        invited = invitation_fields(invitation, now)
        key = {"session_key": new_session_key(), "recovery_codes": []}
        connection.execute(accounts.insert().values(**values, **key, **invited))
        note_change(connection, by, "account_added", made.id, now, name=name, role=role)
    return invitation, made


def change_role(
    engine: sa.Engine, account_id: str, role: Role, *, by: Person, now: datetime
) -> Account:
    """Give an account another role; its sessions end. Raises NothingThere, AccountRefused."""
    must(by, "users.change", "a role")
    if role not in ACCOUNT_ROLES:
        raise AccountRefused(f"role: one of {', '.join(ACCOUNT_ROLES)}")
    with engine.begin() as connection:
        one_at_a_time(connection, "accounts")
        account = held_account(connection, account_id)
        if role != account.role:
            _not_the_last(connection, account)
            update_account(connection, account.id, role=role, session_key=new_session_key())
            told = {"name": account.name, "before": account.role, "after": role}
            note_change(connection, by, "account_role", account.id, now, **told)
        return held_account(connection, account_id)


def disable(engine: sa.Engine, account_id: str, *, by: Person, now: datetime) -> Account:
    """Nobody signs in by this account any more, and who is in is put out. Raises NothingThere."""
    must(by, "users.change", "disabling an account")
    with engine.begin() as connection:
        one_at_a_time(connection, "accounts")
        account = held_account(connection, account_id)
        if account.disabled_at is None:
            _not_the_last(connection, account)
            update_account(
                connection,
                account.id,
                disabled_at=now,
                session_key=new_session_key(),
                invitation_hash=None,
                invitation_until=None,
            )
            note_change(connection, by, "account_disabled", account.id, now, name=account.name)
        return held_account(connection, account_id)


def reset_second_factor(
    engine: sa.Engine, account_id: str, *, by: Person, now: datetime
) -> Account:
    """Forget the second factor of somebody who lost it, and end their sessions.

    Who asks for it has made sure who they are, as when the account was made. Raises NothingThere.
    """
    must(by, "users.change", "resetting a second factor")
    with engine.begin() as connection:
        account = held_account(connection, account_id)
        gone: dict[str, Any] = {"second_factor": None, "totp_secret": None, "recovery_codes": []}
        update_account(connection, account.id, session_key=new_session_key(), **gone)
        note_change(connection, by, "second_factor_reset", account.id, now, name=account.name)
        return held_account(connection, account_id)


def end_sessions(engine: sa.Engine, account_id: str, *, by: Person, now: datetime) -> Account:
    """Sign somebody out wherever they are in. Raises NothingThere, NotAllowed."""
    must(by, "users.change", "ending somebody's sessions")
    with engine.begin() as connection:
        account = held_account(connection, account_id)
        update_account(connection, account.id, session_key=new_session_key())
        note_change(connection, by, "sessions_ended", account.id, now, name=account.name)
        return held_account(connection, account_id)


def enable(engine: sa.Engine, account_id: str, *, by: Person, now: datetime) -> Account:
    """Let it in again, by the password that it had. Raises NothingThere, NotAllowed."""
    must(by, "users.change", "enabling an account")
    with engine.begin() as connection:
        account = held_account(connection, account_id)
        if account.disabled_at is not None:
            update_account(connection, account.id, disabled_at=None)
            note_change(connection, by, "account_enabled", account.id, now, name=account.name)
        return held_account(connection, account_id)


def list_accounts(connection: sa.Connection) -> list[Account]:
    """Every account, by name."""
    rows = connection.execute(sa.select(*OF_ACCOUNT).order_by(accounts.c.name))
    return [record_of(Account, row) for row in rows]


def find_account(connection: sa.Connection, account_id: str) -> Account | None:
    """The account of this id."""
    row = connection.execute(
        sa.select(*OF_ACCOUNT).where(accounts.c.id == account_id)
    ).one_or_none()
    return None if row is None else record_of(Account, row)


def standing(
    connection: sa.Connection, *, email: str | None = None, session_key: str | None = None
) -> Standing | None:
    """The account with this address or whose sessions refer to this key."""
    if session_key is not None:
        wanted = accounts.c.session_key == session_key
    elif email is not None:
        wanted = accounts.c.email == email.strip().casefold()
    else:
        raise TypeError("pass an address or a session's key")
    row = connection.execute(sa.select(accounts).where(wanted)).one_or_none()
    if row is None:
        return None
    return Standing(
        record_of(Account, row),
        row.password_hash,
        row.session_key,
        row.totp_secret,
        tuple(row.recovery_codes or ()),
        row.oidc_identity is not None,
    )


def keep_credentials(
    connection: sa.Connection, account_id: str, *, seen: str | None = None, **fields: Any
) -> None:
    """Write what signing in has changed: columns of the table by their names.

    With `seen`, the key of the sessions that was read before, only where that still stands.
    """
    its = accounts.c.id == account_id
    where = its if seen is None else sa.and_(its, accounts.c.session_key == seen)
    connection.execute(accounts.update().where(where).values(**fields))


def checked_email(email: str) -> str:
    """The address as it is kept. Raises AccountRefused for one that cannot be."""
    kept = email.strip().casefold()
    if len(kept) > 254 or not _EMAIL.fullmatch(kept):
        raise AccountRefused("email: give an address, as in sara@jeddah.gov.sa")
    return kept


def _checked_name(name: str) -> str:
    kept = " ".join(name.split())
    if not identity(kept) or len(kept) > LONGEST_NAME or not kept.isprintable():
        raise AccountRefused(f"name: 1 to {LONGEST_NAME} printable characters")
    return kept


def _not_the_last(connection: sa.Connection, account: Account) -> None:
    """Somebody must be left who can make accounts. Raises AccountRefused."""
    if account.role != "admin" or account.disabled_at is not None:
        return
    others = sa.select(sa.func.count()).where(
        accounts.c.role == "admin",
        accounts.c.disabled_at.is_(None),
        accounts.c.id != account.id,
    )
    if not connection.scalar(others):
        raise AccountRefused("it is the last admin's: make another admin first")


def held_account(connection: sa.Connection, account_id: str) -> Account:
    """The account of this id. Raises NothingThere."""
    account = find_account(connection, account_id)
    if account is None:
        raise NothingThere("there is no such account")
    return account


def update_account(connection: sa.Connection, account_id: str, **fields: Any) -> None:
    """Write these columns of an account."""
    connection.execute(accounts.update().where(accounts.c.id == account_id).values(**fields))


def invitation_fields(invitation: str, now: datetime) -> dict[str, Any]:
    """What is kept of an invitation: never its text."""
    return {"invitation_hash": invitation_hash(invitation), "invitation_until": now + INVITED_FOR}


def new_session_key() -> str:
    """What the sessions of an account refer to, new: those so far end."""
    return secrets.token_hex(32)


def invitation_hash(text: str) -> str:
    """By what an invitation is found."""
    return hashlib.sha256(text.encode()).hexdigest()
