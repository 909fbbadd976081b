"""The fields of the audit, of tokens and of PINs. Tables and rows follow them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from people.person import Role
from store.fields import Kept


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the audit. `subject` is a number, a prefix or a token's name."""

    id: Annotated[int, Kept(key=True)]
    at: Annotated[datetime, Kept(index=True)]
    who: Annotated[str, Kept(100)]
    role: Annotated[str, Kept(16)]
    action: Annotated[str, Kept(32)]
    subject: Annotated[str, Kept(16, index=True)]
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; never the token itself."""

    id: Annotated[str, Kept(16, key=True)]
    name: Annotated[str, Kept(100)]
    role: Annotated[Role, Kept(16)]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


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
