"""A restricted caller asks for review."""

from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from call_handlers.arrival import Facts
from call_handlers.effects.port import FAILED, Effect, Keep, RequestReview, kept
from ivr.contract import EffectContract
from ivr.event import Done
from ivr.session import Session
from ivr.way import given

log = structlog.get_logger()

NOTED = "noted"
CONTRACTS = (EffectContract("request_review", {NOTED: (), FAILED: ()}, needs=("review",)),)


def review_effects(request_review: RequestReview, keep: Keep) -> dict[str, Effect]:
    """The effect of a request for review, by its name."""

    def ask(facts: Facts, session: Session, now: datetime) -> Done:
        if facts.e164 is None:
            log.error("review_without_number")
            return Done(FAILED)
        recording = given(session.answers, "review")
        asked = {"number": facts.e164, "call_id": facts.call_id, "recording_ref": recording}
        try:
            request_review(**asked, now=now)
        except SQLAlchemyError as error:
            log.error("review_not_opened", error=type(error).__name__)
            return Done(NOTED) if kept(lambda: keep.review(**asked, now=now)) else Done(FAILED)
        return Done(NOTED)

    return {"request_review": ask}
