"""What a call record says of a turn: prompts, the kind of input, and nothing personal."""

from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from ivr.event import Digits, Done, Event, HungUp, NoInput, Recorded, Speech, Transferred
from ivr.turn import OPERATORS, Transfer, Turn

_KEYS = frozenset("0123456789*#")


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """What `event_row` writes, as it is read again."""

    at_ms: int
    turn: int = 0
    node: str = ""
    language: str = ""
    prompts: tuple[str, ...] = ()
    kind: str = ""
    input: str = ""
    ms: int = 0


def masked(event: Event, turn: Turn) -> tuple[str, str]:
    """The kind of an input in this turn, and what may be kept of it.

    A single key is a choice and is kept. An entry of several digits is somebody's address or
    number, and what somebody said is theirs: of those only the length is kept.
    """
    match event:
        case Digits(value=value) if len(value) <= 1:
            return "digits", value if _KEYS.issuperset(value) else "?"
        case Digits(value=value):
            return "digits", f"{len(value)} keys"
        case Speech(text=text):
            return "speech", f"{len(text)} characters"
        case NoInput():
            return "noinput", ""
        case Recorded(reference=reference, duration_ms=ms):
            return "recording", f"{ms} ms" if reference else "unavailable"
        case Done(outcome=outcome):
            return "effect", outcome[:64]
        case Transferred(result=result):
            return "transfer", connected(result, turn)
        case HungUp() if isinstance(turn.action, Transfer):
            return "hangup", f"waiting for {turn.action.target}"[:64]
        case HungUp():
            return "hangup", ""


def connected(result: str, turn: Turn) -> str:
    """What came of a transfer, and whom it was to where that was not the operators: `busy 997`."""
    target = turn.action.target if isinstance(turn.action, Transfer) else OPERATORS
    return (result if target == OPERATORS else f"{result} {target}")[:64]


def event_row(turn: Turn, kind: str, kept: str, *, at_ms: int, ms: int) -> str:
    """One event as JSON text: `at_ms` since the epoch (UTC), `ms` since the turn was made.

    `kind` and `kept` are `masked`'s, or `end` and why the call ended.
    """
    row: dict[str, Any] = {
        "turn": turn.number,
        "node": turn.node,
        "language": turn.language,
        "prompts": [prompt.key for prompt in turn.prompts],
        "kind": kind,
        "input": kept,
        "at_ms": at_ms,
        "ms": ms,
    }
    return to_json(row).decode()
