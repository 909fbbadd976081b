"""The engine's promises and the revisions."""

import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from store.database import make_engine
from store.migrations import current, differences, head, upgrade
from store.sql import UtcDateTime, reading
from tests.fixtures.tickets import python_process
from tickets.schema import metadata


def test_read_then_write_is_never_lost_under_threads(tmp_path: Path) -> None:
    """Transactions that read first and write later wait for each other."""
    engine = make_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE counter (n INTEGER)")
        connection.exec_driver_sql("INSERT INTO counter VALUES (0)")

    def count(_: int) -> None:
        with engine.begin() as connection:
            n = connection.exec_driver_sql("SELECT n FROM counter").scalar_one()
            connection.exec_driver_sql("UPDATE counter SET n = ?", (n + 1,))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(100)))
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT n FROM counter").scalar_one() == 100
    engine.dispose()


def test_a_reader_does_not_wait_for_a_writer(engine: sa.Engine) -> None:
    """Lists can be read while a ticket is being written."""
    with engine.begin(), reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM tickets").scalar_one() == 0


def test_sqlite_is_durable_and_keeps_references_whole(sqlite_engine: sa.Engine) -> None:
    """Write-ahead log, fsync at every commit, foreign keys on, three seconds of patience."""
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    for _ in range(2):
        with reading(sqlite_engine) as connection:
            values = [connection.exec_driver_sql(f"PRAGMA {n}").scalar_one() for n in names]
        assert values == ["wal", 2, 1, 3000]


def test_values_of_statements_are_not_in_errors(any_engine: sa.Engine) -> None:
    """An error that is logged with its whole traceback tells no caller's number."""
    statements = [
        ("INSERT INTO tickets (phone) VALUES (:p)", "+966501"),
        ("SELECT 1 FROM tickets WHERE version = CAST(:p AS integer) / 0", "no 966501"),
        ("SELECT no_such_function(:p)", "966501"),
    ]
    for statement, value in statements:
        try:
            with any_engine.begin() as connection:
                connection.execute(sa.text(statement), {"p": value})
        except sa.exc.SQLAlchemyError:
            assert "966501" not in traceback.format_exc()


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_a_database_that_would_not_do_is_refused(url: str) -> None:
    """Only SQLite files and PostgreSQL keep what was told to a caller."""
    with pytest.raises(ValueError, match="sqlite:///"):
        make_engine(url)


def test_postgresql_is_spoken_to_by_psycopg_3() -> None:
    """The usual address works as it is written everywhere."""
    assert make_engine("postgresql://u@h/d").driver == "psycopg"


def test_moments_are_stored_in_utc_and_naive_ones_refused(any_engine: sa.Engine) -> None:
    """Whatever the zone of a moment, it comes back as the same moment in UTC."""
    table = sa.Table("moments", sa.MetaData(), sa.Column("at", UtcDateTime))
    table.drop(any_engine, checkfirst=True)
    table.create(any_engine)
    riyadh = datetime(2026, 11, 24, 12, tzinfo=timezone(timedelta(hours=3)))
    with any_engine.begin() as connection:
        connection.execute(table.insert(), {"at": riyadh})
        stored = connection.execute(sa.select(table.c.at)).scalar_one()
        assert stored == riyadh
        assert stored.tzinfo is UTC
    naive = riyadh.replace(tzinfo=None)
    with pytest.raises(sa.exc.StatementError, match="time zone"), any_engine.begin() as connection:
        connection.execute(table.insert(), {"at": naive})


def test_an_upgraded_database_is_what_the_tables_say(any_engine: sa.Engine) -> None:
    """The revisions and the tables in the program do not drift apart."""
    assert current(any_engine) == head()
    assert differences(any_engine, metadata) == []


def test_a_difference_would_be_seen(sqlite_engine: sa.Engine) -> None:
    """The comparison itself works: a dropped column and index are found."""
    with sqlite_engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_tickets_phone")
        connection.exec_driver_sql("ALTER TABLE deliveries DROP COLUMN remote_id")
    assert len(differences(sqlite_engine, metadata)) == 2


def test_upgrading_again_changes_nothing(any_engine: sa.Engine) -> None:
    """Every start may upgrade."""
    upgrade(any_engine)
    assert current(any_engine) == head()


_UPGRADER = """
import sys
from store.database import make_engine
from store.migrations import upgrade
upgrade(make_engine(sys.argv[1]))
"""


def test_four_processes_may_upgrade_at_once(tmp_path: Path) -> None:
    """One migrates, the others wait and find it done."""
    url = f"sqlite:///{tmp_path / 'new' / 'hotline.db'}"
    with (
        python_process(_UPGRADER, url) as a,
        python_process(_UPGRADER, url) as b,
        python_process(_UPGRADER, url) as c,
        python_process(_UPGRADER, url) as d,
    ):
        assert [process.wait(timeout=60) for process in (a, b, c, d)] == [0, 0, 0, 0]
    engine = make_engine(url)
    assert differences(engine, metadata) == []
    engine.dispose()
