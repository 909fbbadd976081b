"""What a caller waits for of SQL: one deadline over all of it, and no wait while it is away."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as DatabaseTimeout

from store.breaker import Breaker
from store.call_database import CallDatabase
from store.database import make_engine
from store.database_deadline import left, within


class Clock:
    """Monotonic seconds, moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with one table."""
    path = tmp_path / "one.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE one (id INTEGER PRIMARY KEY)")
    return path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another writer has it."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")


def writing(path: Path, pool_size: int = 5) -> Callable[[], None]:
    """What writes a row, each wait of it bounded by a second and a half."""
    engine = make_engine(f"sqlite:///{path}", pool_size=pool_size, deadline_seconds=1.5)

    def write() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO one DEFAULT VALUES")

    return write


def test_deadlines_inside_each_other_never_grow() -> None:
    """The nearest one holds, and the outer one again afterwards."""
    assert left(5.0) == 5.0
    with within(60.0):
        with within(0.0):
            assert left(5.0) == 0.0
        with within(900.0):
            assert left(1000.0) <= 60.0
        assert left(5.0) == 5.0


def test_a_deadline_is_its_thread_s_own() -> None:
    """Others wait as they did."""
    seen: list[float] = []
    with within(0.0):
        other = threading.Thread(target=lambda: seen.append(left(5.0)))
        other.start()
        other.join()
    assert seen == [5.0]


def test_many_who_wait_for_few_connections_wait_no_longer_than_one(path: Path) -> None:
    """Ten who get a connection each wait out the lock; the others waited for those ten."""
    asked = CallDatabase(Breaker(), seconds=0.5).bounded(writing(path))

    def wait(_number: int) -> float:
        started = time.monotonic()
        with pytest.raises(SQLAlchemyError):
            asked()
        return time.monotonic() - started

    with locked(path), ThreadPoolExecutor(60) as pool:
        waits = list(pool.map(wait, range(60)))
    assert max(waits) < 3.0  # one after another they would wait for nine seconds


def test_what_is_known_to_be_away_is_not_waited_for(path: Path) -> None:
    """The first failure tells; then one in a while tries, and an answer lets all in again."""
    clock, asked = Clock(), []
    write = writing(path)

    def ask() -> None:
        asked.append(clock.now)
        write()

    bounded = CallDatabase(Breaker(2.0, clock), seconds=0.1).bounded(ask)
    with locked(path):
        with pytest.raises(OperationalError):
            bounded()
        for _ in range(5):
            with pytest.raises(DatabaseTimeout):
                bounded()
        clock.now += 2.5
        with pytest.raises(OperationalError):
            bounded()
    assert len(asked) == 2
    clock.now += 2.5
    for _ in range(3):
        bounded()
    assert len(asked) == 5


def test_a_caller_whose_turn_does_not_come_closes_a_busy_database_to_nobody() -> None:
    """Somebody else was answered meanwhile: it is there."""
    database = CallDatabase(Breaker(60.0), seconds=0.1)
    well = database.bounded(lambda: None)

    def late() -> None:
        well()
        raise DatabaseTimeout("no connection in time")

    with pytest.raises(DatabaseTimeout):
        database.bounded(late)()
    well()


def test_a_refusal_is_an_answer() -> None:
    """A row that is there already says that the database is too."""
    database = CallDatabase(Breaker(60.0))

    def twice() -> None:
        raise IntegrityError("INSERT", None, Exception())

    for _ in range(3):
        with pytest.raises(IntegrityError):
            database.bounded(twice)()


def test_what_failed_for_a_caller_stays_undone(path: Path) -> None:
    """Nothing of it goes on behind the caller's back."""
    asked = CallDatabase(Breaker(), seconds=0.2).bounded(writing(path))
    with locked(path), pytest.raises(OperationalError):
        asked()
    engine = make_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM one")) == 0
    engine.dispose()
