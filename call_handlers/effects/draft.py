"""A report that was begun and not finished: kept for half an hour, and gone on with.

The next call from that number is offered it, and comes to the very question where the other ended.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from call_handlers.arrival import Facts
from call_handlers.effects.port import FAILED, KEPT, OPENED, Effect
from call_handlers.late import WENT_ON
from call_handlers.memory import Memory
from ivr.contract import EffectContract
from ivr.event import Done
from ivr.flow import LAST_ASKED
from ivr.pick import RESUME, TRAIL
from ivr.session import Session

TAKEN, DROPPED = "taken", "dropped"
DRAFT, DRAFT_ABOUT = "draft", "draft_about"
"""The answers of a call that begins with a draft: itself, and what it is about, as far as said."""
CONTRACTS = (
    EffectContract("keep_draft", {KEPT: (), FAILED: ()}),
    EffectContract("take_up_draft", {TAKEN: (), FAILED: ()}, needs=(DRAFT,)),
    EffectContract("drop_draft", {DROPPED: ()}, needs=(DRAFT,)),
)
_OF_THE_CALL = frozenset(
    {
        *("days", "challenge", "challenge_answer", "kept_days", "queue", "language"),
        *("reference", "references", "target_hours", "talked_to", DRAFT, DRAFT_ABOUT),
        *(LAST_ASKED, "complaint", "complaint_said", "wrong_references", "own_tickets"),
        *("ticket", "ticket_service", "message", "note", WENT_ON),
    }
)
"""Answers that are one call's, not its report's. What is on the air is another call's, too."""
_ON_AIR = "announcement"


def draft_effects(memory: Memory) -> dict[str, Effect]:
    """The effects of drafts, by name."""

    def keep_draft(facts: Facts, session: Session, now: datetime) -> Done:
        del now
        if facts.e164 is None:
            return Done(FAILED)
        answers = {
            name: value
            for name, value in session.answers.items()
            if name not in _OF_THE_CALL and not name.startswith(_ON_AIR)
        }
        at = session.answers.get(LAST_ASKED, "")
        draft = {"at": at, "trail": ",".join(session.trail), "answers": answers}
        memory.keep_draft(facts.e164, json.dumps(draft, ensure_ascii=False))
        return Done(KEPT)

    def take_up_draft(facts: Facts, session: Session, now: datetime) -> Done:
        del now
        draft = _read(session.answers[DRAFT])
        if facts.e164 is not None:
            memory.drop_draft(facts.e164)
        if not draft:
            return Done(FAILED)
        where = {RESUME: str(draft.get("at", "")), TRAIL: str(draft.get("trail", ""))}
        return Done(TAKEN, {**_texts(draft.get("answers")), **where})

    def drop_draft(facts: Facts, session: Session, now: datetime) -> Done:
        del session, now
        if facts.e164 is not None:
            memory.drop_draft(facts.e164)
        return Done(DROPPED)

    return {"keep_draft": keep_draft, "take_up_draft": take_up_draft, "drop_draft": drop_draft}


def dropping(effect: Effect, memory: Memory) -> Effect:
    """The effect that opens a report; what its caller had begun is then no draft any more.

    There is one where the call began with it, or has kept it in its end and goes on after that.
    """

    def opened(facts: Facts, session: Session, now: datetime) -> Done:
        done = effect(facts, session, now)
        there = DRAFT in session.answers or WENT_ON in session.answers
        if there and done.outcome in (OPENED, KEPT) and facts.e164 is not None:
            memory.drop_draft(facts.e164)
        return done

    return opened


def draft_answers(draft: str) -> dict[str, str]:
    """What a call is told of a draft of its number; nothing where there is none."""
    found = _texts(_read(draft).get("answers"))
    if not found:
        return {}
    return {DRAFT: draft, DRAFT_ABOUT: found.get("service_code", "")}


def _read(draft: str) -> Mapping[str, object]:
    try:
        found = json.loads(draft)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _texts(answers: object) -> dict[str, str]:
    if not isinstance(answers, dict):
        return {}
    return {str(name): value for name, value in answers.items() if isinstance(value, str)}
