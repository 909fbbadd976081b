"""What became of a ticket: found by the number that reported it, or by its reference.

Who knows the reference hears what it is and where it stands, whoever they are; whose it is, and
what they said, nobody hears. So the reference is not to be guessed: see `call_handlers.guesses`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from call_handlers.arrival import Facts
from call_handlers.effects.port import FAILED, Effect
from call_handlers.guesses import Guesses
from ivr.contract import EffectContract
from ivr.event import Done
from ivr.flow import WRONG
from ivr.pick import told
from ivr.session import Session
from ivr.spoken.language import LARGEST
from tickets.model import Ticket
from tickets.reference import is_reference

log = structlog.get_logger()

SOME, NONE, KNOWN, TOO_MANY = "some", "none", "known", "too_many"
READ, GONE = "read", "gone"
MOST_OWN = 4
"""How many of their own tickets a caller is offered: nobody listens to more of them."""
MOST_WRONG = 5
"""So many wrong references in a call lead to an operator."""
WRONG_REFERENCES = "wrong_references"
"""The answer that counts them."""
_TICKET = ("ticket", "ticket_service")
CONTRACTS = (
    EffectContract(
        "own_tickets",
        {SOME: ("own_tickets", "open_count"), NONE: (), FAILED: ()},
        choices={"own_tickets": _TICKET},
        looks=True,
    ),
    EffectContract(
        "check_reference",
        {KNOWN: _TICKET, WRONG: (WRONG_REFERENCES,), TOO_MANY: (), FAILED: ()},
        needs=("reference_keyed",),
    ),
    EffectContract(
        "read_ticket",
        {
            READ: (*_TICKET, "ticket_status", "ticket_since", "ticket_expected"),
            GONE: (),
            FAILED: (),
        },
        needs=("ticket",),
        looks=True,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What the effects ask; each but `dated` may raise SQLAlchemyError.

    `own` gives the newest open tickets that a number has reported, `count` says how many there are,
    `find` gives that of a reference;
    `dated` is how a moment is said (a value of kind `date`).
    """

    own: Callable[[str, int], Sequence[Ticket]]
    count: Callable[[str], int]
    find: Callable[[str], Ticket | None]
    dated: Callable[[datetime], str]
    guesses: Guesses


def follow_up_effects(records: Records) -> dict[str, Effect]:
    """The effects of following up, by name."""

    def own_tickets(facts: Facts, session: Session, now: datetime) -> Done:
        del session, now
        if facts.e164 is None:
            return Done(NONE)
        try:
            found = records.own(facts.e164, MOST_OWN)
            there = records.count(facts.e164) if len(found) == MOST_OWN else len(found)
        except SQLAlchemyError as error:
            return _failed("own_tickets", error)
        choices = [_named(ticket) for ticket in found]
        if not choices:
            return Done(NONE)
        return Done(SOME, {"own_tickets": told(choices), "open_count": str(min(there, LARGEST))})

    def check_reference(facts: Facts, session: Session, now: datetime) -> Done:
        del now
        keyed = session.answers["reference_keyed"]
        if records.guesses.too_many(facts.e164):
            return Done(TOO_MANY)
        try:
            ticket = records.find(keyed) if is_reference(keyed) else None
        except SQLAlchemyError as error:
            return _failed("check_reference", error)
        if ticket is not None:
            return Done(KNOWN, _named(ticket))
        if is_reference(keyed):  # no slip of a finger: the check digit is right
            records.guesses.note(facts.e164, f"{facts.call_id}:{session.turn}")
        wrong = int(session.answers.get(WRONG_REFERENCES) or 0) + 1
        return (
            Done(TOO_MANY) if wrong >= MOST_WRONG else Done(WRONG, {WRONG_REFERENCES: str(wrong)})
        )

    def read_ticket(facts: Facts, session: Session, now: datetime) -> Done:
        del facts
        try:
            ticket = records.find(session.answers["ticket"])
        except SQLAlchemyError as error:
            return _failed("read_ticket", error)
        if ticket is None:
            return Done(GONE)
        expected = ticket.expected_datetime if ticket.is_open else None
        if expected is not None and expected < now:
            expected = None  # nobody is told that their report is to be done last week
        return Done(
            READ,
            {
                **_named(ticket),
                "ticket_status": ticket.status,
                "ticket_since": records.dated(ticket.status_datetime or ticket.updated_datetime),
                "ticket_expected": records.dated(expected) if expected else "",
            },
        )

    return {
        "own_tickets": own_tickets,
        "check_reference": check_reference,
        "read_ticket": read_ticket,
    }


def _named(ticket: Ticket) -> dict[str, str]:
    return {"ticket": ticket.service_request_id, "ticket_service": ticket.service_code}


def _failed(effect: str, error: SQLAlchemyError) -> Done:
    log.error("tickets_away", effect=effect, error=type(error).__name__)
    return Done(FAILED)
