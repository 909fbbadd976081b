"""What the back office writes about a ticket: notes among itself, replies to who reported it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from store.fields import Kept

LONGEST_NOTE = 4000
LONGEST_REPLY = 480
"""Characters. Of a text message with a letter of Arabic 70 go into one, 67 into each of several:
seven of these are the most that a person reads."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note that no destination and no caller is told. `at` is UTC, `who` a name of the audit."""

    id: Annotated[str, Kept(32, key=True)]
    at: datetime
    who: Annotated[str, Kept(100)]
    text: Annotated[str, Kept(LONGEST_NOTE)]


@dataclass(frozen=True, slots=True)
class Reply:
    """A text message to whoever reported the ticket; its delivery says what became of it."""

    id: Annotated[str, Kept(32, key=True)]
    at: datetime
    who: Annotated[str, Kept(100)]
    text: Annotated[str, Kept(LONGEST_REPLY)]
    delivery_id: Annotated[str, Kept(32)]
