"""Rows of calls, and of what happened in them, many at once."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from call_handlers.schema import call_events, calls
from ivr.flow import Flow
from lab.seeding.calls import Call
from store.bulk import BulkInsert

_EVENTS_AT_ONCE = 20_000
_REASONS = {"block": "harassment", "voicemail": "abuse", "warn": "false_report"}
_KEPT = tuple(column.name for column in calls.c)
_SAME_FOR_ALL = ("flow", "flow_version", "origin", "screening")
_OF_CALL = tuple(column.name for column in calls.c if column.name not in _SAME_FOR_ALL)
_OF_EVENT = tuple(column.name for column in call_events.c)


class CallRows:
    """Writes calls that this flow has led."""

    def __init__(self, dialect: sa.Dialect, flow: Flow) -> None:
        alike = {"flow": flow.name, "flow_version": flow.version, "origin": "", "screening": "ok"}
        self._calls = BulkInsert(dialect, calls, _OF_CALL, alike)
        self._events = BulkInsert(dialect, call_events, _OF_EVENT, {})

    def write(
        self, connection: sa.Connection, some: Sequence[Call], references: Mapping[int, str]
    ) -> None:
        """Insert these calls, one at least. `references` are of their tickets, by their place."""
        rows = [_row(call, references.get(call.place)) for call in some]
        self._calls(connection, _columns(_OF_CALL, rows))

    def write_events(self, connection: sa.Connection, some: Sequence[Call]) -> None:
        """Insert what happened in these calls; of one that goes on nothing is written yet."""
        rows = [row for call in some if call.over for row in _events(call)]
        for at in range(0, len(rows), _EVENTS_AT_ONCE):
            self._events(connection, _columns(_OF_EVENT, rows[at : at + _EVENTS_AT_ONCE]))


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Mapping[str, Sequence[Any]]:
    return dict(zip(names, zip(*rows, strict=True), strict=True))


def _row(call: Call, reference: str | None) -> tuple[Any, ...]:
    walk, over = call.walk, call.over
    measured = call.verdict != "allow"
    known = {
        "id": call.id,
        "channel": call.channel,
        "provider_id": call.provider_id,
        "caller": call.caller,
        "e164": call.e164,
        "withheld": call.withheld,
        "attestation": call.attestation,
        "language": walk.language,
        "verdict": call.verdict,
        "verdict_reason": _REASONS.get(call.verdict, "flood") if measured else "",
        "verdict_rule": "exact_number: entry" if measured else "",
        "started_at": call.began,
        "answered_at": call.began,
        "ended_at": call.ended if over else None,
        "disposition": walk.disposition if over else "",
        "transferred_to": walk.transferred_to if over else "",
        "tickets": "[]" if reference is None else f'["{reference}"]',
        "last_node": walk.last_node if over else "",
        "turns": walk.turns if over else 0,
        "path": walk.path if over else "[]",
        "choice": walk.choice if over else "",
        "trunk": "trunk-1" if call.channel == "asterisk" else "",
    }
    return tuple([known[name] for name in _OF_CALL])


def _events(call: Call) -> list[tuple[Any, ...]]:
    """What happened in a call, turn by turn."""
    at, rows = call.began, []
    for position, step in enumerate(call.walk.steps):
        at += timedelta(milliseconds=step.ms)
        event = {
            "call_id": call.id,
            "position": position,
            "turn": step.turn,
            "node": step.node,
            "language": call.walk.language,
            "prompts": step.prompts,
            "kind": step.kind,
            "input": step.input,
            "at": at,
            "ms": step.ms,
        }
        rows.append(tuple([event[name] for name in _OF_EVENT]))
    return rows
