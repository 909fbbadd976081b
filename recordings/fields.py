"""The fields of a recording that a provider held for us, and of a machine's draft of one."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a machine has understood of a recording that a ticket names: a help, and never decisive.

    Datetimes are UTC. `text` is None until it is made, and again once it is destroyed; `made_by` is
    the program. `ticket_id` is the ticket's key.
    """

    id: Annotated[str, Kept(32, key=True)]
    ticket_id: Annotated[str, Kept(36, index=True)]
    call_id: Annotated[str, Kept(32)]
    turn: int
    language: Annotated[str, Kept(8)]
    state: Annotated[str, Kept(16)]
    attempts: int
    created_at: datetime
    last_error: Annotated[str | None, Kept(100)]
    text: Annotated[str | None, Kept(4000)]
    made_by: Annotated[str | None, Kept(100)]
    made_at: datetime | None
    delete_after: datetime | None
    removed_at: datetime | None

    @property
    def recording_ref(self) -> str:
        """The recording, as tickets name it."""
        return f"{self.call_id}-{self.turn}"
