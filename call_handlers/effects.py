"""What the dialog can ask of the world, by name. Each effect comes to a named outcome.

An effect is run again when a server dies in the middle of it, so each is idempotent: what it makes
is keyed by the call and the turn that asked for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from call_handlers.arrival import Facts
from ivr.contract import EffectContract, by_name
from ivr.event import Done
from ivr.session import Session
from ivr.way import given
from tickets.catalogue import Service
from tickets.model import Address, InvalidTicket, NewTicket, Ticket

log = structlog.get_logger()

OPENED = "opened"
FAILED = "failed"
CALLBACK_SERVICE = "OTHER"
NOTED = "noted"
NO_NUMBER = "no_number"
UNHEARD = "unheard"
KEPT = "kept"
TALKED_TO = "talked_to"
"""The answer that says with whom the caller was connected, once the call is over."""
RIGHT = "right"
WRONG = "wrong"
_TICKET = ("reference", "target_hours")
CONTRACTS = by_name(
    (
        EffectContract("open_report", {OPENED: _TICKET, FAILED: ()}, needs=("service_code",)),
        EffectContract(
            "open_unconfirmed",
            {OPENED: _TICKET, KEPT: (), FAILED: ()},
            needs=("service_code", "recording"),
        ),
        EffectContract("open_callback", {OPENED: _TICKET, KEPT: (), FAILED: (), NO_NUMBER: ()}),
        EffectContract(
            "open_message",
            {OPENED: _TICKET, KEPT: (), FAILED: (), UNHEARD: ()},
            needs=("message",),
        ),
        EffectContract(
            "check_challenge",
            {RIGHT: (), WRONG: (), FAILED: ()},
            needs=("challenge", "challenge_answer"),
        ),
        EffectContract("request_review", {NOTED: (), FAILED: ()}, needs=("review",)),
    )
)
"""The effects that the 940 flow may ask for. `open_message` is asked too where nothing was left."""

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


class Keep(Protocol):
    """Where a request waits on disk while the database is away, until it can be made after all."""

    def ticket(self, new: NewTicket, now: datetime, /) -> None:
        """Keep a ticket that is to be opened. Raises OSError when the disk refuses."""
        ...

    def review(self, *, number: str, call_id: str, recording_ref: str, now: datetime) -> None:
        """Keep a request for review that is to be noted. Raises OSError when the disk refuses."""
        ...


def make_effects(
    open_ticket: OpenTicket,
    services: Mapping[str, Service],
    request_review: RequestReview,
    keep: Keep,
) -> dict[str, Effect]:
    """The effects of the 940 flow, by name.

    A report whose caller is there to hear its number fails while the database is away, and an
    operator takes the call. Whoever left words, or has hung up, cannot be asked again: `keep` has
    their request until the database is back.
    """

    def open_report(facts: Facts, session: Session, now: datetime) -> Done:
        answers = session.answers
        service = services.get(answers.get("service_code", ""))
        if service is None:
            log.error("service_unknown", service_code=answers.get("service_code", ""))
            return Done(FAILED)
        new = _report(facts, session, service)
        return _opened(open_ticket, new, now, service.target_hours)

    def open_unconfirmed(facts: Facts, session: Session, now: datetime) -> Done:
        service = services.get(session.answers.get("service_code", ""))
        if service is None:
            log.error("service_unknown", service_code=session.answers.get("service_code", ""))
            return Done(FAILED)
        new = _unconfirmed(facts, session, service)
        return _opened(open_ticket, new, now, service.target_hours, keep)

    def open_callback(facts: Facts, session: Session, now: datetime) -> Done:
        return Done(NO_NUMBER) if facts.e164 is None else asked(facts, session, now)

    def open_message(facts: Facts, session: Session, now: datetime) -> Done:
        heard = given(session.answers, "message")
        return asked(facts, session, now) if heard else Done(UNHEARD)

    def asked(facts: Facts, session: Session, now: datetime) -> Done:
        about = services.get(session.answers.get("service_code", ""))
        reported = about is not None and _place(session.answers).one_line() is not None
        service = about if about is not None and reported else services[CALLBACK_SERVICE]
        new = _callback(facts, session, service, "report" if reported else "inquiry")
        return _opened(open_ticket, new, now, service.target_hours, keep)

    def ask_review(facts: Facts, session: Session, now: datetime) -> Done:
        return _review(request_review, keep, facts, session, now)

    return {
        "open_report": open_report,
        "open_unconfirmed": open_unconfirmed,
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
    return Done(RIGHT if right else WRONG)


def _review(
    request_review: RequestReview, keep: Keep, facts: Facts, session: Session, now: datetime
) -> Done:
    if facts.e164 is None:
        log.error("review_without_number")
        return Done(FAILED)
    recording = given(session.answers, "review")
    asked = {"number": facts.e164, "call_id": facts.call_id, "recording_ref": recording}
    try:
        request_review(**asked, now=now)
    except SQLAlchemyError as error:
        log.error("review_not_opened", error=type(error).__name__)
        return Done(NOTED) if _kept(lambda: keep.review(**asked, now=now)) else Done(FAILED)
    return Done(NOTED)


def _opened(
    open_ticket: OpenTicket,
    make: Callable[[], NewTicket],
    now: datetime,
    target_hours: int,
    keep: Keep | None = None,
) -> Done:
    try:
        new = make()
    except InvalidTicket as error:
        log.error("ticket_invalid", field=error.field)
        return Done(FAILED)
    try:
        ticket = open_ticket(new, now)
    except SQLAlchemyError as error:
        log.error("ticket_not_opened", error=type(error).__name__)
        if keep is None or not _kept(lambda: keep.ticket(new, now)):
            return Done(FAILED)
        return Done(KEPT)
    return Done(OPENED, {"reference": ticket.service_request_id, "target_hours": str(target_hours)})


def _kept(keep: Callable[[], None]) -> bool:
    try:
        keep()
    except OSError as error:
        log.critical("request_lost", error=type(error).__name__)
        return False
    log.warning("request_kept_on_disk")
    return True


def _origin(session: Session) -> str:
    return f"call:{session.call_id}:{session.turn}"


def _report(facts: Facts, session: Session, service: Service) -> Callable[[], NewTicket]:
    return lambda: _ticket(facts, session, service, "report")


def _unconfirmed(facts: Facts, session: Session, service: Service) -> Callable[[], NewTicket]:
    """A report that was given and not sent. Whom the caller has talked to goes along."""
    talked_to = session.answers.get(TALKED_TO)
    return lambda: _ticket(
        facts, session, service, "report", unconfirmed=True, transferred_to=talked_to
    )


def _callback(
    facts: Facts, session: Session, service: Service, kind: str
) -> Callable[[], NewTicket]:
    """What the caller wants to be called about: a report that was not sent, or they will tell."""

    def new() -> NewTicket:
        about = session.answers.get("service_code") if kind == "inquiry" else None
        unconfirmed = True if kind == "report" else None
        ticket = _ticket(
            facts, session, service, kind, unconfirmed=unconfirmed, about_service_code=about
        )
        return replace(ticket, callback_requested=facts.e164 is not None)

    return new


def _ticket(
    facts: Facts, session: Session, service: Service, kind: str, **attributes: object
) -> NewTicket:
    """A ticket with all that the caller has given, whatever for. Raises InvalidTicket."""
    answers = session.answers
    address = _place(answers)
    recordings = [name for name in ("recording", "message") if given(answers, name)]
    return NewTicket(
        origin=_origin(session),
        kind=kind,
        service_code=service.code,
        language=session.language,
        call_id=facts.call_id,
        phone=facts.e164,
        caller_id_withheld=facts.withheld,
        address=address,
        location_source="number_plate" if address.one_line() else None,
        agency_responsible=service.departments,
        target_hours=service.target_hours,
        recording_ref=given(answers, recordings[0]) if recordings else None,
        attributes=_attributes(facts, answers, recordings, attributes),
    )


def _place(answers: Mapping[str, str]) -> Address:
    return Address(
        building_number=answers.get("building_number"), postal_code=answers.get("postal_code")
    )


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
        "flow": f"{facts.flow}@{facts.flow_version}",
        **more,
    }
    for name, prefix in zip(recordings, ("recording", "message"), strict=False):
        if prefix == "message":
            attributes["message_ref"] = answers[name]
        if f"{name}_ms" in answers:
            attributes[f"{prefix}_ms"] = int(answers[f"{name}_ms"])
    return {name: value for name, value in attributes.items() if value is not None}
