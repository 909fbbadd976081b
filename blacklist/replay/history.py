"""Calls that were, as a replay needs them: who called when, and what is known of the call.

A history file is CSV with the columns of `COLUMNS`, oldest call first. `at` is Unix time in seconds
(UTC); an empty `caller` did not show a number. `label` to `striker` are what is true of the call:
simulated calls have them, and people may add them to real ones. The columns after these are what
the hotline sees of it. All but `at` may be empty; the last one may be left out, or the last five
together.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TextIO, get_args

from blacklist.decision import Way

Label = Literal["genuine", "nuisance", ""]
"""Whether the caller wanted something of the city; empty when nobody knows."""

Outcome = Literal["served", "nothing", ""]
"""What a call came to: a request was taken (a report, a message), or none; empty if not known."""

LABELLED = ("at", "caller", "label", "kind", "flood", "striker")
COLUMNS = (*LABELLED, "trunk", "attestation", "outcome", "hidden", "origin")
_FORMS = (COLUMNS, COLUMNS[:-1], LABELLED)
_LABELS, _OUTCOMES = get_args(Label), get_args(Outcome)
_ATTESTATIONS = ("A", "B", "C", "")
_LONGEST = 64


class HistoryWrong(ValueError):
    """A line of a history file cannot be read; the message names the line and the mend."""


@dataclass(frozen=True, slots=True)
class PastCall:
    """One call of a history.

    `at` is Unix time in seconds, `caller` E.164 or empty when withheld. `kind` says what sort of
    caller it was, `flood` names the flood that a call belongs to, and `striker` is the operator who
    would strike the caller if this call reached one. `trunk` is a name of the way it came by,
    `attestation` who vouched for its number (A, B, C as in ATIS-1000074, or empty). `hidden` names
    a caller who withheld the number and whom the network tells apart from others all the same;
    `origin` where the call entered its network, as that names it (`origid` of RFC 8588).
    """

    at: float
    caller: str
    label: Label = ""
    kind: str = ""
    flood: str = ""
    striker: str = ""
    trunk: str = ""
    attestation: str = ""
    outcome: Outcome = ""
    hidden: str = ""
    origin: str = ""

    @property
    def way(self) -> Way:
        """How it came."""
        return Way(self.trunk, self.attestation, self.origin)

    @property
    def counted(self) -> str | None:
        """Under what the caller's calls are counted; None for one who cannot be told apart."""
        return self.caller or self.hidden or None


def write_history(calls: Iterable[PastCall], out: TextIO) -> Iterator[int]:
    """Write calls as CSV; yields how many are written, after each."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, call in enumerate(calls, start=1):
        labels = (call.label, call.kind, call.flood, call.striker)
        seen = (call.trunk, call.attestation, call.outcome, call.hidden, call.origin)
        writer.writerow((f"{call.at:.1f}", call.caller, *labels, *seen))
        yield number


def read_history(lines: Iterable[str]) -> Iterator[PastCall]:
    """The calls of a history file, one in memory at a time.

    Raises `HistoryWrong` for a missing column, a time that is no number or lies before the call
    above it, and an unknown label.
    """
    rows = csv.reader(lines)
    head = [name.removeprefix("\ufeff") for name in next(rows, [])]
    if tuple(head) not in _FORMS:
        raise HistoryWrong(f"line 1: the columns must be {','.join(COLUMNS)}")
    before = float("-inf")
    for row in rows:
        call = _call(row, len(head), rows.line_num)
        if call.at < before:
            raise HistoryWrong(f"line {rows.line_num}: earlier than the call above it; sort by at")
        before = call.at
        yield call


def _call(row: list[str], columns: int, line: int) -> PastCall:
    if len(row) != columns:
        raise HistoryWrong(f"line {line}: {len(row)} columns, must be {columns}")
    row += [""] * (len(COLUMNS) - columns)
    at, caller, label, kind, flood, striker, trunk, attestation, outcome, *named = row
    try:
        moment = float(at)
    except ValueError:
        moment = float("nan")
    if not 0 <= moment < 1e11:  # refuses NaN too, and milliseconds taken for seconds
        raise HistoryWrong(f"line {line}: at must be Unix time in seconds")
    if label not in _LABELS:
        raise HistoryWrong(f"line {line}: label must be genuine, nuisance or empty")
    if attestation not in _ATTESTATIONS:
        raise HistoryWrong(f"line {line}: attestation must be A, B, C or empty")
    if outcome not in _OUTCOMES:
        raise HistoryWrong(f"line {line}: outcome must be served, nothing or empty")
    if max(map(len, row)) > _LONGEST:
        raise HistoryWrong(f"line {line}: a column is longer than {_LONGEST} characters")
    labels = (label, kind, flood, striker)
    return PastCall(moment, caller, *labels, trunk, attestation, outcome, *named)  # type: ignore[arg-type]  # checked
