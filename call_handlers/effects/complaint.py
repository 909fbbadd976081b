"""A complaint: about a report late or badly done, a department or employee, a contractor."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from call_handlers.arrival import Facts
from call_handlers.effects.place import PLACE_FIELDS
from call_handlers.effects.port import FAILED, KEPT, OPENED, Effect, Keep, OpenTicket
from call_handlers.effects.report import TALKED_TO
from call_handlers.effects.ticket import CALLBACK_SERVICE, GIVEN, Waits, opened, ticket_of
from ivr.contract import EffectContract
from ivr.event import Done
from ivr.session import Session
from ivr.way import given
from tickets.catalogue import Service
from tickets.model import NewTicket
from tickets.reference import is_reference

KINDS = ("LATE", "STAFF", "CONTRACTOR")
"""What a complaint may be about; each has its prompt `complaint.…`."""
SAID = "complaint_said"
"""The answer that is the complaint's recording."""
_NOT_OF_IT = frozenset({*PLACE_FIELDS, "recording", "recording_ms", "service_code", "group"})
"""What a report in the same call has been given, or an inquiry: none of the complaint's."""
CONTRACTS = (
    EffectContract("open_complaint", {OPENED: GIVEN, FAILED: ()}, needs=("complaint",)),
    EffectContract(
        "open_complaint_unconfirmed",
        {OPENED: GIVEN, KEPT: (), FAILED: ()},
        needs=("complaint", "complaint_said"),
    ),
)


def complaint_effects(
    open_ticket: OpenTicket, services: Mapping[str, Service], keep: Keep
) -> dict[str, Effect]:
    """The effects of a complaint, by name.

    It is filed under the service of the report that it is about, if there is one, and linked to it.
    """
    told, untold = Waits(keep=keep, told=True), Waits(keep=keep, untold=True)

    def open_complaint(facts: Facts, session: Session, now: datetime) -> Done:
        service = service_of(services, session)
        new = partial(complaint_of, facts, session, service)
        return opened(open_ticket, new, now, service.target_hours, told)

    def open_unconfirmed(facts: Facts, session: Session, now: datetime) -> Done:
        service, talked_to = service_of(services, session), session.answers.get(TALKED_TO)
        more: dict[str, object] = {"unconfirmed": True, "transferred_to": talked_to}
        new = partial(complaint_of, facts, session, service, **more)
        return opened(open_ticket, new, now, service.target_hours, untold)

    return {"open_complaint": open_complaint, "open_complaint_unconfirmed": open_unconfirmed}


def complaint_of(
    facts: Facts, session: Session, service: Service, **attributes: object
) -> NewTicket:
    """A complaint with all that its caller has given for it. Raises InvalidTicket."""
    answers = session.answers
    said = given(answers, SAID)
    made = ticket_of(
        facts,
        replace(session, answers=_of_itself(answers)),
        service,
        "complaint",
        complaint=answers["complaint"],
        recording_ms=int(answers.get(f"{SAID}_ms") or 0) if said else None,
        about_reference=_unknown_reference(answers),
        **attributes,
    )
    parent = answers.get("ticket") or None
    # What was left with the operators' menu is a message besides, where the complaint was spoken.
    recording = said or made.recording_ref
    return replace(made, recording_ref=recording, parent_service_request_id=parent)


def service_of(services: Mapping[str, Service], session: Session) -> Service:
    """The service of the report that it is about, if there is one."""
    code = session.answers.get("ticket_service", "")
    return services.get(code) or services[CALLBACK_SERVICE]


def _of_itself(answers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in answers.items() if name not in _NOT_OF_IT}


def _unknown_reference(answers: Mapping[str, str]) -> str | None:
    """A reference that was keyed while nobody could look it up: a person will."""
    keyed = answers.get("reference_keyed", "")
    return keyed if is_reference(keyed) and not answers.get("ticket") else None
