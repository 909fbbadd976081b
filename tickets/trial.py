"""A ticket to try a destination with: it says so in both languages, and is nowhere in SQL."""

import time
from dataclasses import dataclass
from datetime import datetime

from tickets.catalogue import Service
from tickets.destination import Destination, Message, Verdict
from tickets.model import Address, NewTicket
from tickets.open import build_ticket
from tickets.reference import new_reference

SAYS = "تجربة من 940، وليست بلاغاً: يرجى تجاهلها. A trial of 940, not a report: please ignore it."


def trial(service: Service, jurisdiction: str, now: datetime) -> Message:
    """What is sent: of this service, with a reference and a key of its own. `now` must be aware."""
    new = NewTicket(
        origin="trial",
        service_code=service.code,
        kind="inquiry",
        jurisdiction_id=jurisdiction,
        language="ar",
        caller_id_withheld=True,
        address=Address(building_number="0000", postal_code="00000", street="تجربة"),
        agency_responsible=service.departments,
        priority="low",
        description=SAYS,
        attributes={"trial": True},
    )
    return Message(build_ticket(new, now, new_reference()))


@dataclass(frozen=True, slots=True)
class Tried:
    """What a destination made of a trial, after `seconds`; nothing in it is personal."""

    reference: str
    verdict: Verdict
    status: int | None
    error: str | None
    answer: str | None
    remote_id: str | None
    seconds: float

    @property
    def taken(self) -> bool:
        """Whether it would have taken a ticket."""
        return self.verdict in ("acknowledged", "accepted")


def try_out(destination: Destination, message: Message) -> Tried:
    """Send the trial once, by the time that one attempt has."""
    began = time.monotonic()
    result = destination.push(message)
    return Tried(
        message.ticket.service_request_id,
        result.verdict,
        result.status,
        result.error,
        result.answer,
        result.remote_id,
        round(time.monotonic() - began, 3),
    )
