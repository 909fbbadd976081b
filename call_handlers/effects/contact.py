"""Another number on which the caller wants to be called about their report.

One of this country: it may be sent a text message, and nobody is to have the city send those round
the world. Who calls from abroad is known by the number that the network shows.
"""

from datetime import datetime

from blacklist.numbers import normalise
from call_handlers.arrival import Facts
from call_handlers.effects.port import FAILED
from call_handlers.given import spoken_number
from ivr.contract import EffectContract
from ivr.event import Done
from ivr.flow import WRONG
from ivr.session import Session

KNOWN = "known"
_HERE = "+966"
CONTACT, CONTACT_E164 = "contact", "contact_e164"
CONTRACTS = (
    EffectContract(
        "check_contact",
        {KNOWN: (CONTACT, CONTACT_E164), WRONG: (), FAILED: ()},
        needs=("contact_keyed",),
    ),
)


def check_contact(facts: Facts, session: Session, now: datetime) -> Done:
    """Whether the digits that the caller keyed are a whole number, as people here dial it."""
    del facts, now
    e164 = normalise(session.answers.get("contact_keyed", "")).e164
    if e164 is None or not e164.startswith(_HERE):
        return Done(WRONG)
    return Done(KNOWN, {CONTACT: spoken_number(e164), CONTACT_E164: e164})
