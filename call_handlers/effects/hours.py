"""Whether the offices are open, and until or from when. The hotline itself always is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from call_handlers.arrival import Facts
from call_handlers.effects.port import Effect
from ivr.contract import EffectContract
from ivr.event import Done
from ivr.session import Session
from places.hours import Opening

OPEN, CLOSED, HOLIDAY, UNKNOWN = "open", "closed", "holiday", "unknown"
_OPENS = ("opens_date", "opens_at")
CONTRACTS = (
    EffectContract(
        "check_hours",
        {OPEN: ("closes_at",), CLOSED: _OPENS, HOLIDAY: _OPENS, UNKNOWN: ()},
        looks=True,
    ),
)
"""What is not known is an empty answer: a prompt for it is optional."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offices:
    """The offices' hours (`opening` at a moment), in their `zone`; `dated` is how a day is said."""

    opening: Callable[[datetime], Opening]
    dated: Callable[[datetime], str]
    zone: ZoneInfo


def hours_effects(offices: Offices) -> dict[str, Effect]:
    """The effect of asking for the hours, by its name."""

    def check_hours(facts: Facts, session: Session, now: datetime) -> Done:
        del facts, session
        found = offices.opening(now)
        if found.open:
            if found.reason == UNKNOWN:
                return Done(UNKNOWN)
            return Done(OPEN, {"closes_at": _clock(offices, found.closes_at)})
        opens = found.opens_at
        told = (offices.dated(opens) if opens else "", _clock(offices, opens))
        outcome = HOLIDAY if found.reason == HOLIDAY else CLOSED
        return Done(outcome, dict(zip(_OPENS, told, strict=True)))

    return {"check_hours": check_hours}


def _clock(offices: Offices, moment: datetime | None) -> str:
    """The time of the day as a value of kind `clock`."""
    return f"{moment.astimezone(offices.zone):%H:%M}" if moment else ""
