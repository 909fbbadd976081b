"""Writing call records: off the path of the call, in batches, and to the journal when SQL is away.

A record is written when the call begins and completed when it ends. Both are idempotent: the first
end wins, and an event's place in its call is its key.
"""

import json
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from call_handlers import metrics
from call_handlers.arrival import Facts
from call_handlers.events import StoredEvent
from call_handlers.schema import call_events, calls
from ivr.stored import from_stored
from recordings.register import note_journalled
from store.journal import Journal

log = structlog.get_logger()
_MOST_AT_ONCE = 200
_AWAY = (InterfaceError, InternalError, OperationalError, PoolTimeout)


@dataclass(frozen=True, slots=True)
class Record:
    """A call as it is written down. `ended_ms` is 0 while the call goes on.

    One that no server has `led` is written where there is no record, and changes none.
    `amended`: it went on after it had ended, and this takes the place of what was written then.
    """

    facts: Facts
    language: str = "ar"
    ended_ms: int = 0
    disposition: str = ""
    transferred_to: str = ""
    tickets: tuple[str, ...] = ()
    last_node: str = ""
    turns: int = 0
    path: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    led: bool = True
    amended: bool = False


class RecordWriter:
    """One thread that writes what is handed to it. `submit` never waits and never raises."""

    def __init__(self, engine: sa.Engine, journal: Journal) -> None:
        self._engine = engine
        self._journal = journal
        self._queue: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="record-writer", daemon=True)
        self._thread.start()

    def submit(self, record: Record) -> None:
        """Have `record` written soon."""
        self._queue.put(record)

    def close(self) -> None:
        """Write all that was submitted, then end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            batch: list[Record] = []
            item = self._queue.get()
            while item is not None:
                batch.append(item)
                if len(batch) >= _MOST_AT_ONCE or self._queue.empty():
                    break
                item = self._queue.get()
            going = item is not None
            if batch:
                try:
                    self._write(batch)
                except Exception:  # nothing that befalls a batch ends the writing of records
                    log.exception("records_lost", count=len(batch))

    def _write(self, batch: list[Record]) -> None:
        try:
            write_records(self._engine, batch)
            metrics.RECORDS.labels("sql").inc(len(batch))
            return
        except Exception as error:  # whatever it is, the thread outlives it
            log.error("records_journalled", count=len(batch), error=type(error).__name__)
        try:
            self._journal.append(asdict(record) for record in batch)
            metrics.RECORDS.labels("journal").inc(len(batch))
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, OSError):
                for record in batch:  # one of them is the fault: the others are kept
                    self._write([record])
                return
            log.critical("records_lost", count=len(batch), error=type(error).__name__)
            metrics.RECORDS.labels("lost").inc(len(batch))


MakeKept = Callable[[Mapping[str, Any]], bool]
"""Makes a request that waited in the journal; False for an entry that is none."""


def replay_journal(
    engine: sa.Engine, journal: Journal, make_kept: MakeKept = lambda _entry: False
) -> int:
    """Write what the journal holds into SQL, requests by `make_kept`; the number of entries.

    An entry that can never be written (of another release, or refused by the database) is set aside
    beside the journal, so that it does not hold up the others. Raises SQLAlchemyError when the
    database is away, and OSError: then the journal is as it was.
    """

    def write(entries: list[dict[str, Any]]) -> None:
        refused = []
        for entry in entries:
            try:
                if "recording_sid" in entry:
                    note_journalled(engine, entry)
                elif not make_kept(entry):
                    write_records(engine, [_record_from_dict(entry)])
            except (LookupError, TypeError, ValueError, SQLAlchemyError) as error:
                if _is_away(error):
                    raise
                log.error("journal_entry_refused", error=type(error).__name__)
                refused.append(entry)
        if refused:
            journal.set_aside(refused)

    return journal.replay(write)


def write_records(engine: sa.Engine, records: Sequence[Record]) -> None:
    """Write records in one transaction. Raises SQLAlchemyError, and then nothing is written."""
    insert = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert
    begun = insert(calls).on_conflict_do_nothing(index_elements=[calls.c.id])
    happened = insert(call_events).on_conflict_do_nothing(
        index_elements=[call_events.c.call_id, call_events.c.position]
    )
    with engine.begin() as connection:
        connection.execute(begun, [_call_row(record) for record in records])
        for record in records:
            if record.ended_ms and record.led:
                row = _call_row(record)
                changed = {name: row[name] for name in _AT_THE_END}
                of_call = calls.update().where(calls.c.id == record.facts.call_id)
                if not record.amended:
                    of_call = of_call.where(calls.c.ended_at.is_(None))
                connection.execute(of_call.values(changed))
            if record.amended:
                of_call_events = call_events.c.call_id == record.facts.call_id
                connection.execute(call_events.delete().where(of_call_events))
            if events := _event_rows(record):
                connection.execute(happened, events)


_AT_THE_END = (
    *("language", "ended_at", "disposition", "transferred_to", "tickets"),
    *("last_node", "turns", "path"),
)


def _call_row(record: Record) -> dict[str, Any]:
    """The row of `calls`: of the facts and of the record what has a column there."""
    facts, started = record.facts, _moment(record.facts.started_ms)
    known = {**_named(facts), **_named(record)}
    times = {
        "started_at": started,
        "answered_at": started,
        "ended_at": _moment(record.ended_ms) if record.ended_ms else None,
    }
    row = {**known, **times, "id": facts.call_id}
    return {name: row[name] for name in calls.c.keys()}  # noqa: SIM118 - no mapping


def _named(data: Facts | Record) -> dict[str, Any]:
    return {field.name: getattr(data, field.name) for field in fields(data)}


def _event_rows(record: Record) -> list[dict[str, Any]]:
    """The rows of a record's events. One that cannot be read is left out and told."""
    rows = []
    for position, text in enumerate(record.events):
        try:
            event = from_stored(StoredEvent, json.loads(text), at_ms=record.facts.started_ms)
        except (ValueError, RecursionError) as error:
            log.error("event_unreadable", error=type(error).__name__)
            continue
        row = asdict(event)
        row["at"] = _moment(row.pop("at_ms"))
        rows.append({"call_id": record.facts.call_id, "position": position, **row})
    return rows


def _record_from_dict(entry: dict[str, Any]) -> Record:
    return from_stored(Record, {**entry, "facts": from_stored(Facts, entry.get("facts"))})


def _is_away(error: Exception) -> bool:
    """Whether an error is no entry's fault: the database is away, or its tables are.

    A value that no column takes is a ProgrammingError too, but one that no server has told.
    """
    told = isinstance(error, ProgrammingError) and getattr(error.orig, "sqlstate", None)
    return bool(told) or isinstance(error, _AWAY)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
