"""A ticket that somebody of the back office opens, of what a caller has told them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
import structlog

from people.audit import note_change
from people.person import Person
from places.gazetteer import by_plate
from tickets.model import Address, NewTicket, Ticket
from tickets.open import Beside, nothing_beside, open_ticket

log = structlog.get_logger()

BY_HAND = "entered_by_hand"
"""The attribute of a ticket that a person has written down, and no menu."""
_PLATE = "number_plate"


@dataclass(frozen=True, slots=True)
class Opening:
    """What tickets are opened in, whom a new one concerns, and what is written beside it."""

    engine: sa.Engine
    concerned: Callable[[NewTicket], Sequence[str]]
    beside: Beside = nothing_beside


def open_by_hand(opening: Opening, by: Person, new: NewTicket, *, now: datetime) -> Ticket:
    """Open `new`, delivered to whom it concerns, with a line of the audit; once per `new.origin`.

    Raises ValueError for a `now` without time zone, and SQLAlchemyError: then there is nothing.
    """

    def noted(connection: sa.Connection, ticket: Ticket) -> None:
        opening.beside(connection, ticket)
        told = {"service_code": ticket.service_code, "kind": ticket.kind, "call": ticket.call_id}
        note_change(connection, by, "ticket_opened", ticket.service_request_id, now, **told)

    destinations = opening.concerned(new)
    return open_ticket(opening.engine, new, destinations=destinations, now=now, beside=noted)


def verified(engine: sa.Engine, new: NewTicket) -> NewTicket:
    """The ticket with all that the gazetteer knows of its number plate; as it is where it has none.

    A plate that several entrances have is left as it was given. Raises SQLAlchemyError.
    """
    given = new.address
    if given.building_number is None or given.postal_code is None:
        return new
    new = replace(new, location_source=_PLATE)
    found = by_plate(engine, given.building_number, given.postal_code)
    if len(found) != 1:
        return new
    place = found[0]
    address = Address(
        building_number=given.building_number,
        postal_code=given.postal_code,
        street=given.street or place.street.get("ar") or place.street.get("en"),
        district=given.district or place.district.get("ar") or place.district.get("en"),
        secondary_number=place.secondary_number or None,
        short_address=place.short_address or None,
    )
    return replace(
        new,
        address=address,
        lat=place.lat,
        long=place.long,
        sub_municipality=place.sub_municipality or new.sub_municipality,
        location_verified=True,
    )
