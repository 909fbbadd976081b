"""A call as it arrives, and a call as it stands between two turns."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import structlog
from pydantic_core import from_json, to_json

from ivr.content import told_version
from ivr.session import Session, session_from_dict, session_to_dict
from ivr.stored import from_stored
from ivr.turn import Turn, turn_from_dict, turn_to_dict

log = structlog.get_logger()

_NAMESPACE = uuid.UUID("94000000-0000-5000-8000-000000000940")
LONGEST_ID = 200
LONGEST_TRUNK = 40
ATTESTATIONS = ("A", "B", "C", "")
"""STIR/SHAKEN attestation levels (ATIS-1000074); empty when the network gave none."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a channel knows of a new call. `caller` is as the network sent it, whatever that is.

    `redirected` is the number that sent the call on to us, where the network names one. `began_ms`
    is when the channel came (ms since the epoch, UTC), 0 where that is not told. `trunk` names the
    way it came by, `origin` whom the network that attests the call has it from (`origin.py`).
    """

    channel: str
    provider_id: str
    caller: str = ""
    withheld: bool = False
    attestation: str = ""
    dialled: str = "940"
    redirected: str = ""
    began_ms: int = 0
    trunk: str = ""
    origin: str = ""

    @property
    def call_id(self) -> str:
        """The call's id: the same for every process that meets this call, and never guessed twice.

        A name-based UUID (RFC 9562, version 5) of the channel and the provider's id, without
        hyphens.
        """
        return _call_id(f"{self.channel}:{self.provider_id[:LONGEST_ID]}")


@lru_cache(maxsize=2048)
def _call_id(name: str) -> str:
    # Bytes that are no UTF-8 arrive as lone surrogates, which no encoding takes.
    return uuid.uuid5(_NAMESPACE, name.encode("utf-8", "backslashreplace").decode()).hex


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a call before its first prompt; it does not change any more.

    `screening` says whether it was asked: `ok`, `degraded` (at most in part), `emergency` (not, for
    the line that the call came by), or `away` (not: no server led the call). `verdict_rule` names
    the rule that decided and what it rests on. `started_ms` is in
    milliseconds since the epoch, UTC.
    """

    call_id: str
    started_ms: int
    channel: str = ""
    provider_id: str = ""
    caller: str = ""
    e164: str | None = None
    withheld: bool = False
    attestation: str = ""
    trunk: str = ""
    origin: str = ""
    flow: str = ""
    flow_version: str = ""
    verdict: str = "allow"
    verdict_reason: str = ""
    verdict_rule: str = ""
    screening: str = ""


_FACTS = tuple(f.name for f in fields(Facts))


LATE = 1000
"""What is added to the turns of a call that goes on after its end; no call has as many turns."""


@dataclass(frozen=True, slots=True)
class Left:
    """Where a call stood when its caller hung up, with so many `events`."""

    session: Session
    turn: Turn
    at_ms: int
    events: int


@dataclass(frozen=True, slots=True)
class Call:
    """A call between two turns: what the next process needs to go on.

    `at_ms` is when this turn was made. `events` are all that happened so far, as far as this
    process knows; the session store has not taken the last `unsaved` of them. `left` is where the
    caller hung up. `late` marks a call that had ended and goes on from there (see `late.py`).
    """

    facts: Facts
    session: Session
    turn: Turn
    at_ms: int
    events: tuple[str, ...] = ()
    unsaved: int = 0
    left: Left | None = None
    late: bool = False

    @property
    def call_id(self) -> str:
        """The call's id."""
        return self.facts.call_id

    @property
    def version(self) -> int:
        """Counts the states of a call in the order in which they replace one another."""
        return self.turn.number + (LATE if self.late else 0)


def facts_from_stored(stored: object, call_id: object = None, started_ms: object = None) -> Facts:
    """The facts as a release stored them, this one or another. Raises Unreadable."""
    told = told_version(stored) if isinstance(stored, Mapping) else stored
    return from_stored(Facts, told, call_id=call_id, started_ms=started_ms)


def call_to_json(call: Call) -> str:
    """The call as JSON text for the session store; events are kept beside it."""
    state: dict[str, Any] = {
        "session": session_to_dict(call.session),
        "turn": turn_to_dict(call.turn),
        "at_ms": call.at_ms,
    }
    if call.left is not None:
        state["left"] = {
            "session": session_to_dict(call.left.session),
            "turn": turn_to_dict(call.left.turn),
            "at_ms": call.left.at_ms,
            "events": call.left.events,
        }
    if call.late:
        state["late"] = True
    return f'{{"facts":{_facts_json(call.facts)},{to_json(state).decode()[1:]}'


@lru_cache(maxsize=2048)
def _facts_json(facts: Facts) -> str:
    """They stay the same from turn to turn."""
    return to_json({name: getattr(facts, name) for name in _FACTS}).decode()


def call_from_json(text: str, events: Sequence[str] = ()) -> Call:
    """The call that `call_to_json` wrote, with the events that were kept beside it.

    It may be of another release: what facts, session and turn have in common is taken from one
    where the other lacks it. Raises ValueError on anything else.
    """
    data = _mapping(from_json(text))
    facts, session, turn = (_mapping(data.get(name)) for name in ("facts", "session", "turn"))
    begun = facts_from_stored(facts, session.get("call_id"), data.get("at_ms"))
    shared = {name: getattr(begun, name) for name in ("call_id", "flow", "flow_version")}
    here = {"node": turn.get("node"), "language": turn.get("language"), "turn": turn.get("number")}
    stands = session_from_dict({**shared, **_told(here), **_told(session)})
    there = {"node": stands.node, "language": stands.language, "number": stands.turn}
    made = turn_from_dict({**there, **_told(turn)})
    kind = _mapping(turn.get("action")).get("kind")
    if kind != type(made.action).__name__:
        log.error("action_unknown", kind=str(kind)[:32], node=made.node, instead="operators")
    at_ms = data.get("at_ms", begun.started_ms)
    left, late = _left(_mapping(data.get("left"))), data.get("late") is True
    return Call(begun, stands, made, at_ms, tuple(events), left=left, late=late)


def _left(stored: Mapping[str, Any]) -> Left | None:
    """Where the caller hung up; None when nobody has written it down, or not like this."""
    try:
        session = session_from_dict(_mapping(stored["session"]))
        turn = turn_from_dict(_mapping(stored["turn"]))
        return Left(session, turn, int(stored["at_ms"]), int(stored["events"]))
    except (KeyError, TypeError, ValueError):
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _told(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in stored.items() if value is not None}
