"""A report: sent by its caller, or given and not sent when the call was over."""

from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from call_handlers.arrival import Facts
from call_handlers.effects.port import FAILED, KEPT, OPENED, Effect, Keep, OpenTicket
from call_handlers.effects.ticket import GIVEN, Waits, opened, ticket_of
from ivr.contract import EffectContract
from ivr.event import Done
from ivr.session import Session
from tickets.catalogue import Service
from tickets.model import NewTicket

log = structlog.get_logger()

TALKED_TO = "talked_to"
"""The answer that says with whom the caller was connected, once the call is over."""
CONTRACTS = (
    EffectContract("open_report", {OPENED: GIVEN, FAILED: ()}, needs=("service_code",)),
    EffectContract(
        "open_unconfirmed",
        {OPENED: GIVEN, KEPT: (), FAILED: ()},
        needs=("service_code", "recording"),
    ),
)


def report_effects(
    open_ticket: OpenTicket, services: Mapping[str, Service], keep: Keep
) -> dict[str, Effect]:
    """The effects of a report, by name."""
    told, untold = Waits(keep=keep, told=True), Waits(keep=keep, untold=True)

    def open_report(facts: Facts, session: Session, now: datetime) -> Done:
        service = _service(services, session)
        if service is None:
            return Done(FAILED)
        new = _sent(facts, session, service)
        return opened(open_ticket, new, now, service.target_hours, told)

    def open_unconfirmed(facts: Facts, session: Session, now: datetime) -> Done:
        service = _service(services, session)
        if service is None:
            return Done(FAILED)
        new = _unsent(facts, session, service)
        return opened(open_ticket, new, now, service.target_hours, untold)

    return {"open_report": open_report, "open_unconfirmed": open_unconfirmed}


def _service(services: Mapping[str, Service], session: Session) -> Service | None:
    code = session.answers.get("service_code", "")
    if code not in services:
        log.error("service_unknown", service_code=code)
    return services.get(code)


def _sent(facts: Facts, session: Session, service: Service) -> Callable[[], NewTicket]:
    return lambda: ticket_of(facts, session, service, "report")


def _unsent(facts: Facts, session: Session, service: Service) -> Callable[[], NewTicket]:
    """A report that was given and not sent. Whom the caller has talked to goes along."""
    talked_to = session.answers.get(TALKED_TO)
    return lambda: ticket_of(
        facts, session, service, "report", unconfirmed=True, transferred_to=talked_to
    )
