"""Requests that wait on disk while the database is away: tickets, notes, requests for review.

A caller who has hung up, or whose words are recorded, cannot be asked again. What they asked for is
an entry of the journal until the database takes it; by its origin it is made once, however often it
is tried. What its caller was told a number for is made under that number.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NoReturn, Protocol

import structlog

from call_handlers.effects.note import UpdateTicket, with_note
from call_handlers.effects.port import RequestReview
from ivr.stored import from_stored
from store.journal import Journal
from tickets.model import Address, NewTicket, Ticket
from tickets.reference import is_reference
from tickets.spare_file import NoneLeft

log = structlog.get_logger()

_TICKET, _REVIEW, _NOTE = "ticket", "review", "note"
_TOLD = "told"
"""The number that a ticket's caller was told; entries of earlier releases have none."""


class OpenKept(Protocol):
    """Opens a ticket after all, under the number that its caller was told, if they were."""

    def __call__(self, new: NewTicket, now: datetime, told: str | None = None, /) -> Ticket:
        """The ticket of this origin, whoever opened it. Raises SQLAlchemyError."""
        ...


def none_spare() -> NoReturn:
    """There is no number to be told."""
    raise NoneLeft


@dataclass(frozen=True, slots=True)
class KeptRequests:
    """Writes requests into `journal` (port `call_handlers.effects.port.Keep`).

    `spare` takes a number that nobody else is told; it raises NoneLeft and OSError.
    """

    journal: Journal
    spare: Callable[[], str] = none_spare

    def ticket(self, new: NewTicket, now: datetime) -> None:
        """Keep a ticket that is to be opened as of `now` (aware). Raises OSError."""
        self.journal.append([{_TICKET: asdict(new), "at": now.isoformat()}])

    def numbered(self, new: NewTicket, now: datetime) -> str | None:
        """Keep a ticket that is to be opened under a spare number. Raises OSError."""
        try:
            told = self.spare()
        except (NoneLeft, OSError) as error:
            log.error("no_spare_reference", error=type(error).__name__)
            return None
        self.journal.append([{_TICKET: asdict(new), "at": now.isoformat(), _TOLD: told}])
        return told

    def note(self, *, reference: str, note: Mapping[str, Any], now: datetime) -> None:
        """Keep a note that is to be added to the ticket `reference`. Raises OSError."""
        asked = {"reference": reference, "note": dict(note)}
        self.journal.append([{_NOTE: asked, "at": now.isoformat()}])

    def review(self, *, number: str, call_id: str, recording_ref: str, now: datetime) -> None:
        """Keep a request for review, due as from `now` (aware). Raises OSError."""
        asked = {"number": number, "call_id": call_id, "recording_ref": recording_ref}
        self.journal.append([{_REVIEW: asked, "at": now.isoformat()}])


def make_kept(
    open_ticket: OpenKept, request_review: RequestReview, update_ticket: UpdateTicket
) -> Callable[[Mapping[str, Any]], bool]:
    """What makes the request of a journal's entry after all; False for an entry of another kind.

    It raises KeyError, TypeError and ValueError for an entry that is none, SQLAlchemyError while
    the database is still away.
    """

    def make(entry: Mapping[str, Any]) -> bool:
        if _TICKET in entry:
            at, told = datetime.fromisoformat(entry["at"]), entry.get(_TOLD)
            if told is not None and not is_reference(told):
                raise ValueError("the number of an entry is no reference number")
            open_ticket(_ticket(entry[_TICKET]), at, told)
        elif _REVIEW in entry:
            asked = {name: entry[_REVIEW][name] for name in ("number", "call_id", "recording_ref")}
            request_review(**asked, now=datetime.fromisoformat(entry["at"]))
        elif _NOTE in entry:
            note = entry[_NOTE]
            now = datetime.fromisoformat(entry["at"])
            update_ticket(note["reference"], with_note(note["note"]), now)
        else:
            return False
        return True

    return make


def _ticket(data: Mapping[str, Any]) -> NewTicket:
    return from_stored(NewTicket, {**data, "address": from_stored(Address, data.get("address"))})
