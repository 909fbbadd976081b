"""A ticket made of what the caller has given, and opened."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from call_handlers.arrival import Facts
from call_handlers.effects.contact import CONTACT_E164
from call_handlers.effects.port import FAILED, KEPT, OPENED, Keep, OpenTicket, kept, numbered
from ivr.event import Done
from ivr.session import Session
from ivr.way import given
from store.away import is_away
from tickets.catalogue import Service
from tickets.model import Address, InvalidTicket, NewTicket

log = structlog.get_logger()

LOCATION_SOURCES = {
    "plate": "number_plate",
    "short": "short_address",
    "area": "sub_municipality",
}
"""How the place is known, by the answer `place`."""
CALLBACK_SERVICE = "OTHER"
"""What has no service of its own is filed under this."""
GIVEN = ("reference", "target_hours")
"""The answers that an opened ticket gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """What is done where the database is away: the ticket waits in `keep`, or nothing is.

    `told`: under a spare number, which its caller hears as if there were a database. `untold`: as
    one that has no number yet, where nobody can be told one.
    """

    keep: Keep
    told: bool = False
    untold: bool = False


def opened(
    open_ticket: OpenTicket,
    make: Callable[[], NewTicket],
    now: datetime,
    target_hours: int,
    waits: Waits,
) -> Done:
    """Open what `make` makes; as `waits` says where the database is away."""
    try:
        new = make()
    except InvalidTicket as error:
        log.error("ticket_invalid", field=error.field)
        return Done(FAILED)
    try:
        reference = open_ticket(new, now).service_request_id
    except SQLAlchemyError as error:
        log.error("ticket_not_opened", error=type(error).__name__)
        # What the database can never take is told to nobody.
        told = numbered(waits.keep, new, now) if waits.told and is_away(error) else None
        if told is None:
            untold = waits.untold and kept(lambda: waits.keep.ticket(new, now))
            return Done(KEPT if untold else FAILED)
        reference = told
    return Done(OPENED, {"reference": reference, "target_hours": str(target_hours)})


def ticket_of(
    facts: Facts, session: Session, service: Service, kind: str, **attributes: object
) -> NewTicket:
    """A ticket with all that the caller has given, whatever for. Raises InvalidTicket."""
    answers = session.answers
    phone = answers.get(CONTACT_E164) or facts.e164  # who withholds theirs may have given one
    recordings = [name for name in ("recording", "message") if given(answers, name)]
    return NewTicket(
        origin=f"call:{session.call_id}:{session.turn}",
        kind=kind,
        service_code=service.code,
        language=session.language,
        call_id=facts.call_id,
        phone=phone,
        reported_from=facts.e164 or "",
        caller_id_withheld=facts.withheld and phone is None,
        address=place_of(answers),
        address_string=_in_words(answers),
        lat=_degrees(answers, "lat"),
        long=_degrees(answers, "long"),
        location_verified=bool(answers.get("verified")),
        location_source=_source(answers),
        sub_municipality=answers.get("sub_municipality") or None,
        agency_responsible=service.departments,
        target_hours=service.target_hours,
        recording_ref=given(answers, recordings[0]) if recordings else None,
        attributes=_attributes(facts, answers, recordings, attributes),
    )


def place_of(answers: Mapping[str, str]) -> Address:
    """Where it is, as far as the caller has said so or the gazetteer knows."""
    return Address(
        building_number=answers.get("building_number") or None,
        street=answers.get("street_name") or None,
        district=answers.get("district_name") or None,
        postal_code=answers.get("postal_code") or None,
        secondary_number=answers.get("secondary_number") or None,
        short_address=answers.get("short_address") or None,
    )


def has_place(answers: Mapping[str, str]) -> bool:
    """Whether the caller has said where it is, in whatever way."""
    return bool(answers.get("place")) or place_of(answers).one_line() is not None


def _source(answers: Mapping[str, str]) -> str | None:
    by = answers.get("place") or ("plate" if answers.get("building_number") else "")
    return LOCATION_SOURCES.get(by)


def _in_words(answers: Mapping[str, str]) -> str | None:
    """The place in one line, where its parts do not say it: a short address that nobody knows."""
    keys = answers.get("short_keys", "")
    known = place_of(answers).one_line() is not None
    return f"{keys[:4]} {keys[4:]} (short address on the keypad)" if keys and not known else None


def _degrees(answers: Mapping[str, str], name: str) -> float | None:
    given_as = answers.get(name, "")
    return float(given_as) if given_as else None


def _attributes(
    facts: Facts,
    answers: Mapping[str, str],
    recordings: Sequence[str],
    more: Mapping[str, object],
) -> dict[str, object]:
    """What the back office may want to know of the call beside the ticket's own fields.

    `recordings` names the answers that are recordings: the first is the ticket's own, a message
    that was left besides is named here.
    """
    attributes: dict[str, object] = {
        "call_channel": facts.channel,
        "verdict": facts.verdict,
        "attestation": facts.attestation or None,
        "short_keys": answers.get("short_keys") or None,
        "called_from": facts.e164 if answers.get(CONTACT_E164) else None,
        "flow": f"{facts.flow}@{facts.flow_version}",
        **more,
    }
    for name, prefix in zip(recordings, ("recording", "message"), strict=False):
        if prefix == "message":
            attributes["message_ref"] = answers[name]
        if f"{name}_ms" in answers:
            attributes[f"{prefix}_ms"] = int(answers[f"{name}_ms"])
    return {name: value for name, value in attributes.items() if value is not None}
