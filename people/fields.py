"""The fields of the audit, of tokens and of PINs. Tables and rows follow them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from people.person import Role
from store.fields import Kept


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the audit. `subject` is a number, a prefix, a ticket, or the id of a token, a PIN
    or an account; `origin` is the network address from which it came, where it came by one."""

    id: Annotated[int, Kept(key=True)]
    at: Annotated[datetime, Kept(index=True)]
    who: Annotated[str, Kept(100)]
    role: Annotated[str, Kept(16)]
    action: Annotated[str, Kept(32)]
    subject: Annotated[str, Kept(16, index=True)]
    details: Mapping[str, Any]
    origin: Annotated[str, Kept(64, earlier="")] = ""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; never the token itself. No `scopes`: all that its role may do."""

    id: Annotated[str, Kept(16, key=True)]
    name: Annotated[str, Kept(100)]
    role: Annotated[Role, Kept(16)]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    scopes: Annotated[tuple[str, ...], Kept(earlier="[]")] = ()


@dataclass(frozen=True, slots=True)
class Pin:
    """What is known of a PIN; never the PIN itself. `number` is keyed before it."""

    id: Annotated[str, Kept(16, key=True)]
    number: Annotated[str, Kept(3, index=True)]
    name: Annotated[str, Kept(100)]
    role: Annotated[Role, Kept(16)]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who signs in to the console. `name` is what the audit says, `email` what they type.

    `second_factor` is how they prove themselves after their password; None where they need not.
    """

    id: Annotated[str, Kept(16, key=True)]
    name: Annotated[str, Kept(100, unique=True)]
    email: Annotated[str, Kept(254, unique=True)]
    role: Annotated[Role, Kept(16)]
    created_at: datetime
    disabled_at: datetime | None
    signed_in_at: datetime | None
    second_factor: Annotated[str | None, Kept(16)]
