"""The house's accounts as Flask-Security sees users.

It changes users as objects, and says when it is done; what it has changed is written then. So no
transaction is open while a request is answered, which on SQLite would hold up every other writer.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import has_request_context, request
from flask_security import RoleMixin, UserMixin
from flask_security.datastore import UserDatastore

from people.accounts import Standing, keep_credentials, standing
from people.audit import note_change
from people.fields import Account
from people.person import Person
from store.sql import reading


class SignedRole(RoleMixin):
    """A role, by its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def get_permissions(self) -> set[str]:
        """None of the library's: `people.permissions` has them all."""
        return set()


class User(UserMixin):
    """Somebody who signs in. The names are those that Flask-Security asks for."""

    id = ""  # type: ignore[assignment]  # what the library looks for on the class
    email = fs_uniquifier = ""
    password: str | None = None
    active = False
    tf_primary_method: str | None = None
    tf_totp_secret: str | None = None
    tf_phone_number: str | None = None
    mf_recovery_codes: list[str] = []  # noqa: RUF012 - each user has their own
    roles: list[RoleMixin] = []  # noqa: RUF012 - likewise

    def __init__(self, found: Standing) -> None:
        account = found.account
        self.account: Account = account
        self.id = account.id
        self.email = account.email
        self.active = account.disabled_at is None
        self.by_provider = found.by_provider
        self.password = None if found.by_provider else found.password_hash
        self.fs_uniquifier = found.session_key
        self.tf_primary_method = account.second_factor
        self.tf_totp_secret = found.totp_secret
        self.mf_recovery_codes = list(found.recovery_codes)
        self.roles = [SignedRole(account.role)]

        self.loaded = self.credentials()

    def credentials(self) -> dict[str, Any]:
        """What is kept of them, by its columns."""
        return {
            "password_hash": self.password,
            "session_key": self.fs_uniquifier,
            "second_factor": self.tf_primary_method,
            "totp_secret": self.tf_totp_secret,
            "recovery_codes": list(self.mf_recovery_codes or ()),
        }

    @property
    def person(self) -> Person:
        """Who this is to every room below, and from where they ask now."""
        origin = (request.remote_addr or "") if has_request_context() else ""
        return Person(self.account.name, self.account.role, origin)


class AccountStore(UserDatastore):
    """Finds users, and writes what Flask-Security changes of their credentials."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(User, SignedRole)
        self._engine = engine

    def find_user(self, case_insensitive: bool = False, **by: Any) -> User | None:
        """The user with this `email`, `fs_uniquifier` or `id`; None where there is none."""
        del case_insensitive  # addresses are kept in lower case
        ((name, value),) = by.items()
        with reading(self._engine) as connection:
            match name:
                case "email":
                    found = standing(connection, email=str(value))
                case "fs_uniquifier":
                    found = standing(connection, session_key=str(value))
                case _:
                    raise TypeError(f"users are not looked up by {name}")
        return None if found is None else User(found)

    def find_role(self, role: str) -> SignedRole | None:
        """Roles are never made or given by way of the library."""
        return SignedRole(role)

    def put(self, model: User) -> User:
        """Write what has changed of this user since they were looked up, at once.

        What somebody else has changed meanwhile stays: then the key of its sessions is another.
        """
        now = model.credentials()
        changed = {name: one for name, one in now.items() if one != model.loaded[name]}
        if changed:
            with self._engine.begin() as connection:
                keep_credentials(connection, model.id, seen=model.loaded["session_key"], **changed)
            model.loaded = now
        return model

    def delete(self, _model: User) -> None:
        """Accounts are never deleted: the audit speaks of them."""
        raise TypeError("accounts are disabled, never deleted")

    def commit(self) -> None:
        """What was put is written already."""

    def note(self, user: User, action: str, **details: Any) -> None:
        """A line in the audit about this user's own credentials."""
        account = user.account
        with self._engine.begin() as connection:
            now = datetime.now(UTC)
            if action == "signed_in":
                keep_credentials(connection, account.id, signed_in_at=now)
            note_change(
                connection, user.person, action, account.id, now, name=account.name, **details
            )
