"""Calls that were, as a replay needs them: who called when, and what is known of the call.

A history file is CSV with the columns of `COLUMNS`, oldest call first. `at` is Unix time in seconds
(UTC); an empty `caller` did not show a number. The columns after `caller` are labels: simulated
calls have them, and people may add them to real ones; all of them may be empty.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TextIO, get_args

Label = Literal["genuine", "nuisance", ""]
"""Whether the caller wanted something of the city; empty when nobody knows."""

COLUMNS = ("at", "caller", "label", "kind", "flood", "striker")
_LABELS = get_args(Label)
_LONGEST = 64


class HistoryWrong(ValueError):
    """A line of a history file cannot be read; the message names the line and the mend."""


@dataclass(frozen=True, slots=True)
class PastCall:
    """One call of a history.

    `at` is Unix time in seconds, `caller` E.164 or empty when withheld. `kind` says what sort of
    caller it was, `flood` names the flood that a call belongs to, and `striker` is the operator who
    would strike the caller if this call reached one.
    """

    at: float
    caller: str
    label: Label = ""
    kind: str = ""
    flood: str = ""
    striker: str = ""


def write_history(calls: Iterable[PastCall], out: TextIO) -> Iterator[int]:
    """Write calls as CSV; yields how many are written, after each."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, call in enumerate(calls, start=1):
        writer.writerow(
            (f"{call.at:.1f}", call.caller, call.label, call.kind, call.flood, call.striker)
        )
        yield number


def read_history(lines: Iterable[str]) -> Iterator[PastCall]:
    """The calls of a history file, one in memory at a time.

    Raises `HistoryWrong` for a missing column, a time that is no number or lies before the call
    above it, and an unknown label.
    """
    rows = csv.reader(lines)
    head = [name.removeprefix("\ufeff") for name in next(rows, [])]
    if tuple(head) != COLUMNS:
        raise HistoryWrong(f"line 1: the columns must be {','.join(COLUMNS)}")
    before = float("-inf")
    for row in rows:
        call = _call(row, rows.line_num)
        if call.at < before:
            raise HistoryWrong(f"line {rows.line_num}: earlier than the call above it; sort by at")
        before = call.at
        yield call


def _call(row: list[str], line: int) -> PastCall:
    if len(row) != len(COLUMNS):
        raise HistoryWrong(f"line {line}: {len(row)} columns, must be {len(COLUMNS)}")
    at, caller, label, kind, flood, striker = row
    try:
        moment = float(at)
    except ValueError:
        moment = float("nan")
    if not 0 <= moment < 1e11:  # refuses NaN too, and milliseconds taken for seconds
        raise HistoryWrong(f"line {line}: at must be Unix time in seconds")
    if label not in _LABELS:
        raise HistoryWrong(f"line {line}: label must be genuine, nuisance or empty")
    if max(map(len, row)) > _LONGEST:
        raise HistoryWrong(f"line {line}: a column is longer than {_LONGEST} characters")
    return PastCall(moment, caller, label, kind, flood, striker)  # type: ignore[arg-type]  # checked
