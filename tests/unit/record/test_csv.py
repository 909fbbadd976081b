"""Rows of CSV: what is taken, what is refused with its number, and cells that nothing computes."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blacklist.record.csv_read import Defaults, Reader, Row, RowError, RowLeft
from blacklist.record.spool import pack, unpack
from files.csv_lines import FileUnusable
from files.spreadsheet import neutral, restored

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LINE = "+966126149999"


def read(source: bytes, **defaults: Any) -> list[Row | RowError | RowLeft]:
    """The rows of a file."""
    reader = Reader(
        io.BytesIO(source),
        now=NOW,
        zone=ZoneInfo("Asia/Riyadh"),
        defaults=Defaults(**{"reason": "abuse", "days": 3.0, **defaults}),
        protected=frozenset({LINE}),
        shortest_saudi=6,
        longest=timedelta(days=183),
    )
    return list(reader.rows())


def one(cells: str, head: str = "number") -> Row | RowError | RowLeft:
    """The only row."""
    (row,) = read(f"{head}\n{cells}\n".encode())
    return row


@pytest.mark.parametrize(
    "raw",
    [
        *("0501234567", "966501234567", "+966501234567", "00966501234567", "0966501234567"),
        *("+9660501234567", "'+966501234567", " 050 123 4567 ", "٠٥٠١٢٣٤٥٦٧"),
    ],
)
def test_all_spellings_are_one_number(raw: str) -> None:
    """As people and spreadsheets write them."""
    row = one(raw)
    assert isinstance(row, Row)
    assert (row.kind, row.subject, row.until) == (
        "number",
        "+966501234567",
        NOW + timedelta(days=3),
    )


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("*", "prefix"),
        ("+*", "prefix"),
        ("05*", "6 digits after"),
        ("+9665*", "6 digits after"),
        ("+96650123*", "6 digits after"),
        ("+7*", "5 digits"),
        ("0*", "6 digits after"),
        ("+966126149*", "line of the hotline"),
        ("940", "hotline itself"),
        ("940*", "hotline itself"),
        ("+266696687*", "withheld"),
        ("911*", "unified emergency"),
        ("911", "unified emergency"),
        ("997", "Red Crescent"),
        (LINE, "hotline or an agency"),
        ("anonymous", "withheld"),
        ("=1+1", "full number"),
        ("@SUM(A1)", "full number"),
        ("0501234567,x", "cells"),
        ("0" * 5000, "full number"),
        ("05012\x0034567", "control characters"),
    ],
)
def test_what_would_stop_too_much_is_refused_with_its_row(cells: str, message: str) -> None:
    """Everyone, the city, an agency, a country, or nobody at all."""
    row = one(cells)
    assert isinstance(row, RowError)
    assert row.row == 2
    assert message in row.message


@pytest.mark.parametrize(
    ("head", "cells", "message"),
    [
        ("number,until", "0501234567,soon", "until"),
        ("number,until", "0501234567,2020-01-01", "ahead"),
        ("number,until", "0501234567,2027-11-01", "183 days"),
        ("number,reason", "0501234567,dislike", "reason"),
        ("number,disposition", "0501234567,allow", "disposition"),
        ("number,kind", "0501234567,all", "kind"),
        ("number,note", f"0501234567,{'x' * 501}", "note"),
        ("number,kind,until", "0501234567,allow,2020-01-01", "ahead"),
    ],
)
def test_a_wrong_cell_is_refused_with_its_row(head: str, cells: str, message: str) -> None:
    """The message says which."""
    row = one(cells, head)
    assert isinstance(row, RowError)
    assert message in row.message


def test_rows_are_counted_as_an_editor_counts_lines() -> None:
    """The header is 1; empty lines and quoted line ends count."""
    rows = read(b'number,note\r\n0501234567,"two\r\nlines"\r\n\r\n940,\r\n')
    assert [type(row) for row in rows] == [Row, RowError]
    assert isinstance(rows[1], RowError)
    assert rows[1].row == 5


def test_excels_files_are_read() -> None:
    """A byte order mark, semicolons, and columns that nobody filled."""
    rows = read("\ufeffNumber;Note;\r\n0501234567;ليلاً;\r\n;;\r\n".encode())
    assert [row.note for row in rows if isinstance(row, Row)] == ["ليلاً"]


def test_a_row_that_is_not_utf8_is_refused_and_the_next_is_read() -> None:
    """A file saved in an old code page."""
    rows = read(b"number,note\n0501234567,\xe4\n0507654321,x\n")
    assert [type(row) for row in rows] == [RowError, Row]


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\n",
        b"0501234567\n",
        b"number,number\n",
        b"number,salary\n",
        b"number\n" + b"0" * 70_000 + b"\n",
        b'number,note\n0501234567,"never closed\n' + b"x\n" * 70_000,
        b"\x00\x01\x02\x03",
        b"PK\x03\x04\x14\x00\x06\x00",
    ],
)
def test_what_is_no_list_of_numbers_is_refused_as_a_whole(source: bytes) -> None:
    """Not a traceback, and not a million row errors."""
    with pytest.raises(FileUnusable):
        read(source)


@given(st.text())
def test_every_text_comes_back_from_a_cell(text: str) -> None:
    """Export and import are inverse, whatever people write."""
    assert restored(neutral(text)) == text


@given(st.text(alphabet=" \u00a0'=+-@\t\r\n\uff1dx"))
def test_no_cell_begins_a_formula(text: str) -> None:
    """However it is hidden behind blanks."""
    assert not neutral(text).lstrip(" \u00a0").startswith(tuple("=+-@\t\r\n\uff1d"))


GOOD = {
    "number": ("0501234567", "'+966501234567", " 0501234567 ", "+201001234567", LINE),
    "kind": ("", "number", " number", "allow"),
    "reason": ("", "flood", " flood"),
    "disposition": ("", "warn"),
    "until": ("", " ", "2026-12-01", "2026-12-01T10:00"),
    "note": ("", "n", " n ", "'=1", "'n", "a,b", "مرحبا"),
    "calls": ("", "", "c1", "c1  c2", "'=c"),
    "recordings": ("", "", "r1", "'@r"),
    "who": ("", "maha"),
}
ODD = {
    "number": ("+966501111*", "0501234567;x=*", "0501234567*", "940", "", "anonymous", "05\x00"),
    "kind": ("prefix", "Allow", "'allow"),
    "reason": ("'flood", "rude"),
    "disposition": ("allow", "warn\u200f", "'=warn"),
    "until": ("2020-01-01", "2030-01-01", "x"),
    "note": ("n" * 501, " " * 501, "a\x07"),
    "calls": ("c" * 201, "'c"),
    "recordings": ("r\x07", "r " * 51),
    "who": ("a\x07", "'"),
}


@st.composite
def files(draw: st.DrawFn) -> tuple[tuple[str, ...], list[list[str]]]:
    """Columns in any order, some of them missing, and rows of which a few have an odd cell."""
    more = draw(st.permutations([name for name in GOOD if name != "number"]))
    names = draw(st.permutations(["number", *more[: draw(st.integers(0, len(more)))]]))
    rows = []
    for odd in draw(st.lists(st.sampled_from([*[""] * 9, *names]), max_size=12)):
        rows.append([draw(st.sampled_from((ODD if odd == name else GOOD)[name])) for name in names])
    return tuple(names), rows


@given(files())
def test_a_row_is_the_same_wherever_it_stands(
    file: tuple[tuple[str, ...], list[list[str]]],
) -> None:
    """What was read before it, alike or not, changes neither what it says nor what is wrong."""
    head, rows = ",".join(file[0]), ["".join(f'"{cell}",' for cell in row)[:-1] for row in file[1]]
    alone = [found for row in rows for found in read(f"{head}\n{row}\n".encode())]
    together = read("\n".join([head, *rows, ""]).encode())
    assert list(map(_without_its_place, together)) == list(map(_without_its_place, alone))


@pytest.mark.parametrize("name", ODD)
def test_an_odd_cell_is_found_behind_rows_that_are_otherwise_alike(name: str) -> None:
    """It is taken or refused as in a file of its own."""
    good = {name: cells[1] for name, cells in GOOD.items()}
    head = ",".join(good)
    for cell in ODD[name]:
        row, odd = (",".join(f'"{c}"' for c in row.values()) for row in (good, good | {name: cell}))
        (*_, found) = read(f"{head}\n{row}\n{row}\n{odd}\n".encode())
        (alone,) = read(f"{head}\n{odd}\n".encode())
        assert _without_its_place(found) == _without_its_place(alone)


def _without_its_place(found: Row | RowError | RowLeft) -> Row | RowLeft | str:
    return found.message if isinstance(found, RowError) else found


def test_a_row_waits_in_the_temporary_file_as_it_is() -> None:
    """Nothing is lost between checking and writing."""
    full = Row("+966501234567", "a\nb", "number", "block", "abuse", NOW, True, ("c1",), ("r1",))
    assert list(unpack(pack([full, full]))) == [full, full]


ROWS = 'number,note,until\n0501234567,"two\nlines",\n0521234567,مرحبا,2026-12-31\n'


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_is_read_as_whichever_program_saved_it(encoding: str, ends: str) -> None:
    """Line ends of three kinds of machines, and the two encodings of spreadsheets."""
    first, second = read(ROWS.replace("\n", ends).encode(encoding))
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (first.subject, first.note) == ("+966501234567", f"two{ends}lines")
    assert (second.subject, second.note) == ("+966521234567", "مرحبا")
    assert second.until == datetime(2026, 12, 31, 20, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (ROWS.encode("utf-32"), "UTF-32: save it as CSV in UTF-8"),
        (ROWS.encode("utf-16")[:-1], "no whole UTF-16"),
        (ROWS.encode("utf-16")[:40] + b"\x00\xd8\x00\xd8", "no whole UTF-16"),
        (b"number\r" + b"0" * 70_000, "longer than"),
    ],
)
def test_what_cannot_be_read_is_said_with_the_mend(source: bytes, message: str) -> None:
    """One sentence, and nothing is imported."""
    with pytest.raises(FileUnusable, match=message):
        read(source)
