"""What people decided outlives Redis: killed, emptied, away."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from blacklist.index import RedisIndex
from blacklist.record.limits import Wanted
from blacklist.record.projection import rebuild, synchronise
from blacklist.record.synchroniser import Synchroniser
from hotline.register import make_register
from hotline.settings import Settings
from outbox.periodic import Loops, Periodic
from tests.fixtures.house import house_of
from tests.fixtures.record import (
    AMAL,
    MAHA,
    NADA,
    NUMBER,
    OTHER,
    POLICY,
    Clock,
    disagreements,
    index_at,
    register_on,
)
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.tickets import wait_until

BLOCK = Wanted("abuse", days=3)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis that a test may kill."""
    server = RedisProcess(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


def kill_and_empty(server: RedisProcess) -> None:
    """The machine loses it, with its disk. It may be filled again as soon as it answers."""
    server.kill()
    for file in sorted(server.folder.rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    assert not any(server.folder.iterdir())
    server.start()


def gauge(name: str, **labels: str) -> float | None:
    """What a gauge shows now."""
    return REGISTRY.get_sample_value(name, labels)


def test_a_block_survives_the_loss_of_all_redis_data(
    engine: sa.Engine, own_redis: RedisProcess, clock: Clock
) -> None:
    """Killed and emptied, the index is the same again after a rebuild: every kind of measure."""
    with index_at(own_redis.url) as index:
        register = register_on(engine, index, clock)
        register.add(NUMBER, BLOCK, by=MAHA)
        register.allow(OTHER, by=MAHA)
        register.add_prefix("+966509999", Wanted("flood", days=2), by=MAHA)
        register.approve_prefix("+966509999", by=NADA)
        register.strike("+966502222222", by=AMAL, reason="silent_call")
        rebuild(engine, index, clock.now, POLICY.strikes)
        before = sorted(index.entries())
        assert {item.kind for item in before} == {"entry", "allow", "prefix", "strikes"}
    kill_and_empty(own_redis)
    with index_at(own_redis.url) as index:
        register = register_on(engine, index, clock)
        assert len(disagreements(register, index)) == 4
        assert not index.built
        assert rebuild(engine, index, clock.now, POLICY.strikes) == 4
        assert sorted(index.entries()) == before
        assert disagreements(register, index) == []


def test_the_relay_fills_an_emptied_redis_again(
    database_url: str, own_redis: RedisProcess, tmp_path: Path
) -> None:
    """Nobody has to run a command."""
    settings = Settings.model_validate(
        {"redis_url": own_redis.url, "database_url": database_url, "state_dir": tmp_path}
    )
    services = house_of(settings)
    with index_at(own_redis.url) as index:
        register_on(services.engine(), index, Clock()).add(NUMBER, BLOCK, by=MAHA)
    loop = Periodic("synchroniser", 0.05, Synchroniser(lambda: make_register(services)).round)
    with Loops([loop], afresh=services.afresh).running():
        kill_and_empty(own_redis)
        with index_at(own_redis.url) as index:
            found = wait_until(lambda: index.built and list(index.entries()), "it is filled again")
        assert [item.subject for item in found] == [NUMBER]
        told = wait_until(lambda: gauge("hotline_blacklist_entries", kind="number"), "it counts")
        assert told == 1
    services.close()


def test_a_change_while_redis_was_away_is_told_afterwards(
    engine: sa.Engine, own_redis: RedisProcess, clock: Clock
) -> None:
    """It is kept at once, and projected by the next synchronisation."""
    own_redis.write_through()
    with index_at(own_redis.url) as index:
        register = register_on(engine, index, clock)
        rebuild(engine, index, clock.now, POLICY.strikes)
        since = clock.now
        clock.forward(seconds=1)
        own_redis.kill()
        register.add(NUMBER, BLOCK, by=MAHA)
        register.add(OTHER, BLOCK, by=MAHA)
        register.remove(OTHER, by=MAHA)
        assert register.standing(NUMBER).entry is not None
        own_redis.start()
        assert disagreements(register, index) == [f"{NUMBER}: entry is missing in the index"]
        assert synchronise(engine, index, since, clock.now, POLICY.strikes) == 2
        assert disagreements(register, index) == []


def test_verify_names_every_kind_of_difference(
    engine: sa.Engine, index: RedisIndex, clock: Clock
) -> None:
    """Missing, different, and not in the record."""
    register = register_on(engine, index, clock)
    first = register.add(NUMBER, BLOCK, by=MAHA)
    register.add(OTHER, BLOCK, by=MAHA)
    rebuild(engine, index, clock.now, POLICY.strikes)
    index.drop(OTHER)
    index.put_allow("+966503333333", None)
    other = register.add("+966504444444", BLOCK, by=MAHA)
    index.put(first.as_entry())
    index.put(replace(other.as_entry(), disposition="warn"))
    assert sorted(disagreements(register, index)) == [
        "+966503333333: allow is not in the record",
        "+966504444444: entry differs in the index",
        f"{OTHER}: entry is missing in the index",
    ]


def test_a_rebuild_while_people_change_things_loses_no_change(
    engine: sa.Engine, index: RedisIndex, clock: Clock
) -> None:
    """What is changed between its beginning and its end stands in the new index."""
    register = register_on(engine, index, clock)
    register.add(NUMBER, BLOCK, by=MAHA)
    running = index.begin_rebuild()
    register.remove(NUMBER, by=MAHA)
    register.add(OTHER, BLOCK, by=MAHA)
    index.commit_rebuild(running)
    assert disagreements(register, index) == []


def test_a_change_that_sql_no_longer_gives_back_stands_all_the_same(
    engine: sa.Engine, redis_url: str, clock: Clock
) -> None:
    """SQL goes away between the commit and the look that tells the index: said, not raised."""
    with index_at(redis_url) as index, capture_logs() as logs:
        register = register_on(engine, index, clock)

        def gone(*_: object) -> None:
            raise sa.exc.OperationalError("SELECT", None, Exception("gone"))

        sa.event.listen(
            engine, "commit", lambda _: sa.event.listen(engine, "before_cursor_execute", gone)
        )
        struck = register.strike(NUMBER, by=AMAL, reason="abuse")
        sa.event.remove(engine, "before_cursor_execute", gone)
        assert struck.counted
        assert {"event": "blacklist_not_projected", "error": "OperationalError"}.items() <= {
            name: value for line in logs for name, value in line.items()
        }.items()
        assert len(register.standing(NUMBER).strikes) == 1
