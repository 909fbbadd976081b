"""What the dialog can ask of the world, by name. Each effect comes to a named outcome.

An effect is run again when a server dies in the middle of it, so each is idempotent: what it makes
is keyed by the call and the turn that asked for it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from call_handlers.arrival import Facts
from ivr.engine import NO_RECORDING
from ivr.event import Done
from ivr.session import Session
from tickets.catalogue import Service
from tickets.model import Address, InvalidTicket, NewTicket, Ticket

log = structlog.get_logger()

OPENED = "opened"
FAILED = "failed"
CALLBACK_SERVICE = "OTHER"
NOTED = "noted"
NO_NUMBER = "no_number"
UNHEARD = "unheard"
EFFECT_NAMES = frozenset(
    {"open_report", "open_callback", "open_message", "check_challenge", "request_review"}
)

Effect = Callable[[Facts, Session, datetime], Done]


class OpenTicket(Protocol):
    """Commits a ticket and its outbox; the same origin again gives the same ticket."""

    def __call__(self, new: NewTicket, now: datetime, /) -> Ticket:
        """Raises SQLAlchemyError when the database is away, or did not say in time that it has it.

        Then it may have been kept after all: the caller is led to an operator, not told a number.
        """
        ...


class RequestReview(Protocol):
    """Keeps the request of a restricted caller; the same call again gives the same request."""

    def __call__(self, *, number: str, call_id: str, recording_ref: str, now: datetime) -> object:
        """Raises SQLAlchemyError when the database is away, or did not say in time that it has it.

        Then it may have been kept after all; asking again for the same call does no harm.
        """
        ...


def make_effects(
    open_ticket: OpenTicket, services: Mapping[str, Service], request_review: RequestReview
) -> dict[str, Effect]:
    """The effects of the 940 flow, by name."""

    def open_report(facts: Facts, session: Session, now: datetime) -> Done:
        answers = session.answers
        service = services.get(answers.get("service_code", ""))
        if service is None:
            log.error("service_unknown", service_code=answers.get("service_code", ""))
            return Done(FAILED)
        new = _report(facts, session, service)
        return _opened(open_ticket, new, now, service.target_hours)

    def open_callback(facts: Facts, session: Session, now: datetime) -> Done:
        return Done(NO_NUMBER) if facts.e164 is None else asked(facts, session, now)

    def open_message(facts: Facts, session: Session, now: datetime) -> Done:
        heard = _recording(session.answers.get("message", ""))
        return Done(UNHEARD) if heard is None else asked(facts, session, now)

    def asked(facts: Facts, session: Session, now: datetime) -> Done:
        service = services[CALLBACK_SERVICE]
        new = _callback(facts, session, service)
        return _opened(open_ticket, new, now, service.target_hours)

    def ask_review(facts: Facts, session: Session, now: datetime) -> Done:
        return _review(request_review, facts, session, now)

    return {
        "open_report": open_report,
        "open_callback": open_callback,
        "open_message": open_message,
        "check_challenge": check_challenge,
        "request_review": ask_review,
    }


def check_challenge(facts: Facts, session: Session, now: datetime) -> Done:
    """Whether the caller pressed the digit that they were asked for."""
    del facts, now
    answers = session.answers
    if not answers.get("challenge"):
        return Done(FAILED)
    right = answers.get("challenge_answer") == answers["challenge"]
    return Done("right" if right else "wrong")


def _review(request_review: RequestReview, facts: Facts, session: Session, now: datetime) -> Done:
    if facts.e164 is None:
        log.error("review_without_number")
        return Done(FAILED)
    recording = _recording(session.answers.get("review", "")) or ""
    try:
        request_review(number=facts.e164, call_id=facts.call_id, recording_ref=recording, now=now)
    except SQLAlchemyError as error:
        log.error("review_not_opened", error=type(error).__name__)
        return Done(FAILED)
    return Done(NOTED)


def _opened(
    open_ticket: OpenTicket, new: Callable[[], NewTicket], now: datetime, target_hours: int
) -> Done:
    try:
        ticket = open_ticket(new(), now)
    except SQLAlchemyError as error:
        log.error("ticket_not_opened", error=type(error).__name__)
        return Done(FAILED)
    except InvalidTicket as error:
        log.error("ticket_invalid", field=error.field)
        return Done(FAILED)
    return Done(OPENED, {"reference": ticket.service_request_id, "target_hours": str(target_hours)})


def _origin(session: Session) -> str:
    return f"call:{session.call_id}:{session.turn}"


def _report(facts: Facts, session: Session, service: Service) -> Callable[[], NewTicket]:
    answers = session.answers
    return lambda: NewTicket(
        origin=_origin(session),
        kind="report",
        service_code=service.code,
        language=session.language,
        call_id=facts.call_id,
        phone=facts.e164,
        caller_id_withheld=facts.withheld,
        address=Address(
            building_number=answers.get("building_number"),
            postal_code=answers.get("postal_code"),
        ),
        location_source="number_plate",
        agency_responsible=service.departments,
        target_hours=service.target_hours,
        recording_ref=_recording(answers.get("recording", "")),
        attributes=_attributes(facts, answers, "recording"),
    )


def _callback(facts: Facts, session: Session, service: Service) -> Callable[[], NewTicket]:
    answers = session.answers
    return lambda: NewTicket(
        origin=_origin(session),
        kind="inquiry",
        service_code=service.code,
        language=session.language,
        call_id=facts.call_id,
        phone=facts.e164,
        caller_id_withheld=facts.withheld,
        agency_responsible=service.departments,
        target_hours=service.target_hours,
        recording_ref=_recording(answers.get("message", "")),
        callback_requested=facts.e164 is not None,
        attributes=_attributes(facts, answers, "message"),
    )


def _recording(reference: str) -> str | None:
    return None if reference in ("", NO_RECORDING) else reference


def _attributes(facts: Facts, answers: Mapping[str, str], recorded: str) -> dict[str, object]:
    """What the back office may want to know of the call beside the ticket's own fields.

    `recorded` is the answer that names the recording: the length of one that the caller dropped
    is still among the answers, and says nothing.
    """
    attributes: dict[str, object] = {
        "call_channel": facts.channel,
        "verdict": facts.verdict,
        "attestation": facts.attestation or None,
        "flow": f"{facts.flow}@{facts.flow_version}",
    }
    if _recording(answers.get(recorded, "")) and f"{recorded}_ms" in answers:
        attributes["recording_ms"] = int(answers[f"{recorded}_ms"])
    return {name: value for name, value in attributes.items() if value is not None}
