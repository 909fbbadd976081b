"""Exporting the blocklist as CSV: what importing reads, and what spreadsheets show as it is."""

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import TextIO

import sqlalchemy as sa

from blacklist.record.csv_form import COLUMNS
from blacklist.record.entries import standing_entries
from blacklist.record.fields import RecordedEntry
from files.csv_lines import BYTE_ORDER_MARK
from files.spreadsheet import neutral
from store.sql import reading


def export_rows(engine: sa.Engine, out: TextIO, now: datetime) -> Iterator[int]:
    """Write every entry in force (RFC 4180, times in UTC); yields how many, after each.

    `out` must not translate line ends. Raises SQLAlchemyError.
    """
    out.write(BYTE_ORDER_MARK)
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    with reading(engine) as connection:
        for number, entry in enumerate(standing_entries(connection, now), start=1):
            rows.writerow([neutral(cell) for cell in _cells(entry)])
            yield number


def _cells(entry: RecordedEntry) -> tuple[str, ...]:
    return (
        entry.kind,
        entry.subject,
        entry.disposition,
        entry.reason,
        entry.until.isoformat() if entry.until else "",
        entry.note,
        " ".join(entry.calls),
        " ".join(entry.recordings),
        entry.who,
        entry.added_at.isoformat(),
    )
