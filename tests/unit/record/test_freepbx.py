"""The blacklist of FreePBX as FreePBX and its Asterisk give it away."""

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from blacklist.record.csv_read import Defaults, Reader, Row, RowError, RowLeft
from files.csv_lines import FileUnusable

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
EXPORTED = """number,description
0501234567,"caf\u00e9 &amp; &quot;co&quot;, 3 calls"
966507654321,1
+441632960123,silent/Call
0555123400,spam/Sms
0555123401,1/Both
940,the hotline
anonymous,1
"""
KEPT = {
    "0501234567": "1",
    "966507654321": "silent: at night",
    "blocked": "1",
    "dest": "app-blackhole,hangup,1",
    "a-key-that-is-longer-than-the-column-that-asterisk-has-for-it": "1",
}
SHOWN = "".join(f"{f'/blacklist/{key}':<50}: {value:<25}\n" for key, value in KEPT.items())
SHOWN += "5 results found.\n"


def read(text: str) -> list[Row | RowError | RowLeft]:
    """The rows of such a file."""
    reader = Reader(
        io.BytesIO(text.encode()),
        now=NOW,
        zone=ZoneInfo("Asia/Riyadh"),
        defaults=Defaults("abuse", 30.0),
        protected=frozenset(),
        shortest_saudi=6,
        longest=timedelta(days=183),
        form="freepbx",
    )
    return list(reader.rows())


def told(rows: list[Row | RowError | RowLeft]) -> list[tuple[str, str] | tuple[int, str]]:
    """Numbers and notes; of what is none, its line and the first word of why."""
    return [
        (row.subject, row.note) if isinstance(row, Row) else (row.row, type(row).__name__)
        for row in rows
    ]


def test_the_export_of_its_bulk_handler_is_taken_as_it_is() -> None:
    """Entities are text, a description of 1 is none; what blocks messages alone blocks no call."""
    assert told(read(EXPORTED)) == [
        ("+966501234567", 'caf\u00e9 & "co", 3 calls'),
        ("+966507654321", ""),
        ("+441632960123", "silent"),
        (5, "RowLeft"),
        ("+966555123401", ""),
        (7, "RowError"),
        (8, "RowError"),
    ]


def test_what_asterisk_shows_is_taken_as_it_is() -> None:
    """What FreePBX keeps beside the numbers is left out, and it is said what it was."""
    rows = read(SHOWN)
    assert told(rows) == [
        ("+966501234567", ""),
        ("+966507654321", "silent: at night"),
        (3, "RowLeft"),
        (4, "RowLeft"),
        (5, "RowError"),
    ]
    assert "callers who show no number" in getattr(rows[2], "message", "")
    assert [row.until for row in rows if isinstance(row, Row)] == [NOW + timedelta(days=30)] * 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "number\n0501234567\n",
        "0501234567\n",
        "Unable to connect to remote asterisk\n",
        f"{SHOWN}Privilege escalation\n",
        'number,description\n0501234567,"no end\n',
    ],
)
def test_what_is_neither_is_refused_as_a_whole(text: str) -> None:
    """And not taken for a list of one number."""
    with pytest.raises(FileUnusable):
        read(text)
