"""A turn: what is said to the caller, then exactly one action.

Drivers perform turns and decide nothing.

A turn is plain data. `turn_to_dict` and `turn_from_dict` carry it through JSON, because a repeated
request, or a server that takes over a call, must perform the very turn that was stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ivr.stored import Unreadable, from_stored

NOINPUT_MS = 7000
"""Silence after a menu that counts as *noinput* (VoiceXML 2.1, `timeout`)."""
ENTRY_NOINPUT_MS = 20_000
"""The same where digits are entered: they are read from a plate, which takes its time."""
INTERDIGIT_MS = 3000
"""Silence between two keys that ends an entry (VoiceXML 2.1, `interdigittimeout`)."""
RECORDING_SILENCE_MS = 5000
"""Silence that ends a recording (VoiceXML 2.1, `finalsilence`)."""
GUARD_MS = 1000
"""The first part of an error message over which keys are not heard."""
OPERATORS = "operators"
"""The target of a transfer to people of ours."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt of the catalogue, with the values of its placeholders.

    `guarded` marks an error message: keys are ignored over its first `GUARD_MS`. `whole` marks what
    the caller has a right to hear: of the keys only those that lead away (`Record.leads`) end it.
    `language` is empty for the turn's own.
    """

    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    guarded: bool = False
    whole: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True)
class Collect:
    """Listen for keys. The terminator ends an entry; a terminator alone is itself the entry.

    An entry of one key has no terminator: any key is the entry.
    """

    max_digits: int
    terminator: str = "#"
    timeout_ms: int = NOINPUT_MS
    interdigit_ms: int = INTERDIGIT_MS


@dataclass(frozen=True, slots=True)
class Record:
    """Record the caller after a beep, until `#`, silence, or `max_seconds`.

    A key of `leads` ends it too, and leads elsewhere; so does any key over the prompts before it
    that are not `whole`.
    """

    max_seconds: int
    leads: str = ""
    silence_ms: int = RECORDING_SILENCE_MS

    @property
    def terminators(self) -> str:
        """The keys that end the recording."""
        return f"#{self.leads}"


@dataclass(frozen=True, slots=True)
class Transfer:
    """Connect the caller with `target`: `operators`, or an agency's short number such as `911`.

    `last` lets everybody else in the operators' queue go first.
    """

    target: str
    last: bool = False


@dataclass(frozen=True, slots=True)
class Perform:
    """Run the effect of this name with the session, then feed `Done` back in."""

    effect: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Say the prompts, then end the call."""


Action = Collect | Record | Transfer | Perform | HangUp
_ACTIONS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Collect, Record, Transfer, Perform, HangUp)
}
_PROMPT = tuple(f.name for f in fields(Prompt))
_FIELDS = {name: tuple(f.name for f in fields(kind)) for name, kind in _ACTIONS.items()}


@dataclass(frozen=True, slots=True)
class Turn:
    """The `number`th turn of a call: `prompts` in `language`, then `action`."""

    number: int
    node: str
    language: str
    prompts: tuple[Prompt, ...]
    action: Action


def turn_to_dict(turn: Turn) -> dict[str, Any]:
    """The turn as JSON-ready data."""
    kind = type(turn.action).__name__
    action = {name: getattr(turn.action, name) for name in _FIELDS[kind]}
    action["kind"] = kind
    return {
        "number": turn.number,
        "node": turn.node,
        "language": turn.language,
        "prompts": [[p.key, dict(p.values), p.guarded, p.whole, p.language] for p in turn.prompts],
        "action": action,
    }


def turn_from_dict(data: Mapping[str, Any]) -> Turn:
    """The turn that `turn_to_dict` wrote, in this release or another. Raises Unreadable.

    An action that this release does not know leads the caller to an operator.
    """
    stored = {**data, "prompts": _prompts(data.get("prompts")), "action": _action(data)}
    return from_stored(Turn, stored)


def _prompts(stored: object) -> tuple[Prompt, ...]:
    rows = stored if isinstance(stored, list) else []
    named = (dict(zip(_PROMPT, row, strict=False)) for row in rows)  # a row longer, or shorter
    return tuple(from_stored(Prompt, row) for row in named if row.get("key"))


def _action(data: Mapping[str, Any]) -> Action:
    try:
        stored = data["action"]
        action: Action = from_stored(_ACTIONS[stored["kind"]], stored)
    except (KeyError, TypeError, Unreadable):
        return Transfer(OPERATORS)
    return action
