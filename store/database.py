"""The SQL database: SQLite in WAL mode as the embedded default, PostgreSQL by `DATABASE_URL`.

Every transaction on SQLite begins with `BEGIN IMMEDIATE`: a transaction that reads first and
writes later would otherwise fail with "database is locked" however long it was told to wait.
A connection at isolation level `AUTOCOMMIT` begins none, so plain reads take no write lock.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, ExceptionContext

from host.closed import close_to_others, make_closed_file
from store.database_deadline import BoundedPool, bound_sqlite, bound_waits, left
from store.database_primary import LONGEST_LIFE_S, READ_WRITE, follow_primary, libpq_url

CALL_DEADLINE_S = 2.0
"""How long one wait for the database may take beside calls: for a connection, for an answer."""
BUSY_TIMEOUT_MS = 3_000
_CONNECT_TIMEOUT_S = 3
_WAL_DEADLINE_S = 10.0


def make_engine(
    url: str,
    *,
    pool_size: int = 5,
    deadline_seconds: float | None = None,
    make_room: Callable[[], object] | None = None,
) -> sa.Engine:
    """An engine for `url` (`sqlite:///path`, `postgresql://...`). Connects to nothing yet.

    With `deadline_seconds` no wait is longer: for a connection of the pool, a new one, PostgreSQL's
    answer, SQLite's other writers; nor are all of them together inside `within`. `make_room` is
    called when SQLite's disk is full; the statement fails all the same. Values of statements never
    appear in exceptions or logs: they may be personal data. Raises ValueError for another kind of
    database.
    """
    parsed = _with_driver(libpq_url(url))
    options: dict[str, Any] = {"hide_parameters": True, "query_cache_size": 500}
    if deadline_seconds is not None:
        options |= {"poolclass": BoundedPool, "pool_timeout": deadline_seconds}
    if parsed.get_backend_name() == "sqlite":
        _make_folder(parsed)
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError(
                "an SQLite database in memory is lost with its process: name a file, "
                "as in sqlite:///var/hotline.db"
            )
        engine = sa.create_engine(
            parsed,
            pool_size=pool_size,
            max_overflow=pool_size,
            connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
            **options,
        )
        if not parsed.database.startswith("file:"):
            event.listen(engine, "do_connect", partial(_closed, Path(parsed.database)))
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
        if deadline_seconds is not None:
            bound_sqlite(engine, deadline_seconds)
        if make_room is not None:
            event.listen(engine, "handle_error", partial(_on_full, make_room))
        return engine
    connect_args = _connect_args(parsed)
    engine = sa.create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_recycle=LONGEST_LIFE_S,
        connect_args=connect_args,
        **options,
    )
    event.listen(engine, "do_executemany", _copy)
    event.listen(engine, "do_execute", _copy_one)
    follow_primary(engine, connect_args["target_session_attrs"])
    if deadline_seconds is not None:
        bound_waits(engine, deadline_seconds)
    event.listen(engine, "handle_error", _forget_values)
    return engine


def _with_driver(url: URL) -> URL:
    match url.drivername:
        case "postgresql" | "postgres":
            return url.set(drivername="postgresql+psycopg")
        case "sqlite" | "postgresql+psycopg":
            return url
        case other:
            raise ValueError(
                f"DATABASE_URL names the database kind {other!r}: use sqlite:///... "
                "or postgresql://..."
            )


def _connect_args(url: URL) -> dict[str, Any]:
    given = {"target_session_attrs": READ_WRITE} | dict(url.query)
    return {
        "connect_timeout": _CONNECT_TIMEOUT_S,
        "target_session_attrs": given["target_session_attrs"],
        # A statement that is prepared stays with a session; behind PgBouncer the next transaction
        # has another one (its pool_mode=transaction).
        "prepare_threshold": None,
    }


def _make_folder(url: URL) -> None:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)


def _on_full(make_room: Callable[[], object], context: ExceptionContext) -> None:
    if context.engine is not None and disk_is_full(context.engine, context.original_exception):
        make_room()


def disk_is_full(engine: sa.Engine, error: BaseException | None) -> bool:
    """Whether an error of this engine's database comes from a disk of ours without room."""
    from host.disk import is_full  # it counts too, and most commands do not

    return is_full(error, Path(engine.url.database or ".").parent)


def _closed(path: Path, *_connecting: object) -> None:
    """The database is for its owner alone; SQLite gives what it makes beside it the same mode."""
    make_closed_file(path)
    for suffix in ("-wal", "-shm"):
        close_to_others(path.with_name(path.name + suffix))


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    _switch_to_wal(cursor)
    # A reference number that a caller has heard must outlive a power failure: NORMAL would
    # fsync the write-ahead log only at checkpoints.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """WAL is a property of the file; its first switch does not honour busy_timeout: wait here."""
    deadline = time.monotonic() + left(_WAL_DEADLINE_S)
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _copy(cursor: Any, statement: str, rows: Sequence[Any], _context: object) -> bool:
    """Rows for a COPY FROM STDIN, which psycopg takes by a method of its own.

    So its errors are SQLAlchemy's, like those of all other statements.
    """
    if not statement.startswith("COPY "):
        return False
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
    return True


def _copy_one(cursor: Any, statement: str, row: Any, context: object) -> bool:
    return _copy(cursor, statement, [row], context)


def _forget_values(context: ExceptionContext) -> None:
    """Take the row's values out of PostgreSQL's errors: their DETAIL line quotes the whole row,
    and errors of class 22 (data exception) quote the value in their first line too.
    """
    original: Any = context.original_exception
    state = getattr(original, "sqlstate", None)
    if state is None:
        return
    text = f"{type(original).__name__} (SQLSTATE {state})"
    primary = original.diag.message_primary
    if primary and not state.startswith("22"):
        text = f"{text}: {primary}"
    original.args = (text,)
    if context.sqlalchemy_exception is not None:
        context.sqlalchemy_exception.args = (text,)


def _begin_immediate(connection: sa.Connection) -> None:
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
