"""Writing call records: off the path of the call, in batches, and to the journal when SQL is away.

A record is written when the call begins and completed when it ends. Both are idempotent: the first
end wins, and an event's place in its call is its key.
"""

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
import structlog
from pydantic_core import from_json
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from call_handlers import metrics
from call_handlers.arrival import Facts, facts_from_stored
from call_handlers.events import StoredEvent
from call_handlers.hourly import FRESH_S, forget_hours
from call_handlers.schema import call_events, calls
from ivr.stored import from_stored
from recordings.register import note_journalled
from store.away import is_away
from store.bulk import RowsInsert
from store.journal import Journal

log = structlog.get_logger()
_MOST_AT_ONCE = 200
BEGUN_WAITS_S = 0.5
"""How long the record of a call that begins may wait for others (s). Should its process die in the
meantime, it is written whole at the call's end, by whoever has the call then, or by the sweep."""


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
    choice: str = ""
    events: tuple[str, ...] = ()
    led: bool = True
    amended: bool = False


class RecordWriter:
    """One thread that writes what is handed to it. `submit` never waits and never raises.

    Records of calls that have ended are written at once, with those that wait.
    """

    def __init__(self, engine: sa.Engine, journal: Journal) -> None:
        self._engine = engine
        self._journal = journal
        self._queue: queue.SimpleQueue[Record | threading.Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="record-writer", daemon=True)
        self._thread.start()

    def submit(self, record: Record) -> None:
        """Have `record` written soon."""
        self._queue.put(record)

    def settle(self, seconds: float) -> bool:
        """Wait until all that was submitted before is written; False when it takes longer."""
        written = threading.Event()
        self._queue.put(written)
        return written.wait(seconds)

    def close(self) -> None:
        """Write all that was submitted, then end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            batch, told, going = self._batch()
            if batch:
                try:
                    self._write(batch)
                except Exception:  # nothing that befalls a batch ends the writing of records
                    log.exception("records_lost", count=len(batch))
            if told is not None:
                told.set()

    def _batch(self) -> tuple[list[Record], threading.Event | None, bool]:
        """What is to be written next, who waits for that, and whether more may come.

        A call that begins waits for others at most `BEGUN_WAITS_S`; one that has ended for none.
        """
        batch: list[Record] = []
        until = float("inf")
        try:
            while len(batch) < _MOST_AT_ONCE:
                left = None if until == float("inf") else max(0.0, until - time.monotonic())
                item = self._queue.get(timeout=left)
                if item is None:
                    return batch, None, False
                if isinstance(item, threading.Event):
                    return batch, item, True
                batch.append(item)
                waits = 0.0 if item.ended_ms else BEGUN_WAITS_S
                until = min(until, time.monotonic() + waits)
        except queue.Empty:
            pass
        return batch, None, True

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
        except Exception as error:  # a full disk, or a record that is no JSON: it is told as lost
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
                if is_away(error):
                    raise
                log.error("journal_entry_refused", error=type(error).__name__)
                refused.append(entry)
        if refused:
            journal.set_aside(refused)

    return journal.replay(write)


def write_records(engine: sa.Engine, records: Sequence[Record]) -> None:
    """Write records in one transaction. Raises SQLAlchemyError, and then nothing is written."""
    statements = _statements(engine.dialect.name)
    begun = [_call_row(record) for record in records if not (record.ended_ms and record.led)]
    ended = [record for record in records if record.ended_ms and record.led]
    amended = [record for record in ended if record.amended]
    rows = [_call_row(record) for record in ended if not record.amended]
    events = [row for record in records if not record.amended for row in _event_rows(record)]
    with engine.begin() as connection:
        statements.begun(connection, begun)
        statements.ended(connection, rows)
        statements.happened(connection, events)
        for record in amended:  # takes the place of what was written when it seemed to be over
            connection.execute(statements.amended, _call_row(record))
            of_call_events = call_events.c.call_id == record.facts.call_id
            connection.execute(call_events.delete().where(of_call_events))
            statements.happened(connection, _event_rows(record))
        forget_hours(connection, _began_long_ago(records))


def _began_long_ago(records: Sequence[Record]) -> list[datetime]:
    """When those began whose hour may be counted already; nearly all began a moment ago."""
    now_ms = time.time() * 1000
    began = (record.facts.started_ms for record in records)
    return [_moment(ms) for ms in began if not 0 <= now_ms - ms <= FRESH_S * 1000]


@dataclass(frozen=True, slots=True)
class _Statements:
    """How each kind of row is written. SQLAlchemy compiles a statement that stays only once."""

    begun: RowsInsert
    ended: RowsInsert
    amended: sa.Insert
    happened: RowsInsert


@lru_cache
def _statements(dialect: str) -> _Statements:
    insert = (postgresql if dialect == "postgresql" else sqlite).insert
    key = [calls.c.id]
    whole = insert(calls)
    at_the_end = {name: whole.excluded[name] for name in _AT_THE_END}
    goes_on = calls.c.ended_at.is_(None)
    return _Statements(
        RowsInsert(whole.on_conflict_do_nothing(index_elements=key)),
        RowsInsert(whole.on_conflict_do_update(index_elements=key, set_=at_the_end, where=goes_on)),
        whole.on_conflict_do_update(index_elements=key, set_=at_the_end),
        RowsInsert(
            insert(call_events).on_conflict_do_nothing(
                index_elements=[call_events.c.call_id, call_events.c.position]
            )
        ),
    )


_AT_THE_END = (
    *("language", "ended_at", "disposition", "transferred_to", "tickets"),
    *("last_node", "turns", "path", "choice"),
)


_COLUMNS = tuple(calls.c.keys())
_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in (Facts, Record)}


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
    return {name: row[name] for name in _COLUMNS}


def _named(data: Facts | Record) -> dict[str, Any]:
    return {name: getattr(data, name) for name in _NAMES[type(data)]}


_OF_EVENT = {field.name for field in fields(StoredEvent)}


def _event_rows(record: Record) -> list[dict[str, Any]]:
    """The rows of a record's events. One that cannot be read is left out and told."""
    rows = []
    for position, text in enumerate(record.events):
        try:
            row = _event(text, record.facts.started_ms)
        except ValueError as error:
            log.error("event_unreadable", error=type(error).__name__)
            continue
        row["call_id"], row["position"] = record.facts.call_id, position
        row["at"] = _moment(row.pop("at_ms"))
        rows.append(row)
    return rows


def _event(text: str, started_ms: int) -> dict[str, Any]:
    """An event as it was stored: most are whole already. Raises ValueError."""
    told = from_json(text)
    if isinstance(told, dict) and told.keys() == _OF_EVENT and None not in told.values():
        return told
    event = from_stored(StoredEvent, told, at_ms=started_ms)
    return {name: getattr(event, name) for name in _OF_EVENT}


def _record_from_dict(entry: dict[str, Any]) -> Record:
    return from_stored(Record, {**entry, "facts": facts_from_stored(entry.get("facts"))})


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
