"""Importing many rows: checked first, all of them; then written, in pieces that let calls go on.

A file with an error changes nothing (unless told to keep going). Checked rows wait in a temporary
file, so memory stays the same for any number of rows. On PostgreSQL everything is one transaction.
On SQLite one transaction would lock tickets and call records out for a minute, so more than
`AT_ONCE` rows are written in several: should the process die between two of them, the same import
run again finishes the work, for rows that stand already are left as they are.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import IO, Any

import sqlalchemy as sa

from blacklist.record.csv_read import Reader, Row, RowError, RowLeft
from blacklist.record.prefix_replay import Replays
from blacklist.record.spool import pack, unpacked
from blacklist.record.writing import Writer, same, standing_of
from blacklist.verdict import Disposition
from files.csv_lines import FileUnusable
from people.person import Person
from store.bulk import bulk_connection
from store.sql import reading

MOST_PREFIXES = 100
"""New prefixes in one file: what each would do is looked up in the recorded calls."""
AT_ONCE = 20_000
"""Rows that are written in one transaction on SQLite: it takes about a second."""
CHUNK = 5000
"""Rows of a piece. It takes a quarter of a second, of which others wait half."""
ERRORS_SHOWN = 100

Progress = Callable[[str, int], None]
"""Told what is done, `checked`, `replayed` or `written`, and how many rows so far."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or in a dry run would do. `errors` are the first `ERRORS_SHOWN`.

    `left` are rows that say something else than that a number is restricted, likewise. `batch` is
    what names it to whoever takes it back.
    """

    rows: int
    added: int
    replaced: int
    unchanged: int
    refused: int
    errors: tuple[RowError, ...]
    written: bool
    left: tuple[RowLeft, ...] = ()
    batch: int | None = None


def import_rows(
    engine: sa.Engine,
    reader: Reader,
    *,
    by: Person,
    now: datetime,
    replays: Replays,
    keep_going: bool = False,
    dry_run: bool = False,
    progress: Progress = lambda _what, _rows: None,
) -> Imported:
    """Bring the record to what the file says of the numbers in it; others are left alone.

    A row that stands already changes nothing. Where a number stands twice the later row counts.
    Prefixes wait for a second person, as they always do. What they would do is looked up first, so
    that nobody who writes waits for it.

    Raises NotAllowed below manager, FileUnusable, RecordUnreadable, SQLAlchemyError.
    """
    by.must_be("manager", "an import")
    with tempfile.TemporaryFile("w+", encoding="utf-8") as spool:
        good, refused, prefixes, errors, left = _check(reader, spool, progress)
        if refused and not keep_going:
            return Imported(good + refused, 0, 0, 0, refused, errors, False, left)
        looked_up = {}
        if prefixes and not dry_run:
            look_up = _LookUp(engine, replays, now, progress)
            looked_up = look_up(unpacked(spool))
        added = replaced = seen = 0
        whole = engine.dialect.name == "postgresql" or good <= AT_ONCE
        rows = unpacked(spool)
        write = Writer(engine.dialect, by, now, looked_up)
        with bulk_connection(engine) as connection, connection.begin() if whole else nullcontext():
            while chunk := list(islice(rows, CHUNK)):
                page = write.page(chunk)
                with nullcontext() if whole else connection.begin():
                    written = write(connection, page, dry_run=dry_run)
                added += written.added
                replaced += written.replaced
                seen += len(chunk)
                progress("written", seen)
    unchanged = good - added - replaced
    return Imported(good + refused, added, replaced, unchanged, refused, errors, not dry_run, left)


def _check(
    reader: Reader, spool: IO[str], progress: Progress
) -> tuple[int, int, int, tuple[RowError, ...], tuple[RowLeft, ...]]:
    """Good rows, refused ones, prefixes among the good, the first errors, the first left out."""
    good = refused = prefixes = 0
    errors: list[RowError] = []
    left: list[RowLeft] = []
    page: list[Row] = []
    for row in reader.rows():
        if isinstance(row, RowLeft):
            if len(left) < ERRORS_SHOWN:
                left.append(row)
        elif isinstance(row, RowError):
            refused += 1
            if len(errors) < ERRORS_SHOWN:
                errors.append(row)
        else:
            good += 1
            prefixes += row.kind == "prefix"
            page.append(row)
            if len(page) == CHUNK:
                spool.write(pack(page))
                page = []
        if (good + refused) % CHUNK == 0:
            progress("checked", good + refused)
    spool.write(pack(page))
    progress("checked", good + refused)
    return good, refused, prefixes, tuple(errors), tuple(left)


@dataclass(frozen=True, slots=True)
class _LookUp:
    """Looks up what the prefixes of a file would do: those that do not stand already."""

    engine: sa.Engine
    replays: Replays
    now: datetime
    progress: Progress

    def __call__(self, rows: Iterator[Row]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for row in rows:
            if row.kind != "prefix":
                continue
            with reading(self.engine) as connection:
                standing = standing_of(connection, {row.subject}).get((row.kind, row.subject))
            if same(standing, row, self.now):
                continue
            if len(found) == MOST_PREFIXES:
                raise FileUnusable(f"more than {MOST_PREFIXES} new prefixes: import it in parts")
            disposition: Disposition = row.disposition  # type: ignore[assignment]  # was checked
            replay = self.replays(row.subject, disposition, self.now)
            found[row.subject] = replay.told(self.now)
            self.progress("replayed", len(found))
        return found
