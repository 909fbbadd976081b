"""The mark by which what we have sent is found again where another system keeps it.

`[940-989036781]` of a ticket, `[940-989036781/3]` of what was told of its version 3. It stands at
the beginning of a text of ours: further on stand the words of callers, who may write whatever they
like, also another's mark.
"""

import re

from tickets.destination import Message
from tickets.model import UPDATED

_MARK = re.compile(r"\s*\[940-([1-9][0-9]{8})(?:/([0-9]{1,9}))?\]")


def mark_of(message: Message) -> str:
    """The mark of this message, the same on every attempt."""
    of = f"/{message.version}" if message.event == UPDATED else ""
    return f"[940-{message.ticket.service_request_id}{of}]"


def begins_with(text: object, mark: str) -> bool:
    """Whether `text` is one that begins with this, whole: `a-1` is not the beginning of `a-12`.

    A whole number is compared as the text that it is written by: some systems make numbers of ours.
    """
    if isinstance(text, int) and not isinstance(text, bool):
        return str(text) == mark
    if not isinstance(text, str) or not text.lstrip().startswith(mark):
        return False
    after = text.lstrip()[len(mark) :][:1]
    return not (mark[-1:].isalnum() and (after.isalnum() or after in ("-", "/", "_")))


def marked_for(text: object) -> tuple[str, int] | None:
    """The reference in the mark that `text` begins with, and the version: 1 where it has none."""
    found = _MARK.match(text) if isinstance(text, str) else None
    return (found[1], int(found[2] or 1)) if found else None
