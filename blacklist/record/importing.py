"""Importing many rows: checked first, all of them; then written, in pieces that let calls go on.

A file with an error changes nothing (unless told to keep going). Checked rows wait in a temporary
file, so memory stays the same for any number of rows. On PostgreSQL everything is one transaction.
On SQLite one transaction would lock tickets and call records out for a minute, so more than
`AT_ONCE` rows are written in several: should the process die between two of them, the same import
run again finishes the work, for rows that stand already are left as they are.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import IO, Any

import sqlalchemy as sa

from blacklist.entry import Entry
from blacklist.record.audit import line
from blacklist.record.csv_read import FileUnusable, Reader, Row, RowError
from blacklist.record.entries import Evidence, row_of, told
from blacklist.record.people import Person
from blacklist.record.prefix_replay import Replays
from blacklist.record.schema import audit, entries, reading
from blacklist.verdict import Disposition

MOST_PREFIXES = 100
"""New prefixes in one file: what each would do is looked up in the recorded calls."""
AT_ONCE = 20_000
"""Rows that are written in one transaction on SQLite: it takes about a second."""
CHUNK = 1000
ERRORS_SHOWN = 100

Progress = Callable[[str, int], None]
"""Told what is done, `checked`, `replayed` or `written`, and how many rows so far."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or in a dry run would do. `errors` are the first `ERRORS_SHOWN`."""

    rows: int
    added: int
    replaced: int
    unchanged: int
    refused: int
    errors: tuple[RowError, ...]
    written: bool


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
        good, refused, errors = _check(reader, spool, progress)
        if refused and not keep_going:
            return Imported(good + refused, 0, 0, 0, refused, errors, False)
        looked_up = {}
        if not dry_run:
            look_up = _LookUp(engine, replays, now, progress)
            looked_up = look_up(_unpacked(spool))
        counts = _Counts()
        whole = engine.dialect.name == "postgresql" or good <= AT_ONCE
        rows = _unpacked(spool)
        write = _Writer(by, now, looked_up, counts, dry_run)
        with engine.begin() if whole else nullcontext() as outer:
            while chunk := list(islice(rows, CHUNK)):
                if outer is not None:
                    write(outer, chunk)
                else:
                    with engine.begin() as connection:
                        write(connection, chunk)
                counts.seen += len(chunk)
                progress("written", counts.seen)
    return Imported(
        good + refused,
        counts.added,
        counts.replaced,
        good - counts.added - counts.replaced,
        refused,
        errors,
        not dry_run,
    )


def _check(
    reader: Reader, spool: IO[str], progress: Progress
) -> tuple[int, int, tuple[RowError, ...]]:
    good = refused = 0
    errors: list[RowError] = []
    for row in reader.rows():
        if isinstance(row, RowError):
            refused += 1
            if len(errors) < ERRORS_SHOWN:
                errors.append(row)
        else:
            good += 1
            spool.write(_pack(row))
        if (good + refused) % CHUNK == 0:
            progress("checked", good + refused)
    progress("checked", good + refused)
    return good, refused, tuple(errors)


@dataclass(slots=True)
class _Counts:
    added: int = 0
    replaced: int = 0
    seen: int = 0


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
                standing = _standing(connection, {row.subject}).get((row.kind, row.subject))
            if _same(standing, row, self.now):
                continue
            if len(found) == MOST_PREFIXES:
                raise FileUnusable(f"more than {MOST_PREFIXES} new prefixes: import it in parts")
            disposition: Disposition = row.disposition  # type: ignore[assignment]  # was checked
            replay = self.replays(row.subject, disposition, self.now)
            found[row.subject] = replay.told(self.now)
            self.progress("replayed", len(found))
        return found


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes a chunk of rows in one transaction. `looked_up` is what their prefixes would do."""

    by: Person
    now: datetime
    looked_up: Mapping[str, dict[str, Any]]
    counts: _Counts
    dry_run: bool

    def __call__(self, connection: sa.Connection, chunk: list[Row]) -> None:
        wanted = {(row.kind, row.subject): row for row in chunk}
        standing = _standing(connection, {subject for _, subject in wanted})
        new = [row for key, row in wanted.items() if not _same(standing.get(key), row, self.now)]
        self.counts.added += sum((row.kind, row.subject) not in standing for row in new)
        self.counts.replaced += sum((row.kind, row.subject) in standing for row in new)
        if self.dry_run or not new:
            return
        ended = [
            standing[row.kind, row.subject].id for row in new if (row.kind, row.subject) in standing
        ]
        connection.execute(
            entries.update()
            .where(entries.c.id.in_(ended))
            .values(ended_at=self.now, ended_why="replaced")
        )
        rows = [self._row(row) for row in new]
        connection.execute(entries.insert(), rows)
        connection.execute(
            audit.insert(),
            [line(self.by, "imported", row["subject"], self.now, told(row)) for row in rows],
        )

    def _row(self, row: Row) -> dict[str, Any]:
        entry = Entry(
            row.subject,
            row.reason,
            row.until or self.now,
            self.now,
            self.by.name,
            row.note,
            row.disposition,  # type: ignore[arg-type]  # the reader has checked it
        )
        made = row_of(
            row.kind,
            entry,
            source="import",
            evidence=Evidence(row.calls, row.recordings),
            # None: it stood a moment ago. The second person has it looked up.
            replay=self.looked_up.get(row.subject) if row.kind == "prefix" else None,
        )
        return made | {"until": row.until}


def _standing(connection: sa.Connection, subjects: set[str]) -> dict[tuple[str, str], sa.Row[Any]]:
    found = connection.execute(
        sa.select(entries).where(entries.c.subject.in_(subjects), entries.c.ended_at.is_(None))
    )
    return {(row.kind, row.subject): row for row in found}


def _same(standing: sa.Row[Any] | None, row: Row, now: datetime) -> bool:
    """Whether what stands says the same; where the row gave no end, any end that lies ahead."""
    if standing is None or (standing.until is not None and standing.until <= now):
        return False
    ends_alike = standing.until == row.until if row.own_end else standing.until is not None
    return (
        ends_alike
        and (standing.disposition, standing.reason, standing.note)
        == (row.disposition, row.reason, row.note)
        and (tuple(standing.calls), tuple(standing.recordings)) == (row.calls, row.recordings)
    )


def _unpacked(spool: IO[str]) -> Iterator[Row]:
    """The checked rows, from the first on."""
    spool.seek(0)
    return (_unpack(text) for text in spool)


def _pack(row: Row) -> str:
    until = row.until.isoformat() if row.until else None
    parts = (row.kind, row.subject, row.disposition, row.reason, row.note, until, row.own_end)
    return json.dumps([*parts, row.calls, row.recordings], separators=(",", ":")) + "\n"


def _unpack(text: str) -> Row:
    kind, subject, disposition, reason, note, until, own_end, calls, recordings = json.loads(text)
    end = datetime.fromisoformat(until) if until else None
    evidence = (tuple(calls), tuple(recordings))
    return Row(kind, subject, disposition, reason, note, end, own_end, *evidence)
