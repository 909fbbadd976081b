"""An import is taken back in pieces, as it was written: calls and tickets go on meanwhile."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from blacklist.entry import EntryRefused
from blacklist.record.fields import Kind, RecordedEntry
from blacklist.record.restoring import May
from blacklist.record.schema import entries
from blacklist.record.undoing import LEFT, SHOWN, Undone, end, reopen_replaced
from people.audit import line
from people.fields import Change
from people.person import NothingThere, Person
from people.schema import audit
from store.fields import record_of
from store.sql import reading

CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Batch:
    """All that one import has written: its lines of the audit have a moment and a person alone."""

    change: int
    at: datetime
    who: str

    def pages(self, connection: sa.Connection) -> Iterator[list[Change]]:
        """Its lines, in pages."""
        after = 0
        while True:
            page = [
                record_of(Change, row)
                for row in connection.execute(
                    sa.select(audit)
                    .where(
                        audit.c.at == self.at,
                        audit.c.who == self.who,
                        audit.c.action == "imported",
                        audit.c.id > after,
                    )
                    .order_by(audit.c.id)
                    .limit(CHUNK)
                )
            ]
            if page:
                yield page
            if len(page) < CHUNK:
                return
            after = page[-1].id


def find_batch(engine: sa.Engine, change: int) -> Batch:
    """The import to which a change belongs. Raises NothingThere, EntryRefused."""
    with reading(engine) as connection:
        row = connection.execute(sa.select(audit).where(audit.c.id == change)).one_or_none()
    if row is None:
        raise NothingThere(f"change {change}: the audit has none of this number")
    if row.action != "imported":
        raise EntryRefused(f"change {change} ({row.action}) belongs to no import: name it alone")
    return Batch(change, row.at, row.who)


def last_batch(connection: sa.Connection, at: datetime, by: Person) -> int | None:
    """A change by which the import of this moment and person is named."""
    written = sa.select(sa.func.max(audit.c.id)).where(
        audit.c.at == at, audit.c.who == by.name, audit.c.action == "imported"
    )
    change: int | None = connection.scalar(written)
    return change


def take_batch_back(
    engine: sa.Engine,
    batch: Batch,
    may: May,
    *,
    by: Person,
    now: datetime,
    keep_going: bool,
    dry_run: bool,
) -> Undone:
    """Take an import back, a page a transaction: run again, it goes on where it ended.

    Raises EntryRefused when numbers were changed since, unless told to `keep_going`, and what
    `may` raises: then nothing of it is taken back.
    """
    with reading(engine) as connection:
        looked_at = [_looked_at(connection, page) for page in batch.pages(connection)]
        pages = [page for page, _ in looked_at]
        left = [change for _, changed in looked_at for change in changed]
        count = sum(map(len, pages))
        if left and not keep_going:
            raise EntryRefused(
                f"{len(left):,} of {count + len(left):,} numbers were changed since, "
                f"{left[0].subject} for one: take those changes back first, or leave those numbers "
                "(keep going)"
            )
        restored: list[RecordedEntry] = []
        for page in pages:
            again = reopen_replaced(connection, _keys(page), batch.at, now, dry_run=True)
            for entry in again:
                may(entry)
            restored += again if dry_run else ()
    for page in () if dry_run else pages:
        with engine.begin() as connection:
            restored += _write(connection, page, batch, by, now)
    for begin in range(0, 0 if dry_run else len(left), CHUNK):
        with engine.begin() as connection:
            _leave(connection, left[begin : begin + CHUNK], by, now)
    shown = tuple(change for page in pages for change in page[:SHOWN])[:SHOWN]
    return Undone(
        batch.change,
        count,
        shown,
        tuple(restored[:SHOWN]),
        tuple(change.subject for change in left[:SHOWN]),
        already=not count and not left,
        written=bool(count) and not dry_run,
    )


def _looked_at(
    connection: sa.Connection, page: Sequence[Change]
) -> tuple[list[Change], list[Change]]:
    """Of a page, what stands as it was imported, and what was changed since."""
    ids = [change.details["entry"] for change in page]
    rows = connection.execute(
        sa.select(
            entries.c.id, entries.c.ended_at, entries.c.ended_why, entries.c.approved_by
        ).where(entries.c.id.in_(ids))
    )
    now = {row.id: row for row in rows}
    standing, changed = [], []
    for change in page:
        row = now[change.details["entry"]]
        if row.ended_at is None and row.approved_by is None:
            standing.append(change)
        elif row.ended_why != "undone":
            changed.append(change)
    return standing, changed


def _keys(page: Sequence[Change]) -> set[tuple[Kind, str]]:
    return {(change.details["kind"], change.subject) for change in page}


def _leave(connection: sa.Connection, left: Sequence[Change], by: Person, now: datetime) -> None:
    """Note of these that their import is taken back: it is not to stand again by another undo."""
    noted = sa.select(audit.c.details).where(
        audit.c.action == LEFT, audit.c.subject.in_({change.subject for change in left})
    )
    known = {details["change"] for details in connection.scalars(noted)}
    lines = [
        line(by, LEFT, change.subject, now, {"change": change.id, "of": change.action})
        for change in left
        if change.id not in known
    ]
    if lines:
        connection.execute(audit.insert(), lines)


def _write(
    connection: sa.Connection, page: Sequence[Change], batch: Batch, by: Person, now: datetime
) -> Sequence[RecordedEntry]:
    ended = end(connection, [change.details["entry"] for change in page], now)
    taken = [change for change in page if change.details["entry"] in ended]
    if not taken:
        return ()
    restored = reopen_replaced(connection, _keys(taken), batch.at, now, dry_run=False)
    again = {(entry.kind, entry.subject): [entry.id] for entry in restored}
    lines: list[dict[str, Any]] = [
        line(
            by,
            "undone",
            change.subject,
            now,
            {
                "change": change.id,
                "of": change.action,
                "restored": again.get((change.details["kind"], change.subject), []),
            },
        )
        for change in taken
    ]
    connection.execute(audit.insert(), lines)
    return restored
