"""What the dialog is told of a call before its first prompt: the answers that are there already."""

import json
import math
import secrets

from blacklist.numbers import CallerNumber
from blacklist.verdict import LAST_IN_QUEUE, Verdict
from call_handlers.effects.draft import draft_answers
from call_handlers.memory import Remembered
from ivr.coming import LAST, QUEUE
from ivr.way import LANGUAGE
from places.on_air import on_air

CHALLENGE_DIGITS = "12345678"
"""Neither 0 nor 9: those are an operator and emergency help."""
ANNOUNCEMENTS = ("announcement", "announcement_2", "announcement_3")
"""The answers that are what is on the air, the first first; nobody listens to more."""
_DAY_S = 86_400


def given_answers(
    number: CallerNumber, verdict: Verdict, *, now: float, digit: str, kept_days: int
) -> dict[str, str]:
    """The answers of a call from `number` under `verdict` at `now` (seconds since the epoch).

    `digit` is what a challenged caller has to press; recordings are kept for `kept_days`.
    """
    answers = {
        "contact": spoken_number(number.e164),
        "days": days_left(verdict, now),
        "kept_days": str(kept_days),
    }
    if verdict.disposition in LAST_IN_QUEUE:
        answers[QUEUE] = LAST
    if verdict.disposition == "challenge":
        answers["challenge"] = digit
    return answers


def remembered_answers(remembered: Remembered, *, now: float) -> dict[str, str]:
    """The answers of what is remembered of a number, and of what is on the air at `now`."""
    answers = draft_answers(remembered.draft) if remembered.draft else {}
    if remembered.language:
        answers[LANGUAGE] = remembered.language
    for name, texts in zip(ANNOUNCEMENTS, on_air(remembered.on_air, now), strict=False):
        answers[name] = json.dumps(dict(texts), ensure_ascii=False)
    return answers


def draw_digit() -> str:
    """A digit that nobody can know before."""
    return secrets.choice(CHALLENGE_DIGITS)


def days_left(verdict: Verdict, now: float) -> str:
    """The days until the measure ends, begun ones counted; from 1 to 999."""
    if verdict.until is None:
        return "1"
    return str(max(1, min(999, math.ceil((verdict.until.timestamp() - now) / _DAY_S))))


def spoken_number(e164: str | None) -> str:
    """A number as it is read out here: `05…` for Saudi ones, `00…` for others, "" for none."""
    if e164 is None:
        return ""
    return f"0{e164[4:]}" if e164.startswith("+966") else f"00{e164[1:]}"
