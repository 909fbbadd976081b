"""A PostgreSQL that keeps its connections and answers nothing: no caller waits for it for ever."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, ProgrammingError

from lab.own_postgres import postgres_programs, running_postgres
from store.database import make_engine
from tests.fixtures.processes import hang

pytestmark = [
    pytest.mark.skipif(postgres_programs() is None, reason="PostgreSQL is not installed"),
    pytest.mark.timeout(60),  # without a deadline these wait for ever
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server that these tests may stop."""
    with running_postgres() as url:
        yield url


@pytest.fixture
def engine(server: str) -> Iterator[sa.Engine]:
    """An engine whose statements have one second, with one connection that is open."""
    made = make_engine(server, pool_size=1, deadline_seconds=1.0)
    answer(made)
    yield made
    made.dispose()


def answer(engine: sa.Engine) -> int:
    """The process that serves this connection."""
    with engine.begin() as connection:
        return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


@contextmanager
def stopped(*processes: int) -> Iterator[None]:
    """Processes that do not run."""
    try:
        hang(*processes)
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def parent(process: int) -> int:
    """The process that began this one."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_statement_that_is_not_answered_fails_and_its_connection_is_given_up(
    engine: sa.Engine,
) -> None:
    """The connection hangs in the middle of a transaction; the next one has another."""
    with engine.connect() as connection:
        hung = int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
        with stopped(hung), pytest.raises(OperationalError):
            connection.exec_driver_sql("SELECT 1")
    assert answer(engine) != hung


def test_a_commit_that_is_not_answered_fails(engine: sa.Engine) -> None:
    """Nobody is told that it took place."""
    with engine.connect() as connection:
        hung = int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
        with stopped(hung), pytest.raises(OperationalError):
            connection.commit()


def test_a_pooled_connection_that_hangs_is_replaced(engine: sa.Engine) -> None:
    """It is asked before it is used; the caller's statement runs on another."""
    hung = answer(engine)
    with stopped(hung):
        assert answer(engine) != hung


def test_a_server_that_hangs_altogether_fails_in_seconds(engine: sa.Engine) -> None:
    """Neither the open connection answers nor a new one; afterwards all is well."""
    process = answer(engine)
    with stopped(parent(process), process), pytest.raises(OperationalError):
        answer(engine)
    assert answer(engine)


def test_without_a_deadline_a_long_statement_is_waited_for(server: str) -> None:
    """Queues and people have time."""
    patient = make_engine(server)
    with patient.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1 FROM pg_sleep(1.2)").scalar_one() == 1
    patient.dispose()


def test_a_statement_that_the_server_refuses_keeps_its_connection(engine: sa.Engine) -> None:
    """Only silence gives a connection up."""
    before = answer(engine)
    with pytest.raises(ProgrammingError), engine.begin() as connection:
        connection.exec_driver_sql("SELECT 1 FROM no_such_table")
    assert answer(engine) == before
