"""What is done with the whole blocklist at once: a file of it, and its index."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import BinaryIO
from zoneinfo import ZoneInfo

from blacklist.entry import EntryRefused
from blacklist.port import RebuildOvertaken, RegisterUnavailable
from blacklist.record.batches import last_batch
from blacklist.record.csv_read import Defaults, Form, Reader
from blacklist.record.importing import Imported, Progress, import_rows
from blacklist.record.projection import differences, rebuild
from blacklist.record.register import BlacklistRegister
from people.person import Person
from store.sql import reading


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How much the index holds now."""

    written: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether record and index agree, and every difference."""

    agree: bool
    differences: list[str]


def import_file(
    register: BlacklistRegister,
    file: BinaryIO,
    *,
    by: Person,
    zone: ZoneInfo,
    reason: str | None = None,
    days: float | None = None,
    keep_going: bool = False,
    dry_run: bool = False,
    form: Form = "csv",
    progress: Progress = lambda _what, _rows: None,
) -> Imported:
    """Import lines of CSV, or of FreePBX; `zone` is for times that give none.

    The index is made anew after it.

    Raises as `import_rows`, and as `bring_index_up` when all is written.
    """
    if form == "freepbx" and (reason is None or days is None):
        raise EntryRefused("FreePBX keeps neither a reason nor an end: give reason and days")
    now, policy = register.now(), register.policy
    reader = Reader(
        file,
        now=now,
        zone=zone,
        defaults=Defaults(reason or "", days),
        protected=register.protected,
        shortest_saudi=policy.prefix.shortest_saudi,
        longest=timedelta(seconds=policy.longest_seconds),
        form=form,
    )
    done = import_rows(
        register.engine,
        reader,
        by=by,
        now=now,
        replays=register.replays,
        keep_going=keep_going,
        dry_run=dry_run,
        progress=progress,
    )
    if done.written and done.added + done.replaced:
        with reading(register.engine) as connection:
            done = replace(done, batch=last_batch(connection, now, by))
    if done.written:  # also where all stood already: an import before may have ended before this
        bring_index_up(register)
    return done


def bring_index_up(register: BlacklistRegister) -> None:
    """Make the index anew after many changes of the record.

    Raises RegisterUnavailable, which says that the record is changed all the same, and
    SQLAlchemyError.
    """
    try:
        rebuild_index(register)
    except (RegisterUnavailable, RebuildOvertaken) as error:
        raise RegisterUnavailable(
            f"the record is changed, and what calls are screened by is not yet: {error}; "
            "then run `hotline blacklist rebuild`, or the same again"
        ) from error


def rebuild_index(register: BlacklistRegister) -> Rebuilt:
    """Make the index anew; the old one screens calls until it is whole.

    Raises RegisterUnavailable, RebuildOvertaken, SQLAlchemyError.
    """
    now = register.now()
    return Rebuilt(rebuild(register.engine, register.index, now, register.policy.strikes), now)


def verify_index(register: BlacklistRegister) -> Verified:
    """Compare the index with the record. Raises RegisterUnavailable, SQLAlchemyError."""
    strikes = register.policy.strikes
    found = differences(register.engine, register.index, register.now(), strikes)
    if not register.index.built:
        found.append("the index was never built, or was lost: rebuild it")
    return Verified(not found, found)
