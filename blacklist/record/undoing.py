"""What taking one change back and taking a whole import back have in common."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from blacklist.entry import EntryRefused
from blacklist.record.fields import Kind, RecordedEntry
from blacklist.record.schema import entries
from people.fields import Change
from people.schema import audit
from store.fields import record_of

MADE = ("added", "allowed", "asked", "imported")
"""Changes that made an entry, in place of one that stood."""
LEFT = "left"
"""A line of the audit: the import of this number was taken back, and the number left as it was."""
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back, or in a dry run would be. `change` names it, `count` says how many.

    `changes` and `restored`, what stands again, are the first `SHOWN` of them; `left` are numbers
    that were changed since, likewise. `already`: it had been taken back before, nothing is done.
    """

    change: int
    count: int
    changes: tuple[Change, ...]
    restored: tuple[RecordedEntry, ...]
    left: tuple[str, ...] = ()
    already: bool = False
    written: bool = False


def undone_ids(connection: sa.Connection, subject: str) -> set[int]:
    """The changes of a number or prefix that were taken back, alone or with their import."""
    lines = sa.select(audit.c.details).where(
        audit.c.subject == subject, audit.c.action.in_(("undone", LEFT))
    )
    return {details["change"] for details in connection.scalars(lines)}


def end(connection: sa.Connection, ids: Collection[str], now: datetime) -> set[str]:
    """End those of these entries that stand; which they were."""
    ended = connection.execute(
        entries.update()
        .where(entries.c.id.in_(ids), entries.c.ended_at.is_(None))
        .values(ended_at=now, ended_why="undone")
        .returning(entries.c.id)
    )
    return set(ended.scalars())


def reopen_replaced(
    connection: sa.Connection,
    keys: Collection[tuple[Kind, str]],
    at: datetime,
    now: datetime,
    *,
    dry_run: bool,
) -> Sequence[RecordedEntry]:
    """Let stand again what was replaced at that moment and is not over: one of each key, which."""
    replaced = sa.select(entries).where(
        entries.c.subject.in_({subject for _, subject in keys}),
        entries.c.ended_at == at,
        entries.c.ended_why == "replaced",
        sa.or_(entries.c.until.is_(None), entries.c.until > now),
    )
    rows = connection.execute(replaced.order_by(entries.c.added_at, entries.c.id))
    last = {(entry.kind, entry.subject): entry for entry in map(_entry, rows)}
    found = [entry for key, entry in last.items() if key in keys]
    if not dry_run:
        reopen(connection, found)
    return found


def reopen(connection: sa.Connection, ended: Sequence[RecordedEntry]) -> None:
    """Let these stand again. Raises EntryRefused where another stands in the place of one."""
    subjects = {entry.subject for entry in ended}
    standing = connection.execute(
        sa.select(entries.c.kind, entries.c.subject).where(
            entries.c.subject.in_(subjects), entries.c.ended_at.is_(None)
        )
    )
    taken = {(row.kind, row.subject) for row in standing}
    for entry in ended:
        if (entry.kind, entry.subject) in taken:
            raise EntryRefused(f"{entry.subject}: another entry stands there: decide what holds")
    connection.execute(
        entries.update()
        .where(entries.c.id.in_([entry.id for entry in ended]))
        .values(ended_at=None, ended_why="")
    )


def _entry(row: sa.Row[Any]) -> RecordedEntry:
    return record_of(RecordedEntry, row)
