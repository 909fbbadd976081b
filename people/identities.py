"""Accounts of people who sign in by the city's own provider of identities (OpenID Connect).

The provider says who somebody is and in which groups; the settings say which group has which role.
The account is made at the first sign-in, and its role follows the groups at each one: whoever is
taken out of all of them is in no more.
"""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from people.accounts import AccountRefused, checked_email, find_account, new_session_key
from people.audit import note_change
from people.fields import Account
from people.identity import identity
from people.person import LONGEST_NAME, ROLES, Person, Role
from people.schema import accounts
from store.fields import columns_in, record_of
from store.sql import one_at_a_time

_OF_ACCOUNT = columns_in(accounts, Account)


def role_of(groups: Iterable[str], roles: Mapping[str, Role]) -> Role | None:
    """The role that decides most of those that these groups have; None where none has any."""
    found = [roles[group] for group in groups if group in roles]
    return max(found, key=ROLES.index, default=None)


def account_of(
    engine: sa.Engine,
    *,
    issuer: str,
    subject: str,
    email: str,
    name: str,
    role: Role,
    now: datetime,
    origin: str,
) -> Account:
    """The account of who this is at that provider, with this role; made where there is none.

    `subject` is the provider's own name for them (OpenID Connect Core 1.0, section 2), which alone
    tells people apart. Raises AccountRefused for a disabled account, and where another has the
    address or the name: an admin looks into that.
    """
    known = f"{issuer} {subject}"
    if len(known) > 400:
        raise AccountRefused("the provider's name for this person is too long")
    with engine.begin() as connection:
        one_at_a_time(connection, "accounts")
        wanted = sa.select(*_OF_ACCOUNT).where(accounts.c.oidc_identity == known)
        row = connection.execute(wanted).one_or_none()
        if row is None:
            return _made(connection, known, checked_email(email), _name(name, email), role, now,
                         origin)  # fmt: skip
        account = record_of(Account, row)
        if account.disabled_at is not None:
            raise AccountRefused("the account is disabled")
        if account.role != role:
            values = {"role": role, "session_key": new_session_key()}
            its = accounts.c.id == account.id
            connection.execute(accounts.update().where(its).values(values))
            told = {"name": account.name, "before": account.role, "after": role}
            by = Person(account.name, role, origin)
            note_change(connection, by, "account_role", account.id, now, **told, by="provider")
        found = find_account(connection, account.id)
    assert found is not None
    return found


def put_out(engine: sa.Engine, *, issuer: str, subject: str) -> None:
    """Whoever is in none of the groups any more is out at once: their sessions end."""
    its = accounts.c.oidc_identity == f"{issuer} {subject}"
    with engine.begin() as connection:
        connection.execute(accounts.update().where(its).values(session_key=new_session_key()))


def _made(
    connection: sa.Connection,
    known: str,
    email: str,
    name: str,
    role: Role,
    now: datetime,
    origin: str,
) -> Account:
    others = connection.execute(sa.select(accounts.c.name, accounts.c.email)).all()
    if any(one.email == email or identity(one.name) == identity(name) for one in others):
        raise AccountRefused("another account has this address or name: an admin sees to it")
    made = Account(secrets.token_hex(8), name, email, role, now, None, None, None)
    values = {column.name: getattr(made, column.name) for column in _OF_ACCOUNT}
    key = {"session_key": new_session_key(), "recovery_codes": [], "oidc_identity": known}
    connection.execute(accounts.insert().values(**values, **key))
    by = Person(name, role, origin)
    note_change(connection, by, "account_added", made.id, now, name=name, role=role, by="provider")
    return made


def _name(name: str, email: str) -> str:
    """What the audit says: the name that the provider tells, else the address."""
    kept = " ".join("".join(c for c in name if c.isprintable()).split())[:LONGEST_NAME]
    return kept if identity(kept) else email[:LONGEST_NAME]
