"""The state of one conversation: small, immutable, and JSON between any two turns."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ivr.content import told_version
from ivr.stored import from_stored


@dataclass(frozen=True, slots=True)
class Session:
    """Where a caller stands in a flow.

    `answers` are what the caller gave and what effects returned (strings by name). `trail` are the
    menus on the way here, for the way back. `noinput` and `nomatch` count the failed tries at this
    node, apart, and `repeats` how often it was said again at the caller's wish; `page` counts which
    choices it offers. `turn` is the number of the last turn made. `disposition` is empty until the
    call has earned one that a hang-up no longer changes.
    """

    call_id: str
    flow: str
    flow_version: str
    node: str
    language: str
    answers: Mapping[str, str] = field(default_factory=dict)
    trail: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    noinput: int = 0
    nomatch: int = 0
    turn: int = 0
    disposition: str = ""
    transferred_to: str = ""
    repeats: int = 0
    page: int = 0


_NAMES = tuple(f.name for f in fields(Session))


def session_to_dict(session: Session) -> dict[str, Any]:
    """The session as JSON-ready data."""
    data = {name: getattr(session, name) for name in _NAMES}
    data["answers"] = dict(session.answers)
    return data


def session_from_dict(data: Mapping[str, Any]) -> Session:
    """The session that `session_to_dict` wrote, in this release or another. Raises Unreadable."""
    return from_stored(Session, told_version(data))


def session_to_json(session: Session) -> str:
    """The session as JSON text."""
    return json.dumps(session_to_dict(session), ensure_ascii=False, separators=(",", ":"))


def session_from_json(text: str) -> Session:
    """The session that `session_to_json` wrote."""
    return session_from_dict(json.loads(text))
