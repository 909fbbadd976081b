"""Exports: exact for programs, harmless and readable for spreadsheets."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from call_handlers.export import BYTE_ORDER_MARK, CSV_COLUMNS, cell, write_csv, write_jsonl
from call_handlers.fields import CallEvent, CallRecord

RIYADH = ZoneInfo("Asia/Riyadh")
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
EVENT = CallEvent(1, "language", "ar", ("welcome", "language"), "digits", "1", START, 4000)


def record(**changes: object) -> CallRecord:
    """A call that was abandoned after a minute and a half."""
    values: dict[str, Any] = {
        "id": "a" * 32,
        "channel": "asterisk",
        "provider_id": "1795510800.1",
        "caller": "0501234567",
        "e164": "+966501234567",
        "withheld": False,
        "attestation": "A",
        "language": "ar",
        "flow": "940",
        "flow_version": "1",
        "verdict": "allow",
        "verdict_reason": "",
        "screening": "ok",
        "started_at": START,
        "answered_at": START,
        "ended_at": START + timedelta(seconds=90),
        "disposition": "abandoned",
        "transferred_to": "",
        "tickets": (),
        "last_node": "main",
        "turns": 2,
        "path": ("welcome", "language", "main"),
        "trunk": "north",
        "verdict_rule": "no_entry",
    }
    return CallRecord(**(values | changes))


def csv_of(*records: CallRecord) -> str:
    """The file, byte order mark and all."""
    out = io.StringIO(newline="")
    assert list(write_csv(((one, ()) for one in records), out, RIYADH)) == [
        *range(1, len(records) + 1)
    ]
    return out.getvalue()


def test_json_lines_are_exact() -> None:
    """UTC, every field, the events."""
    out = io.StringIO()
    assert list(write_jsonl(iter([(record(caller="٠٥"), (EVENT,))]), out)) == [1]
    (line,) = out.getvalue().splitlines()
    read = json.loads(line)
    assert (read["started_at"], read["seconds"]) == ("2026-11-24T09:00:00+00:00", 90.0)
    assert read["caller"] == "٠٥"
    assert "٠٥" in line
    assert read["events"][0]["prompts"] == ["welcome", "language"]
    assert set(read) == {*record().__slots__, "seconds", "events"}


def test_csv_is_a_table_with_local_times() -> None:
    """RFC 4180, and a byte order mark for Excel."""
    text = csv_of(record(), record(tickets=("572400002", "118000005")))
    assert text.startswith(BYTE_ORDER_MARK + "id,started_at,")
    assert text.count("\r\n") == 3
    rows = list(csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))
    assert rows[0]["started_at"] == "2026-11-24T12:00:00+03:00"
    assert rows[0]["withheld"] == "no"
    assert rows[1]["tickets"] == "572400002 118000005"
    assert tuple(rows[0]) == CSV_COLUMNS


def test_a_call_that_goes_on_has_empty_cells() -> None:
    """Not the word None."""
    row = csv_of(record(ended_at=None, e164=None)).splitlines()[1].split(",")
    assert [row[CSV_COLUMNS.index(name)] for name in ("ended_at", "seconds", "e164")] == [""] * 3


@pytest.mark.parametrize(
    "text",
    [
        *("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1"),
        *("＝1+1", "＋1", "－1", "＠SUM(A1)"),
        *("  =1", "\u00a0=1", "\u200b=1", "\ufeff=1"),
        '=HYPERLINK("http://evil.example","click")',
    ],
)
def test_no_cell_is_a_formula(text: str) -> None:
    """Whatever the network sent as a number stays text in a spreadsheet."""
    assert cell(text, RIYADH) == f"'{text}"
    rows = list(csv.reader(io.StringIO(csv_of(record(caller=text)), newline="")))
    assert rows[1][CSV_COLUMNS.index("caller")] == f"'{text}"


def test_a_number_keeps_its_plus_and_its_digits() -> None:
    """A spreadsheet would make 9.665E+11 of it."""
    assert cell("+966501234567", RIYADH) == "'+966501234567"


@pytest.mark.parametrize("text", ["0501234567", "main", "", "a=1", "حفرة", "1-2"])
def test_other_text_is_as_it_is(text: str) -> None:
    """Only the beginning makes a formula."""
    assert cell(text, RIYADH) == text


def test_separators_and_quotes_stay_in_their_cell() -> None:
    """And open no new one that could begin a formula."""
    text = csv_of(record(caller='a",=1+1,"'))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows[1]) == len(CSV_COLUMNS)
    assert rows[1][CSV_COLUMNS.index("caller")] == 'a",=1+1,"'
