"""A ticket to try a destination with: it says so in both languages, and is nowhere in SQL."""

from datetime import datetime

from tickets.catalogue import Service
from tickets.destination import Message
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
