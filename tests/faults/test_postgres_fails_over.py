"""The primary becomes another server; PgBouncer gives each transaction another session."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from hotline.doctor.check import Check
from hotline.doctor.roles import all_checks
from hotline.settings import Settings, load_settings
from lab.callers.fake_asterisk import FakeAsterisk
from lab.own_postgres import postgres_programs, running_postgres
from store.database import make_engine
from store.migrations import current, head, upgrade
from store.sql import reading
from tests.fixtures.house import house_of
from tests.fixtures.pgbouncer import pgbouncer_program, running_pgbouncer
from tests.fixtures.postgres_pair import running_pair
from tests.fixtures.processes import free_tcp_port, wait_until
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter
from tests.fixtures.reporter import place as place_a_call
from tests.fixtures.tickets import NOW, new_ticket, no_tickets
from tests.fixtures.whole_stack import parts_of, with_redis
from tests.fixtures.wire import Wire
from tickets.open import list_tickets, open_ticket
from tickets.outbox import list_deliveries
from tickets.reference import is_spare

pytestmark = [
    pytest.mark.skipif(postgres_programs() is None, reason="PostgreSQL is not installed"),
    pytest.mark.timeout(60),
    pytest.mark.xdist_group("two-postgresqls"),  # they are started once
]


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[str, str]]:
    """Two servers with the tables in each: these tests say which of them is the primary."""
    with running_postgres() as one, running_postgres() as two:
        for url in (one, two):
            engine = make_engine(url)
            upgrade(engine)
            engine.dispose()
        yield one, two


@pytest.fixture
def two(servers: tuple[str, str]) -> tuple[str, str]:
    """Both writable and empty."""
    for url in servers:
        said(url, "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")
        # New sessions have what the server itself has heard by then.
        wait_until(partial(_writes, url), 10, "the server writes")
        engine = make_engine(url)
        no_tickets(engine)
        engine.dispose()
    return servers


def said(url: str, *statements: str) -> None:
    """Say these to a server itself."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def demote(url: str) -> None:
    """Let it read only, as one that is no longer the primary; its connections stay.

    Sessions are told by a signal: one that was there before is asked until it has heard.
    """
    with psycopg.connect(url, autocommit=True) as there:
        said(url, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
        wait_until(lambda: _reads_only(there), 10, "the server reads only")


def _writes(url: str) -> bool:
    with psycopg.connect(url, autocommit=True) as fresh:
        return not _reads_only(fresh)


def _reads_only(connection: psycopg.Connection) -> bool:
    found = connection.execute("SHOW default_transaction_read_only").fetchone()
    return found == ("on",)


def place(url: str) -> tuple[str, int]:
    """Where a server listens."""
    parsed = make_url(url)
    assert parsed.host is not None
    assert parsed.port is not None
    return parsed.host, parsed.port


def tickets_at(url: str) -> list[str]:
    """The origins of a server's tickets."""
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT origin FROM tickets ORDER BY 1")]


def asked(connection: sa.Connection) -> int:
    """The process that serves a connection."""
    return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def process_of(engine: sa.Engine) -> int:
    """The one that serves the next to ask."""
    with reading(engine) as connection:
        return asked(connection)


@pytest.mark.parametrize("deadline", [None, 2.0])
def test_tickets_are_written_at_the_new_primary_behind_the_same_address(
    two: tuple[str, str], deadline: float | None
) -> None:
    """The old one keeps its connections and reads only: no ticket is lost, nor read from there."""
    old, new = two
    with Wire(place(old)) as wire:
        engine = make_engine(
            old.replace(f":{place(old)[1]}/", f":{wire.port}/"), deadline_seconds=deadline
        )
        open_ticket(engine, new_ticket("call:1:1"), destinations=["backoffice"], now=NOW)
        at_the_old = process_of(engine)
        wire.turn_to(place(new))
        demote(old)
        # Each session hears of it by itself: this one is left when it has.
        wait_until(lambda: process_of(engine) != at_the_old, 10, "the session has heard")
        opened = open_ticket(engine, new_ticket("call:2:1"), destinations=["backoffice"], now=NOW)
        assert list_tickets(engine) == [opened]
        engine.dispose()
    assert (tickets_at(old), tickets_at(new)) == (["call:1:1"], ["call:2:1"])


@pytest.mark.parametrize(
    ("state", "kept"), [("25006", False), ("57P01", False), ("57P03", False), ("23505", True)]
)
def test_an_error_that_says_not_the_primary_ends_every_connection_of_the_pool(
    two: tuple[str, str], state: str, kept: bool
) -> None:
    """Whoever reads from one that is idle would read what was true before."""
    engine = make_engine(two[0])
    with reading(engine) as one, reading(engine) as two_:
        before = {asked(one), asked(two_)}
    raised = f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$"
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.exec_driver_sql(raised)
    with reading(engine) as one, reading(engine) as two_:
        after = {asked(one), asked(two_)}
    assert (after == before) is kept
    assert kept or not after & before
    engine.dispose()


def test_of_two_hosts_the_one_that_writes_is_taken(two: tuple[str, str]) -> None:
    """An address of libpq's with both, in either order, and with one that is switched off."""
    old, new = two
    demote(old)
    (_, reads), (_, writes), off = place(old), place(new), free_tcp_port()
    for ports in ((reads, writes), (writes, reads), (off, writes), (writes, off)):
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        engine = make_engine(f"postgresql://hotline@{hosts}/postgres", deadline_seconds=2.0)
        with engine.begin() as connection:
            assert connection.exec_driver_sql("SHOW port").scalar_one() == str(writes)
        engine.dispose()


def test_a_server_that_only_reads_is_none_unless_the_address_says_so(two: tuple[str, str]) -> None:
    """`target_session_attrs=any` is for who wants to read from a replica."""
    demote(two[0])
    engine = make_engine(two[0])
    with pytest.raises(OperationalError, match="read-only"):
        list_tickets(engine)
    reads = make_engine(f"{two[0]}?target_session_attrs=any")
    assert list_tickets(reads) == []
    assert process_of(reads) == process_of(reads)
    engine.dispose()
    reads.dispose()


@pytest.mark.skipif(pgbouncer_program() is None, reason="PgBouncer is not installed")
def test_behind_pgbouncer_in_transaction_mode_every_ticket_is_opened_once(
    two: tuple[str, str],
) -> None:
    """Each transaction has another session: nothing is left in one that the next would need."""
    with running_pgbouncer(two[0], servers=3) as through:
        engine = make_engine(through, deadline_seconds=10.0)
        upgrade(engine)
        assert current(engine) == head()

        def opened(number: int) -> str:
            new = new_ticket(f"call:{number:03}:1")
            first = open_ticket(engine, new, destinations=["backoffice", "sms"], now=NOW)
            assert open_ticket(engine, new, destinations=["backoffice"], now=NOW) == first
            return first.service_request_id

        with ThreadPoolExecutor(8) as pool:
            references = list(pool.map(opened, range(100)))
        assert len(set(references)) == 100
        assert len(list_tickets(engine, limit=200)) == 100
        engine.dispose()


def told(url: str, tmp_path: Path) -> Check:
    """The last thing that the doctor says of this database itself."""
    services = house_of(load_settings({"DATABASE_URL": url, "HOTLINE_STATE_DIR": str(tmp_path)}))
    checks = [check for check in all_checks(services) if check.name.startswith("database")]
    services.close()
    return checks[-1]


@pytest.mark.skipif(pgbouncer_program() is None, reason="PgBouncer is not installed")
def test_the_doctor_refuses_a_pgbouncer_without_transactions(
    two: tuple[str, str], tmp_path: Path
) -> None:
    """In statement mode lists can be read, and no ticket opened."""
    assert told(two[0], tmp_path).passed
    with running_pgbouncer(two[0], servers=3, mode="statement") as through:
        check = told(through, tmp_path)
    assert not check.passed
    assert "transaction" in check.found
    assert "pool_mode" in check.mend


def test_the_doctor_refuses_a_server_that_only_reads(two: tuple[str, str], tmp_path: Path) -> None:
    """Which an address may ask for."""
    demote(two[0])
    check = told(f"{two[0]}?target_session_attrs=any", tmp_path)
    assert (check.passed, check.found) == (False, "this server only reads")


@pytest.mark.nightly
@pytest.mark.skipif(pgbouncer_program() is None, reason="PgBouncer is not installed")
def test_the_whole_stack_works_behind_pgbouncer(
    two: tuple[str, str], settings: Callable[..., Settings], redis_url: str, ear: Ear
) -> None:
    """Calls, tickets, deliveries and the blocklist's index, with four servers for all of it."""
    with running_pgbouncer(two[0], servers=4) as through:
        made = settings(**with_redis(redis_url), database_url=SecretStr(through))
        with parts_of(made) as parts:
            parts.start()

            def report(_: int) -> list[str]:
                caller = Reporter(ear)
                place_a_call(FakeAsterisk(parts.agi, seconds=30.0), caller)
                return caller.questions

            with ThreadPoolExecutor(4) as pool:
                heard = list(pool.map(report, range(20)))
            assert heard == [list(QUESTIONS)] * 20
            parts.wait_delivered(20)
            logs = "".join(path.read_text() for path in (made.state_dir / "log").glob("*.log"))
            assert not [line for line in logs.splitlines() if '"level": "error"' in line]


@pytest.mark.nightly
@pytest.mark.timeout(240)
def test_reports_are_taken_and_delivered_after_a_failover(
    settings: Callable[..., Settings], redis_url: str, ear: Ear
) -> None:
    """The address leads to the demoted server for a while, which reads; then to the new primary.

    No role is started again, and no report is lost: each caller hears a number, all the while.
    """
    with running_pair() as (old, new), Wire(("127.0.0.1", old.port)) as wire:
        engine = make_engine(old.url)
        upgrade(engine)
        engine.dispose()
        through = old.url.replace(f":{old.port}/", f":{wire.port}/")
        made = settings(**with_redis(redis_url), database_url=SecretStr(through))
        roles = ("relay", "worker-1", "agi-1", "agi-2")
        with parts_of(made) as parts:
            parts.start()
            calls: list[str] = []

            def taken() -> bool:
                caller = Reporter(ear)
                calls.append(place_a_call(FakeAsterisk(parts.agi, seconds=30.0), caller)[0])
                assert caller.questions == list(QUESTIONS)
                return not is_spare(caller.references[0])

            parts.wait_spare()
            assert taken()
            parts.wait_delivered(1)
            wait_until(lambda: new.says("SELECT count(*) FROM tickets") == 1, 30, "it is copied")
            pids = [parts.pid(name) for name in roles]
            old.demote()
            new.says("SELECT pg_promote()")
            assert not taken()
            wire.turn_to(("127.0.0.1", new.port))
            wait_until(taken, 30, "reports are taken")
            wait_until(lambda: parts.tickets(calls[-1]), 30, "the ticket is there")
            wait_until(lambda: _delivered(parts.engine, calls[-1]), 30, "it is delivered")
            parts.views.sweep()
            assert [len(parts.tickets(call_id)) for call_id in calls] == [1] * len(calls)
            assert [parts.pid(name) for name in roles] == pids
            assert all(parts.running(name) for name in roles)


def _delivered(engine: sa.Engine, call_id: str) -> bool:
    (ticket,) = list_tickets(engine, call_id=call_id)
    rows = list_deliveries(engine, reference=ticket.service_request_id)
    return {row.state for row in rows} == {"acknowledged"}
