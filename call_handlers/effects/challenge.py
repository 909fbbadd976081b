"""One random digit: a machine that dials does not press it."""

from datetime import datetime

from call_handlers.arrival import Facts
from call_handlers.effects.port import FAILED
from ivr.contract import EffectContract
from ivr.event import Done
from ivr.flow import WRONG
from ivr.session import Session

RIGHT = "right"
CONTRACTS = (
    EffectContract(
        "check_challenge",
        {RIGHT: (), WRONG: (), FAILED: ()},
        needs=("challenge", "challenge_answer"),
    ),
)


def check_challenge(facts: Facts, session: Session, now: datetime) -> Done:
    """Whether the caller pressed the digit that they were asked for."""
    del facts, now
    answers = session.answers
    if not answers.get("challenge"):
        return Done(FAILED)
    right = answers.get("challenge_answer") == answers["challenge"]
    return Done(RIGHT if right else WRONG)
