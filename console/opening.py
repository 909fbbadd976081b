"""A new ticket of what somebody has been told: as the page of a call asks, and as the API does."""

import hashlib
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from blacklist.numbers import LONGEST_RAW, normalise
from blacklist.record.arguments import Arguments, Plain
from call_handlers.fields import CallRecord
from call_handlers.timeline import CallStory
from console.house import House
from people.person import Person
from tickets.catalogue import Service
from tickets.model import Address, InvalidTicket, NewTicket, Ticket
from tickets.working.opening import BY_HAND, Opening, open_by_hand, verified
from tickets.working.refusals import CannotOpen, Why
from tickets.working.writing import checked_text

LONGEST_TEXT = 4000
LONGEST_PLACE = 200
_Short = Annotated[str, StringConstraints(max_length=100), Plain]
_Line = Annotated[str, StringConstraints(max_length=LONGEST_PLACE), Plain]


class Given(Arguments):
    """What a caller has told somebody. The number is the call's, unless another is given."""

    service_code: _Short = Field(description="What it is about: a code of config/services.yaml")
    kind: Literal["inquiry", "report", "complaint", "suggestion"] = "report"
    description: Annotated[str, StringConstraints(max_length=LONGEST_TEXT), Plain] = Field(
        "", description="What was told"
    )
    building_number: _Short = Field("", description="Of the number plate: four digits")
    postal_code: _Short = Field("", description="Of the number plate: five digits")
    street: _Line = ""
    district: _Line = ""
    place: _Line = Field("", description="The place in words, where it has no number plate")
    sub_municipality: _Short = ""
    first_name: _Short = ""
    phone: Annotated[str, StringConstraints(max_length=LONGEST_RAW)] = Field(
        "", description="A number to call back, in any usual writing"
    )
    priority: Literal["low", "normal", "high"] = "normal"
    recording: _Line = Field("", description="What of the call's recordings belongs to it")


def opened(house: House, by: Person, given: Given, *, form: str, story: CallStory | None) -> Ticket:
    """Open the ticket, of this call where there is one.

    A `form` (`new_id`) that is sent again as it was gives the same ticket; with other words in it,
    or of another call, it is another: nothing that was told is lost. Raises CannotOpen and
    WrongText (each tells the mend), and SQLAlchemyError.
    """
    room, origin = house.tickets, _origin(form, given, story)
    service = room.services.get(given.service_code)
    if service is None:
        raise _refused("service_unknown", "there is no such service: see config/services.yaml")
    if given.sub_municipality and given.sub_municipality not in room.areas:
        raise _refused("area_unknown", "there is no such sub-municipality")
    try:
        new = _new(given, service, origin, story, room.jurisdiction)
    except InvalidTicket as error:
        why: Why = "place_missing" if error.field == "address" else "plate_wrong"
        raise _refused(why, str(error)) from None
    opening = Opening(house.engine, room.concerned, room.beside)
    return open_by_hand(opening, by, verified(house.engine, new), now=house.now())


def _origin(form: str, given: Given, story: CallStory | None) -> str:
    call = "" if story is None else story.record.id
    words = hashlib.sha256(f"{form} {call} {given.model_dump_json()}".encode()).hexdigest()
    return f"desk:{form}:{words[:16]}"


def _new(
    given: Given, service: Service, origin: str, story: CallStory | None, jurisdiction: str
) -> NewTicket:
    record = None if story is None else story.record
    phone, called = _phone(given), None if record is None else record.e164
    return NewTicket(
        origin=origin,
        kind=given.kind,
        service_code=service.code,
        language="ar" if record is None else record.language,
        jurisdiction_id=jurisdiction,
        call_id=None if record is None else record.id,
        phone=phone or called,
        reported_from=called or "",
        caller_id_withheld=record is not None and record.withheld and phone is None,
        first_name=_text(given.first_name, 100),
        description=_text(given.description, LONGEST_TEXT),
        address=Address(
            building_number=given.building_number or None,
            postal_code=given.postal_code or None,
            street=_text(given.street, LONGEST_PLACE),
            district=_text(given.district, LONGEST_PLACE),
        ),
        address_string=_text(given.place, LONGEST_PLACE),
        sub_municipality=given.sub_municipality or None,
        agency_responsible=service.departments,
        target_hours=service.target_hours,
        priority=given.priority,
        recording_ref=given.recording or None,
        attributes={BY_HAND: True, **_of_call(record), **_recorded(given, story)}
        | ({"called_from": called} if phone and called and phone != called else {}),
    )


def _phone(given: Given) -> str | None:
    """The number that was told, E.164. Raises CannotOpen."""
    if not given.phone.strip():
        return None
    number = normalise(given.phone).e164
    if number is None:
        raise _refused("number_unusable", "phone: no number that can be dialled")
    return number


def _of_call(record: CallRecord | None) -> dict[str, object]:
    if record is None:
        return {}
    known = {
        "call_channel": record.channel,
        "verdict": record.verdict,
        "attestation": record.attestation,
        "flow": f"{record.flow}@{record.flow_version}",
    }
    return {name: value for name, value in known.items() if value}


def _recorded(given: Given, story: CallStory | None) -> dict[str, object]:
    """How long the recording is. Raises CannotOpen where the call has none of this name."""
    if not given.recording:
        return {}
    for one in () if story is None else story.spoken:
        if one.reference == given.recording:
            return {"recording_ms": round(one.seconds * 1000)}
    raise _refused("recording_unknown", "there is no such recording in this call")


def _text(text: str, longest: int) -> str | None:
    """Raises WrongText."""
    return checked_text(text, longest) if text.strip() else None


def _refused(why: Why, message: str) -> CannotOpen:
    return CannotOpen(why, message)
