"""The fields of a recording that a provider held for us."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from store.fields import Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording of a call. Datetimes are UTC; `name` is its file's, once it is kept."""

    id: Annotated[str, Kept(32, key=True)]
    # No foreign key: the record of a call may still be on its way, or in the journal.
    call_id: Annotated[str, Kept(32)]
    turn: int
    provider_sid: Annotated[str, Kept(34, unique=True)]
    name: Annotated[str, Kept(64, unique=True)]
    state: Annotated[str, Kept(16)]
    attempts: int
    created_at: datetime
    last_error: Annotated[str | None, Kept(100)]
    bytes: int | None
    seconds: float | None
    fetched_at: datetime | None
    delete_after: datetime | None
    removed_at: datetime | None
