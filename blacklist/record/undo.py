"""Taking changes back: the last one of a number, one by its id in the audit, or a whole import.

What a change ended stands again, what it made ends, as if it had not been; the audit keeps both.
What was changed since is not touched: whoever did that knew of the change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from blacklist.entry import EntryRefused
from blacklist.record.batches import find_batch, take_batch_back
from blacklist.record.fields import Kind, RecordedEntry
from blacklist.record.prefixes import subject_of
from blacklist.record.register import BlacklistRegister
from blacklist.record.restoring import May, may_stand_again
from blacklist.record.schema import entries, strikes
from blacklist.record.undoing import MADE, Undone, end, reopen, reopen_replaced, undone_ids
from blacklist.record.whole import bring_index_up
from people.audit import note_change
from people.fields import Change
from people.person import NothingThere, Person
from people.schema import audit
from store.fields import record_of
from store.sql import one_at_a_time, reading

_TAKEN = (*MADE, "lifted", "approved", "strike")
"""What can be taken back."""
_CHANGING = (*_TAKEN, "review", "strikes_lifted")
"""What changes how a number stands."""
_OVERTAKEN_BY = {
    "strike": ("strike", "number"),
    "number": ("number",),
    "allow": ("allow",),
    "prefix": ("prefix",),
}


@dataclass(frozen=True, slots=True)
class _Act:
    """What one person did to one subject at one moment: a strike, and the entry that followed."""

    lines: tuple[Change, ...]

    @property
    def last(self) -> Change:
        """The line by which it is named."""
        return self.lines[-1]


def undo(
    register: BlacklistRegister,
    *,
    by: Person,
    number: str | None,
    change: int | None,
    batch: int | None,
    keep_going: bool,
    dry_run: bool,
) -> Undone:
    """Take back what is named: a `number`'s last change, a `change`, or the import of a `batch`.

    Again it changes nothing. Raises NothingThere, NotAllowed and EntryRefused as
    `may_stand_again` does for what would stand again, EntryRefused for what was changed since (of
    a batch unless told to `keep_going`: then that is left) or cannot be taken back,
    SQLAlchemyError, and of a batch what `bring_index_up` raises.
    """
    if sum(given is not None for given in (number, change, batch)) != 1:
        raise EntryRefused("name one thing to take back: a number, a change or a batch")
    now = register.now()
    may = may_stand_again(register, by, now)
    if batch is not None:
        by.must_be("manager", "taking an import back")
        found = find_batch(register.engine, batch)
        done = take_batch_back(
            register.engine, found, may, by=by, now=now, keep_going=keep_going, dry_run=dry_run
        )
        if not dry_run:  # also where nothing was left to do: it may have ended before this
            bring_index_up(register)
        return done
    by.must_be("supervisor", "taking a change back")
    with reading(register.engine) as connection:
        named = (
            _named(connection, change) if number is None else _last(connection, subject_of(number))
        )
        if dry_run:
            return _take_back(connection, named, by, now, may, dry_run=True)
    with register.engine.begin() as connection:
        one_at_a_time(connection, named.subject)
        done = _take_back(connection, named, by, now, may, dry_run=False)
    if not done.written:
        return done
    for kind in sorted({_thing(line) for line in done.changes} - {"strike"} or {"number"}):
        register.project(kind, named.subject)  # type: ignore[arg-type]  # a kind of entries
    return done


def _last(connection: sa.Connection, subject: str) -> Change:
    wanted = (*_CHANGING, "undone")
    newest = (
        sa.select(audit)
        .where(audit.c.subject == subject, audit.c.action.in_(wanted))
        .order_by(audit.c.id.desc())
    )
    row = connection.execute(newest.limit(1)).one_or_none()
    if row is None:
        raise NothingThere(f"{subject}: nothing was ever changed")
    return record_of(Change, row)


def _named(connection: sa.Connection, change: int | None) -> Change:
    row = connection.execute(sa.select(audit).where(audit.c.id == change)).one_or_none()
    if row is None:
        raise NothingThere(f"change {change}: the audit has none of this number")
    return record_of(Change, row)


def _take_back(
    connection: sa.Connection,
    named: Change,
    by: Person,
    now: datetime,
    may: May,
    *,
    dry_run: bool,
) -> Undone:
    if named.action == "undone" or named.id in undone_ids(connection, named.subject):
        return Undone(named.id, 0, (named,), (), already=True)
    act = _act_of(connection, named)
    _refuse_overtaken(connection, act)
    restored: list[RecordedEntry] = []
    for line in reversed(act.lines):
        back = _undone(connection, line, now, dry_run=dry_run)
        for entry in back:
            may(entry)
        restored += back
        if not dry_run:
            note_change(
                connection,
                by,
                "undone",
                line.subject,
                now,
                change=line.id,
                of=line.action,
                restored=[entry.id for entry in back],
            )
    return Undone(act.last.id, 1, act.lines, tuple(restored), written=not dry_run)


def _act_of(connection: sa.Connection, named: Change) -> _Act:
    """All of it. Raises EntryRefused for what cannot be taken back."""
    rows = connection.execute(
        sa.select(audit)
        .where(
            audit.c.subject == named.subject,
            audit.c.at == named.at,
            audit.c.who == named.who,
            audit.c.action.in_(_CHANGING),
        )
        .order_by(audit.c.id)
    )
    before = undone_ids(connection, named.subject)
    lines = tuple(record_of(Change, row) for row in rows if row.id not in before)
    if named.action not in _TAKEN or any(line.action not in _TAKEN for line in lines):
        raise EntryRefused(
            f"change {named.id} ({named.action}) cannot be taken back: decide anew what holds"
        )
    return _Act(lines)


def _refuse_overtaken(connection: sa.Connection, act: _Act) -> None:
    """Raises EntryRefused when the same was changed since."""
    overtaking = {thing for line in act.lines for thing in _OVERTAKEN_BY[_thing(line)]}
    later = connection.execute(
        sa.select(audit)
        .where(
            audit.c.subject == act.last.subject,
            audit.c.id > act.last.id,
            audit.c.action.in_(_CHANGING),
        )
        .order_by(audit.c.id.desc())
    )
    taken_back = undone_ids(connection, act.last.subject)
    for row in later:
        line = record_of(Change, row)
        if line.id not in taken_back and _thing(line) in overtaking:
            raise EntryRefused(
                f"it was changed since: {line.action} by {line.who} (change {line.id}); take that "
                f"back first, or decide anew what holds"
            )


def _thing(line: Change) -> str:
    """What a line is about: strikes, or a kind of entry."""
    if line.action in ("strike", "strikes_lifted"):
        return "strike"
    return "prefix" if line.action == "approved" else str(line.details.get("kind", "number"))


def _undone(
    connection: sa.Connection, line: Change, now: datetime, *, dry_run: bool
) -> Sequence[RecordedEntry]:
    """Undo one line; what stands again by that."""
    entry = line.details.get("entry")
    match line.action:
        case "strike":
            if not dry_run:
                connection.execute(
                    strikes.update()
                    .where(
                        strikes.c.number == line.subject,
                        strikes.c.at == line.at,
                        strikes.c.operator == line.who,
                        strikes.c.lifted_at.is_(None),
                    )
                    .values(lifted_at=now)
                )
            return ()
        case "approved":
            if not dry_run:
                waiting = entries.update().where(entries.c.id == entry)
                connection.execute(waiting.values(approved_by=None))
            return ()
        case "lifted":
            again = _standing_again(connection, str(entry), now, dry_run=dry_run)
            if not again:
                raise EntryRefused("what was lifted would be over by now: there is nothing to do")
            return again
        case _:
            if not dry_run:
                end(connection, [str(entry)], now)
            if line.action == "imported":
                keys: set[tuple[Kind, str]] = {(line.details["kind"], line.subject)}
                return reopen_replaced(connection, keys, line.at, now, dry_run=dry_run)
            replaced = line.details.get("replaces")
            return _standing_again(connection, replaced, now, dry_run=dry_run) if replaced else ()


def _standing_again(
    connection: sa.Connection, entry: str, now: datetime, *, dry_run: bool
) -> Sequence[RecordedEntry]:
    """Let an entry stand again; nothing where it is over by now."""
    row = connection.execute(sa.select(entries).where(entries.c.id == entry)).one()
    ended = record_of(RecordedEntry, row)
    if ended.until is not None and ended.until <= now:
        return ()
    if _made_by_what_was_taken_back(connection, ended):
        raise EntryRefused(
            f"{ended.subject}: what would stand again was imported, "
            "and that import was taken back: decide anew what holds"
        )
    if not dry_run:
        reopen(connection, (ended,))
    return (ended,)


def _made_by_what_was_taken_back(connection: sa.Connection, entry: RecordedEntry) -> bool:
    made = sa.select(audit.c.id, audit.c.details).where(
        audit.c.subject == entry.subject, audit.c.action.in_(MADE)
    )
    gone = undone_ids(connection, entry.subject)
    return any(
        row.id in gone and row.details.get("entry") == entry.id for row in connection.execute(made)
    )
