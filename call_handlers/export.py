"""Call records for other programs (JSON Lines) and for spreadsheets (CSV).

JSON Lines is the exact form: UTC, all fields, the events. CSV is for people, and is made for the
programs that they open it with:

- UTF-8 with a byte order mark, without which Excel reads Arabic as the machine's old code page.
- A cell that a spreadsheet would take as a formula is text (`files.spreadsheet`). A caller chooses
  what the network sends as the number, so any cell may be one.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from call_handlers.fields import CallEvent, CallRecord
from files.spreadsheet import neutral
from recordings.fields import Recording

BYTE_ORDER_MARK = "\ufeff"

CSV_COLUMNS = (
    *("id", "started_at", "ended_at", "seconds", "channel", "caller", "e164", "withheld"),
    *("attestation", "language", "verdict", "verdict_reason", "screening", "disposition"),
    *("transferred_to", "tickets", "turns", "last_node", "flow", "flow_version", "provider_id"),
    "origin",
)
Calls = Iterator[tuple[CallRecord, tuple[CallEvent, ...]]]


def write_jsonl(calls: Calls, out: TextIO) -> Iterator[int]:
    """One JSON object a line, with its events. Yields how many are written after each."""
    for number, (record, events) in enumerate(calls, start=1):
        out.write(json.dumps(call_to_dict(record, events), ensure_ascii=False) + "\n")
        yield number


def write_csv(calls: Calls, out: TextIO, zone: ZoneInfo) -> Iterator[int]:
    """One row a call (RFC 4180), times in `zone`. `out` must not translate line ends.

    Yields how many are written after each.
    """
    out.write(BYTE_ORDER_MARK)
    rows = csv.writer(out)
    rows.writerow(CSV_COLUMNS)
    for number, (record, _) in enumerate(calls, start=1):
        rows.writerow([cell(getattr(record, name), zone) for name in CSV_COLUMNS])
        yield number


def call_to_dict(record: CallRecord, events: tuple[CallEvent, ...] | None = None) -> dict[str, Any]:
    """The record as JSON-ready data: times in UTC, `events` only when they are given."""
    shown = {field.name: _plain(getattr(record, field.name)) for field in fields(record)}
    shown["seconds"] = record.seconds
    if events is not None:
        shown["events"] = [
            {name: _plain(value) for name, value in asdict(event).items()} for event in events
        ]
    return shown


def recording_to_dict(recording: Recording) -> dict[str, Any]:
    """What is known of a recording that the provider held, as JSON-ready data: times in UTC."""
    return {name: _plain(value) for name, value in asdict(recording).items()}


def cell(value: object, zone: ZoneInfo) -> str:
    """A value as the text of one cell that no spreadsheet computes."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(zone).isoformat(timespec="seconds")
        case float():
            return f"{value:.1f}"
        case tuple():
            text = " ".join(map(str, value))
        case _:
            text = str(value)
    return neutral(text)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
