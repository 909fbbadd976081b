"""Checked rows into the record: what stands already stays, the rest is written with its audit."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import compress, count, islice
from typing import Any, NamedTuple

import sqlalchemy as sa

from blacklist.entry import Entry
from blacklist.record.csv_read import Row
from blacklist.record.entries import row_of, told
from blacklist.record.fields import Kind
from blacklist.record.schema import entries
from people.audit import line
from people.person import Person
from people.schema import audit
from store.bulk import BulkInsert

_ALIKE = ("source", "who", "approved_by", "added_at", "review_at", "ended_at", "ended_why")
"""What all entries of one import have in common."""
_OWN = tuple(column.name for column in entries.c if column.name not in _ALIKE)
_LOOKED_AT = sa.select(
    *(entries.c.id, entries.c.kind, entries.c.subject, entries.c.disposition, entries.c.reason),
    *(entries.c.note, entries.c.until, entries.c.calls, entries.c.recordings),
).where(
    entries.c.subject.in_(sa.bindparam("subjects", expanding=True)), entries.c.ended_at.is_(None)
)

_json = json.JSONEncoder().encode


class Page(NamedTuple):
    """Rows that are ready to be written, each key once, and the columns of both tables."""

    rows: Mapping[tuple[Kind, str], Row]
    columns: Mapping[str, Sequence[Any]]


class Written(NamedTuple):
    """How many rows of a page were new, and how many came in place of another."""

    added: int
    replaced: int


class Writer:
    """Writes pages of rows. `looked_up` is what their prefixes would do."""

    def __init__(
        self,
        dialect: sa.Dialect,
        by: Person,
        now: datetime,
        looked_up: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._now = now
        self._replays = {prefix: _json(replay) for prefix, replay in looked_up.items()}
        self._ids = _in_a_row()
        blank = row_of("number", Entry("", "", now, now, by.name), source="import")
        change = line(by, "imported", "", now, {})
        del change["subject"], change["details"]
        self._blank = blank
        self._entries = BulkInsert(dialect, entries, _OWN, {name: blank[name] for name in _ALIKE})
        self._audit = BulkInsert(dialect, audit, ("subject", "details"), change)

    def page(self, rows: Sequence[Row]) -> Page:
        """Make rows ready, before the transaction that others wait for. The later row counts."""
        wanted = {(row.kind, row.subject): row for row in rows}
        subject, note, kind, disposition, reason, until, *_ = zip(*wanted.values(), strict=True)
        ids = list(islice(self._ids, len(wanted)))
        terms = [row.terms for row in wanted.values()]
        firsts = dict(zip(terms, wanted.values(), strict=True))
        shared = {said: self._shared(row) for said, row in firsts.items()}
        calls, recordings, rest = zip(*map(shared.__getitem__, terms), strict=True)
        return Page(
            wanted,
            {
                "id": ids,
                "kind": kind,
                "subject": subject,
                "disposition": disposition,
                "reason": reason,
                "note": note,
                "calls": calls,
                "recordings": recordings,
                "replay": [self._replay(*key) for key in wanted],
                "until": until,
                "details": list(map(_details, ids, note, rest)),
            },
        )

    def __call__(self, connection: sa.Connection, page: Page, *, dry_run: bool) -> Written:
        """Bring the record to what a page says, or only count what that would take."""
        standing = standing_of(connection, {subject for _, subject in page.rows})
        columns = page.columns
        new = tuple(page.rows)
        if standing:
            changed = [
                not same(standing.get(key), row, self._now) for key, row in page.rows.items()
            ]
            new = tuple(compress(new, changed))
            columns = {name: tuple(compress(cells, changed)) for name, cells in columns.items()}
        ended = [standing[key].id for key in new if key in standing]
        if new and not dry_run:
            if ended:
                connection.execute(
                    entries.update()
                    .where(entries.c.id.in_(ended))
                    .values(ended_at=self._now, ended_why="replaced")
                )
            self._entries(connection, columns)
            self._audit(connection, columns)
        return Written(len(new) - len(ended), len(ended))

    def _replay(self, kind: Kind, subject: str) -> str:
        # A prefix without one stood a moment ago. The second person has it looked up.
        return self._replays.get(subject, "{}") if kind == "prefix" else "{}"

    def _shared(self, row: Row) -> tuple[str, str, str]:
        """Calls, recordings, and what the audit keeps beside id and note; all as JSON."""
        details = told(self._blank | row._asdict())
        del details["entry"], details["note"]
        return _json(row.calls), _json(row.recordings), _json(details)


def _details(entry: str, note: str, rest: str) -> str:
    """What the audit keeps of an entry (`entries.told`), put together of JSON."""
    return f'{{"entry": "{entry}", "note": {_json(note)}, {rest[1:]}'


def _in_a_row() -> Iterator[str]:
    """Ids like any other, which nobody guesses, one behind the other: an index takes them at its
    end, where random ones touch all of it.
    """
    return (f"{number:032x}" for number in count(secrets.randbits(127)))


def standing_of(connection: sa.Connection, subjects: set[str]) -> dict[tuple[Kind, str], Any]:
    """What stands about these, by kind and subject."""
    found = connection.execute(_LOOKED_AT, {"subjects": list(subjects)})
    return {(row.kind, row.subject): row for row in found}


def same(standing: Any, row: Row, now: datetime) -> bool:
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
