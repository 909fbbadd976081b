"""What effects are, what they need of others, and the outcomes that several of them share."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import structlog

from call_handlers.arrival import Facts
from ivr.event import Done
from ivr.session import Session
from tickets.model import NewTicket, Ticket

log = structlog.get_logger()

OPENED = "opened"
FAILED = "failed"
KEPT = "kept"

Effect = Callable[[Facts, Session, datetime], Done]


class OpenTicket(Protocol):
    """Commits a ticket and its outbox; the same origin again gives the same ticket."""

    def __call__(self, new: NewTicket, now: datetime, /) -> Ticket:
        """Raises SQLAlchemyError when the database is away, or did not say in time that it has it.

        Then it may have been kept after all: whoever is told another number has the same ticket.
        """
        ...


class RequestReview(Protocol):
    """Keeps the request of a restricted caller; the same call again gives the same request."""

    def __call__(self, *, number: str, call_id: str, recording_ref: str, now: datetime) -> object:
        """Raises SQLAlchemyError when the database is away, or did not say in time that it has it.

        Then it may have been kept after all; asking again for the same call does no harm.
        """
        ...


class Keep(Protocol):
    """Where a request waits on disk while the database is away, until it can be made after all."""

    def ticket(self, new: NewTicket, now: datetime, /) -> None:
        """Keep a ticket that is to be opened. Raises OSError when the disk refuses."""
        ...

    def numbered(self, new: NewTicket, now: datetime, /) -> str | None:
        """Keep a ticket that is to be opened under the number that this gives, for its caller.

        It is nobody else's. None where there is none, and then nothing is kept. Raises OSError when
        the disk refuses.
        """
        ...

    def note(self, *, reference: str, note: Mapping[str, Any], now: datetime) -> None:
        """Keep a note that is to be added to a ticket. Raises OSError when the disk refuses."""
        ...

    def review(self, *, number: str, call_id: str, recording_ref: str, now: datetime) -> None:
        """Keep a request for review that is to be noted. Raises OSError when the disk refuses."""
        ...


def kept(keep: Callable[[], None]) -> bool:
    """Whether a request could be kept on disk, in the last place there is for it."""
    try:
        keep()
    except OSError as error:
        log.critical("request_lost", error=type(error).__name__)
        return False
    log.warning("request_kept_on_disk")
    return True


def numbered(keep: Keep, new: NewTicket, now: datetime) -> str | None:
    """The number under which a ticket could be kept on disk, None where its caller is told none."""
    try:
        reference = keep.numbered(new, now)
    except OSError as error:
        log.error("ticket_not_kept", error=type(error).__name__)
        return None
    if reference is not None:
        log.warning("ticket_kept_on_disk", reference=reference)
    return reference
