"""The blacklist of FreePBX, as it gives it away: rows of a number and a note.

Two forms, told apart by their first line. FreePBX' *Bulk Handler* exports CSV of `number` and
`description`. `asterisk -rx 'database show blacklist'` prints `/blacklist/NUMBER : DESCRIPTION` and
what FreePBX keeps beside the numbers: `blocked`, `dest`. A description of `1` is none; others are
written with HTML's entities, and with the add-on for messages they end in what is blocked.
"""

import csv
import html
import re
from collections.abc import Iterator
from itertools import chain

from files.csv_lines import FileUnusable, numbered

NAMES = ["number", "note"]
"""What the cells of a row are, in the words of our own file."""
_KEPT = re.compile(r"/blacklist/(.*?)\s*: (.*)")
_COUNT = re.compile(r"[0-9]+ results? found\.")
_WITHHELD = (
    "FreePBX blocks callers who show no number (`blocked`); 940 lets them through, within the "
    "limits that config/screening.yaml sets under `withheld`"
)
_DESTINATION = "where FreePBX sends blocked callers (`dest`): 940 has its own way for them"
_MESSAGES = "FreePBX blocks its messages alone, not its calls"
_SETTINGS = {"blocked": _WITHHELD, "dest": _DESTINATION}

Record = tuple[int, list[str] | str]
"""The number of a line, and its cells; or why it is left out."""


def records(lines: Iterator[str]) -> Iterator[Record]:
    """Every row that is not empty. Raises FileUnusable for what neither of them gives."""
    head = next(lines, "")
    if _KEPT.fullmatch(head.strip()):
        return _shown(chain((head,), lines))
    return _exported(head, lines)


def _shown(lines: Iterator[str]) -> Iterator[Record]:
    for row, line in enumerate(lines, start=1):
        text = line.strip()
        kept = _KEPT.fullmatch(text)
        if kept:
            yield row, _cells(kept[1], kept[2])
        elif text and not _COUNT.fullmatch(text):
            raise FileUnusable(f"row {row}: not what `database show blacklist` prints")


def _exported(head: str, lines: Iterator[str]) -> Iterator[Record]:
    names = [name.strip().casefold() for name in next(csv.reader([head]), [])]
    if "number" not in names or "description" not in names:
        raise FileUnusable(
            "row 1 must name number and description, as FreePBX' Bulk Handler exports them, or be "
            "the first of `asterisk -rx 'database show blacklist'`"
        )
    number, description = names.index("number"), names.index("description")
    for row, cells in numbered(csv.reader(lines, strict=True)):
        if any(cell.strip() for cell in cells):
            cells += [""] * (len(names) - len(cells))
            yield row, _cells(cells[number].strip(), cells[description])


def _cells(number: str, description: str) -> list[str] | str:
    if number in _SETTINGS:
        return _SETTINGS[number]
    text, slash, blocked = description.strip().rpartition("/")
    if slash and blocked == "Sms":
        return _MESSAGES
    if not slash or blocked not in ("Call", "Both"):
        text = description.strip()
    return [number, "" if text == "1" else html.unescape(text)]
