"""The relay outlives Redis and SQL, says so once, and tells when tickets wait too long."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from outbox.periodic import Loops, Periodic
from outbox.relay import RelayPolicy, relay_once
from store.database import make_engine
from store.sql import database_now
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.tickets import NOW, new_ticket, wait_until
from tickets.lanes import delivery_lanes
from tickets.lateness import LateAlarm
from tickets.open import open_ticket
from tickets.schema import deliveries

QUICK = RelayPolicy(interval_s=0.02, requeue_after_s=0.2, lease_s=3.0)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis that a test may kill."""
    server = RedisProcess(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


class Relay:
    """A relay in a thread; it counts its rounds."""

    def __init__(self, engine: sa.Engine, client: redis.Redis) -> None:
        self.rounds = 0

        def once() -> None:
            self.rounds += 1
            relay_once(engine, client, QUICK, delivery_lanes([]))

        self.loops = Loops([Periodic("relay", 0.02, once)], afresh=engine.dispose)

    def ten_more(self) -> None:
        """Wait until ten more rounds have begun."""
        then = self.rounds + 10
        wait_until(lambda: self.rounds >= then, "ten more rounds", seconds=60)


@contextmanager
def logged_relay(engine: sa.Engine, url: str) -> Iterator[tuple[list[Any], Relay]]:
    """A relay in a thread, and what it logs."""
    with redis.Redis.from_url(url, socket_timeout=1, retry=None) as client, capture_logs() as logs:
        relay = Relay(engine, client)
        with relay.loops.running():
            yield logs, relay


def named(logs: list[Any], event: str) -> Callable[[], list[Any]]:
    """The entries of that name, as a condition to wait for."""
    return lambda: [entry for entry in logs if entry["event"] == event]


def enqueued() -> float:
    """How many deliveries this process has put on the queue."""
    return REGISTRY.get_sample_value("hotline_enqueued_total", {"work": "delivery"}) or 0.0


def test_redis_away_is_logged_once_and_waited_out(
    engine: sa.Engine, own_redis: RedisProcess
) -> None:
    """Many rounds without Redis are one line; when it is back, work goes on."""
    with logged_relay(engine, own_redis.url) as (logs, relay):
        at_start = enqueued()
        open_ticket(engine, new_ticket(), destinations=["backoffice"], now=NOW)
        wait_until(lambda: enqueued() > at_start, "queued")
        own_redis.kill()
        wait_until(named(logs, "loop_waits"), "the relay says that it waits")
        relay.ten_more()
        own_redis.start()
        wait_until(named(logs, "loop_recovered"), "the relay goes on")
        before = enqueued()
        wait_until(lambda: enqueued() > before, "queued again")
    assert len(named(logs, "loop_waits")()) <= 2
    assert len(named(logs, "loop_recovered")()) == 1


def test_sql_away_is_logged_once_and_waited_out(
    engine: sa.Engine, database_url: str, own_redis: RedisProcess
) -> None:
    """The relay does not end with the database."""
    # Of its own: the relay gives up the connections of its engine.
    renaming = sa.create_engine(make_engine(database_url).url, poolclass=sa.NullPool)
    with logged_relay(engine, own_redis.url) as (logs, relay):
        with renaming.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE deliveries RENAME TO hidden")
        wait_until(named(logs, "loop_waits"), "the relay says that it waits")
        relay.ten_more()
        with renaming.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE hidden RENAME TO deliveries")
        wait_until(named(logs, "loop_recovered"), "the relay goes on")
    assert len(named(logs, "loop_waits")()) == 1


def test_tickets_that_wait_too_long_are_told_once_and_can_be_seen(any_engine: sa.Engine) -> None:
    """After five minutes an operator is called; the gauges say how many and how old."""
    for number in range(2):
        open_ticket(
            any_engine, new_ticket(f"call:{number}:1"), destinations=["backoffice"], now=NOW
        )
    alarm = LateAlarm(any_engine)
    with capture_logs() as logs:
        assert not alarm.look()
        with any_engine.begin() as connection:
            then = database_now(connection) - timedelta(seconds=301)
            connection.execute(deliveries.update().values(created_at=then))
        assert alarm.look()
        assert alarm.look()
    (entry,) = named(logs, "deliveries_late")()
    assert (entry["waiting"], entry["log_level"]) == (2, "error")
    assert entry["oldest_s"] in (301, 302, 303)
    assert REGISTRY.get_sample_value("hotline_deliveries", {"state": "pending"}) == 2.0
    oldest = REGISTRY.get_sample_value("hotline_delivery_oldest_waiting_seconds")
    assert oldest is not None
    assert oldest >= 301


def test_a_machines_draft_that_waits_is_no_late_ticket(any_engine: sa.Engine) -> None:
    """No lane may take it any more; the alarm is for tickets, and is not used up by it."""
    open_ticket(any_engine, new_ticket("call:d:1"), destinations=["drafts"], now=NOW)
    with any_engine.begin() as connection:
        then = database_now(connection) - timedelta(seconds=4000)
        connection.execute(deliveries.update().values(created_at=then))
    assert not LateAlarm(any_engine).look()
