"""Importing the gazetteer: checked first, all of it; then written, in pieces that let calls go on.

A file with an error changes nothing (unless told to keep going). On PostgreSQL everything is one
transaction; on SQLite more than `AT_ONCE` rows are written in several: should the process die
between two of them, the same import run again finishes the work. An address that the file does not
have stays as it is.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import sqlalchemy as sa

from people.audit import note_change
from people.person import Person
from places.csv_read import CellError, Reader, Row
from places.spool import Spool
from places.writing import Writer
from store.bulk import bulk_connection

AT_ONCE = 20_000
"""Rows that are written in one transaction on SQLite."""
CHUNK = 5000
ERRORS_SHOWN = 100

Progress = Callable[[str, int], None]
"""Told what is done, `checked` or `written`, and how many rows so far."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or in a dry run would do. `errors` are the first `ERRORS_SHOWN`.

    `refused` are rows with an error; `repeated` say the same as an earlier row of the file.
    """

    rows: int
    added: int
    updated: int
    unchanged: int
    repeated: int
    refused: int
    errors: tuple[CellError, ...]
    written: bool


def import_gazetteer(
    engine: sa.Engine,
    reader: Reader,
    *,
    by: Person,
    now: datetime,
    keep_going: bool = False,
    dry_run: bool = False,
    progress: Progress = lambda _what, _rows: None,
) -> Imported:
    """Bring the gazetteer to what the file says of the addresses in it.

    Raises NotAllowed below manager, FileUnusable, SQLAlchemyError.
    """
    by.must_be("manager", "an import of the gazetteer")
    with closing(Spool()) as spool:
        good, refused, errors = _check(reader, spool, progress)
        kept = other = 0
        for row in spool.sorted():
            if isinstance(row, CellError):
                other += 1
                errors += [row] if len(errors) < ERRORS_SHOWN else []
            else:
                kept += 1
        rows, repeated, refused = good + refused, good - kept - other, refused + other
        shown = tuple(sorted(errors, key=lambda error: error.row))
        if refused and not keep_going:
            return Imported(rows, 0, 0, 0, repeated, refused, shown, written=False)
        wanted = (row for row in spool.sorted() if not isinstance(row, CellError))
        added, updated = _write(engine, wanted, kept, by, now, dry_run, progress)
    unchanged = kept - added - updated
    return Imported(rows, added, updated, unchanged, repeated, refused, shown, not dry_run)


def _write(
    engine: sa.Engine,
    rows: Iterator[Row],
    count: int,
    by: Person,
    now: datetime,
    dry_run: bool,
    progress: Progress,
) -> tuple[int, int]:
    """How many were new, and how many were others before."""
    added = updated = seen = 0
    whole = engine.dialect.name == "postgresql" or count <= AT_ONCE
    with bulk_connection(engine) as connection, connection.begin() if whole else nullcontext():
        write = Writer(connection)
        while chunk := list(islice(rows, CHUNK)):
            with nullcontext() if whole else connection.begin():
                new, others = write(chunk, dry_run=dry_run)
            added, updated, seen = added + new, updated + others, seen + len(chunk)
            progress("written", seen)
        if not dry_run and added + updated:
            with nullcontext() if whole else connection.begin():
                counts = {"rows": count, "added": added, "updated": updated}
                note_change(connection, by, "gazetteer_imported", "gazetteer", now, **counts)
    return added, updated


def _check(reader: Reader, spool: Spool, progress: Progress) -> tuple[int, int, list[CellError]]:
    """Good rows, which wait in the spool; refused ones; the first errors."""
    good = refused = 0
    errors: list[CellError] = []
    page: list[tuple[int, Row]] = []
    for number, found in reader.rows():
        if isinstance(found, list):
            refused += 1
            errors += found[: ERRORS_SHOWN - len(errors)]
        else:
            good += 1
            page.append((number, found))
            if len(page) == CHUNK:
                spool.add(page)
                page = []
        if (good + refused) % CHUNK == 0:
            progress("checked", good + refused)
    spool.add(page)
    progress("checked", good + refused)
    return good, refused, errors
