"""Importing many rows: checked first, all of them; then written, in pieces that let calls go on.

A file with an error changes nothing (unless told to keep going). Checked rows wait in a temporary
file, so memory stays the same for any number of rows. On PostgreSQL everything is one transaction.
On SQLite one transaction would lock tickets and call records out for a minute, so more than
`AT_ONCE` rows are written in several: should the process die between two of them, the same import
run again finishes the work, for rows that stand already are left as they are.
"""

import json
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import count, islice
from typing import IO, Any

import sqlalchemy as sa

from blacklist.entry import Entry
from blacklist.record.audit import line
from blacklist.record.bulk import BulkInsert
from blacklist.record.csv_read import FileUnusable, Reader, Row, RowError
from blacklist.record.entries import row_of, told
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

_ALIKE = frozenset(
    {"source", "who", "approved_by", "added_at", "review_at", "ended_at", "ended_why"}
)
"""What all entries of one import have in common."""
_OWN = tuple(column.name for column in entries.c if column.name not in _ALIKE)

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
        good, refused, prefixes, errors = _check(reader, spool, progress)
        if refused and not keep_going:
            return Imported(good + refused, 0, 0, 0, refused, errors, False)
        looked_up = {}
        if prefixes and not dry_run:
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
) -> tuple[int, int, int, tuple[RowError, ...]]:
    """Good rows, refused ones, prefixes among the good, and the first errors."""
    good = refused = prefixes = 0
    errors: list[RowError] = []
    page: list[Row] = []
    for row in reader.rows():
        if isinstance(row, RowError):
            refused += 1
            if len(errors) < ERRORS_SHOWN:
                errors.append(row)
        else:
            good += 1
            prefixes += row.kind == "prefix"
            page.append(row)
            if len(page) == CHUNK:
                spool.write(_pack(page))
                page = []
        if (good + refused) % CHUNK == 0:
            progress("checked", good + refused)
    spool.write(_pack(page))
    progress("checked", good + refused)
    return good, refused, prefixes, tuple(errors)


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


@dataclass(frozen=True)
class _Writer:
    """Writes a chunk of rows in one transaction. `looked_up` is what their prefixes would do."""

    by: Person
    now: datetime
    looked_up: Mapping[str, dict[str, Any]]
    counts: _Counts
    dry_run: bool
    ids: Iterator[str] = field(default_factory=lambda: _in_a_row())

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
        if ended:
            connection.execute(
                entries.update()
                .where(entries.c.id.in_(ended))
                .values(ended_at=self.now, ended_why="replaced")
            )
        rows = [self._row(row) for row in new]
        alike = {name: self.alike[name] for name in _ALIKE}
        BulkInsert(connection, entries, _OWN, alike)(rows)
        change = line(self.by, "imported", "", self.now, {})
        for name in ("subject", "details"):
            del change[name]
        told_of = [{"subject": row["subject"], "details": told(row)} for row in rows]
        BulkInsert(connection, audit, ("subject", "details"), change)(told_of)

    def _row(self, row: Row) -> dict[str, Any]:
        return self.alike | {
            "id": next(self.ids),
            "kind": row.kind,
            "subject": row.subject,
            "disposition": row.disposition,
            "reason": row.reason,
            "note": row.note,
            "calls": list(row.calls),
            "recordings": list(row.recordings),
            # None: it stood a moment ago. The second person has it looked up.
            "replay": (row.kind == "prefix" and self.looked_up.get(row.subject)) or {},
            "until": row.until,
        }

    @cached_property
    def alike(self) -> dict[str, Any]:
        """What all entries of this import have in common, and places for the rest."""
        entry = Entry("", "", self.now, self.now, self.by.name)
        return row_of("number", entry, source="import")


def _in_a_row() -> Iterator[str]:
    """Ids like any other, which nobody guesses, one behind the other: an index takes them at its
    end, where random ones touch all of it.
    """
    return (f"{number:032x}" for number in count(secrets.randbits(127)))


_LOOKED_AT = sa.select(
    *(entries.c.id, entries.c.kind, entries.c.subject, entries.c.disposition, entries.c.reason),
    *(entries.c.note, entries.c.until, entries.c.calls, entries.c.recordings),
)


def _standing(connection: sa.Connection, subjects: set[str]) -> dict[tuple[str, str], Any]:
    found = connection.execute(
        _LOOKED_AT.where(entries.c.subject.in_(subjects), entries.c.ended_at.is_(None))
    )
    return {(row.kind, row.subject): row for row in found}


def _same(standing: Any, row: Row, now: datetime) -> bool:
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
    return (row for text in spool for row in _unpack(text))


def _pack(rows: Sequence[Row]) -> str:
    """Rows as one line of text: many at once, for a line has its price."""
    return json.dumps(rows, default=datetime.isoformat) + "\n"


def _unpack(text: str) -> list[Row]:
    return [
        Row(
            kind,
            subject,
            disposition,
            reason,
            note,
            datetime.fromisoformat(until) if until else None,
            own_end,
            tuple(calls),
            tuple(recordings),
        )
        for kind, subject, disposition, reason, note, until, own_end, calls, recordings in (
            json.loads(text)
        )
    ]
