"""History files: round trip, and refusals that name the line."""

import io

import pytest

from blacklist.decision import Way
from blacklist.replay.history import (
    COLUMNS,
    LABELLED,
    HistoryWrong,
    PastCall,
    read_history,
    write_history,
)
from lab.simulate.stream import simulate

HEAD = ",".join(LABELLED)

WHOLE = ",".join(COLUMNS)


def test_a_history_comes_back_as_it_was_written() -> None:
    """All columns, withheld callers and tenths of seconds among them."""
    calls = [*simulate(2, 500), PastCall(1_999_999_999.9, "", "nuisance", "flood", "f-1", "op7")]
    out = io.StringIO()
    assert list(write_history(calls, out)) == list(range(1, 502))
    out.seek(0)
    assert list(read_history(out)) == calls


def test_a_history_without_origins_is_read() -> None:
    """As it was written before they were known."""
    lines = [f"{','.join(COLUMNS[:-1])}\n", "5,,,,,,north,B,served,966500000000001\n"]
    (call,) = read_history(lines)
    assert (call.way, call.hidden) == (Way("north", "B", ""), "966500000000001")


def test_a_byte_order_mark_and_crlf_are_no_fault() -> None:
    """Spreadsheets write both."""
    text = f"\ufeff{HEAD}\r\n1700000000.5,+966521234567,genuine,citizen,,\r\n"
    found = list(read_history(io.StringIO(text, newline="")))
    assert found == [PastCall(1_700_000_000.5, "+966521234567", "genuine", "citizen")]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "line 1: the columns"),
        ("at,caller\n", "line 1: the columns"),
        (f"{HEAD}\n1,2\n", "line 2: 2 columns"),
        (f"{HEAD}\nnoon,,,,,\n", "line 2: at must be"),
        (f"{HEAD}\nnan,,,,,\n", "line 2: at must be"),
        (f"{HEAD}\n1700000000000,,,,,\n", "line 2: at must be"),
        (f"{HEAD}\n5,,bad,,,\n", "line 2: label"),
        (f"{HEAD}\n5,,,,,\n4,,,,,\n", "line 3: earlier"),
        (f"{HEAD}\n5,{'9' * 65},,,,\n", "line 2: a column is longer"),
        (f"{HEAD}\n\n", "line 2: 0 columns"),
        (f"{HEAD},trunk\n", "line 1: the columns"),
        (f"{WHOLE}\n5,,,,,\n", "line 2: 6 columns"),
        (f"{WHOLE}\n5,,,,,,,D,,,\n", "line 2: attestation"),
        (f"{WHOLE}\n5,,,,,,,,talked,,\n", "line 2: outcome"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(lines: str, message: str) -> None:
    """The person who made the file must find the fault."""
    with pytest.raises(HistoryWrong, match=message):
        list(read_history(io.StringIO(lines)))
