"""The primary of Redis becomes another server: tickets are delivered, calls screened and led."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import redis

from hotline.settings import Settings
from lab.callers.fake_asterisk import FakeAsterisk
from store.redis_clients import make_redis
from store.redis_primary import NotThePrimary
from tests.fixtures.processes import free_tcp_port, wait_until
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.redis_sentinel import SERVICE, running_sentinel
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter, place
from tests.fixtures.whole_stack import supervised, with_redis
from tests.fixtures.wire import Wire

pytestmark = pytest.mark.timeout(120)


class Pair:
    """Two servers, of which the second copies the first until it takes its place."""

    def __init__(self, old: RedisProcess, new: RedisProcess) -> None:
        self.old, self.new = old, new

    def switch(self) -> None:
        """The new one is the primary; the old one keeps its connections and reads only."""
        self._say(self.new, "REPLICAOF", "NO", "ONE")
        self._say(self.old, "REPLICAOF", "127.0.0.1", str(self.new.port))

    @staticmethod
    def _say(server: RedisProcess, *command: str) -> None:
        with redis.Redis(port=server.port) as client:
            client.execute_command(*command)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """A primary and its replica."""
    with ExitStack() as stack:
        servers = []
        for name in ("old", "new"):
            server = RedisProcess(tmp_path / name)
            server.start()
            stack.callback(server.kill)
            servers.append(server)
        old, new = servers
        with redis.Redis(port=new.port) as client, redis.Redis(port=old.port) as primary:
            primary.config_set("repl-diskless-sync-delay", 0)
            client.replicaof("127.0.0.1", old.port)
            wait_until(lambda: client.info("replication")["master_link_status"] == "up")
        yield Pair(old, new)


def lent_at_once(client: redis.Redis, number: int) -> None:
    """Have so many connections in the pool, all of which have been used."""
    pool = client.connection_pool
    connections = [pool.get_connection() for _ in range(number)]
    for connection in connections:
        connection.send_command("PING")
        connection.read_response()
    for connection in connections:
        pool.release(connection)


@pytest.mark.parametrize("fast", [True, False])
def test_a_demoted_server_loses_every_connection_of_the_pool(pair: Pair, fast: bool) -> None:
    """One command may fail where nobody may wait; the next ones are the new primary's, all."""
    with (
        Wire(("127.0.0.1", pair.old.port)) as wire,
        make_redis(f"redis://127.0.0.1:{wire.port}/0", fast=fast) as client,
    ):
        lent_at_once(client, 3)
        wire.turn_to(("127.0.0.1", pair.new.port))
        pair.switch()
        if fast:
            with pytest.raises(NotThePrimary):
                client.set("key", "first")
        for number in range(3):
            client.set("key", number)
        lent_at_once(client, 3)
        with redis.Redis(port=pair.new.port) as new, redis.Redis(port=pair.old.port) as old:
            assert new.get("key") == b"2"
            assert all(each["name"] == "" for each in old.client_list(_type="normal"))


@pytest.mark.parametrize("fast", [True, False])
def test_a_script_that_may_not_write_is_a_lost_connection_too(pair: Pair, fast: bool) -> None:
    """Sessions are kept by scripts."""
    with (
        Wire(("127.0.0.1", pair.old.port)) as wire,
        make_redis(f"redis://127.0.0.1:{wire.port}/0", fast=fast) as client,
        redis.Redis(port=pair.new.port) as new,
    ):
        script = "return redis.call('SET', KEYS[1], ARGV[1])"
        sha = client.script_load(script)
        new.script_load(script)
        wire.turn_to(("127.0.0.1", pair.new.port))
        pair.switch()
        if fast:
            with pytest.raises(NotThePrimary):
                client.evalsha(sha, 1, "key", "value")
        client.evalsha(sha, 1, "key", "value")
        assert new.get("key") == b"value"


@pytest.mark.parametrize("fast", [True, False])
def test_a_server_that_has_lost_its_primary_is_left_too(pair: Pair, fast: bool) -> None:
    """It answers MASTERDOWN, to those who only read as well."""
    with (
        Wire(("127.0.0.1", pair.old.port)) as wire,
        make_redis(f"redis://127.0.0.1:{wire.port}/0", fast=fast) as client,
        redis.Redis(port=pair.old.port) as old,
    ):
        client.set("key", "value")
        with redis.Redis(port=pair.new.port) as new:
            wait_until(lambda: new.get("key") == b"value")
        wire.turn_to(("127.0.0.1", pair.new.port))
        pair.switch()
        old.config_set("replica-serve-stale-data", "no")
        old.replicaof("127.0.0.1", free_tcp_port())
        if fast:
            with pytest.raises(NotThePrimary):
                client.get("key")
        assert client.get("key") == b"value"


def test_who_waits_for_a_job_gets_it_from_the_new_primary(pair: Pair) -> None:
    """A blocking read is answered by the demoted server with a word that is no job."""
    taken: list[object] = []
    with (
        Wire(("127.0.0.1", pair.old.port)) as wire,
        make_redis(f"redis://127.0.0.1:{wire.port}/0", fast=False) as client,
        redis.Redis(port=pair.old.port) as old,
        redis.Redis(port=pair.new.port) as new,
    ):
        waiter = threading.Thread(target=lambda: taken.append(client.blpop(["jobs"], 20)))
        waiter.start()
        wait_until(lambda: old.info("clients")["blocked_clients"] == 1)
        wire.turn_to(("127.0.0.1", pair.new.port))
        pair.switch()
        new.rpush("jobs", "one")
        waiter.join(20)
    assert taken == [(b"jobs", b"one")]


def _accepted(sentinel: redis.Redis) -> bool:
    """Whether it begins a failover: it must have heard of the replica's state first."""
    try:
        return bool(sentinel.execute_command("SENTINEL", "FAILOVER", SERVICE))
    except redis.ResponseError:
        return False


def test_the_primary_that_a_sentinel_names_is_asked(pair: Pair, tmp_path: Path) -> None:
    """One of the Sentinels is not there: the other one is asked."""
    with running_sentinel(pair.old, tmp_path / "sentinel", replicas=1) as sentinel:
        for fast in (True, False):
            with make_redis(through(sentinel), fast=fast) as client:
                client.set("key", f"{fast}")
                with redis.Redis(port=pair.old.port, db=1) as old:
                    assert old.get("key") == f"{fast}".encode()


@pytest.mark.nightly
def test_the_primary_after_a_sentinels_failover_is_asked(pair: Pair, tmp_path: Path) -> None:
    """By clients whose connections to the one before stand."""
    with (
        running_sentinel(pair.old, tmp_path / "sentinel", replicas=1) as sentinel,
        make_redis(through(sentinel), fast=True) as quick,
        make_redis(through(sentinel), fast=False) as patient,
        redis.Redis(port=pair.old.port) as old,
        redis.Redis(port=pair.new.port, db=1) as new,
    ):
        for client in (quick, patient):
            lent_at_once(client, 3)
        wait_until(lambda: _accepted(sentinel), 30, "the failover begins")
        wait_until(lambda: old.role()[0] == b"slave", 30, "the old primary is told")
        with suppress(redis.ConnectionError):
            quick.set("key", "perhaps")
        for client in (quick, patient):
            for number in range(3):
                client.set("key", number)
            assert new.get("key") == b"2"
            new.delete("key")


def through(sentinel: redis.Redis) -> str:
    """The address of what it watches, with a Sentinel before it that is away."""
    there = sentinel.connection_pool.connection_kwargs["port"]
    return f"redis+sentinel://127.0.0.1:{free_tcp_port()},127.0.0.1:{there}/{SERVICE}/1"


@contextmanager
def behind_one_address(pair: Pair, _folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """The address, and what moves it; the old primary goes on answering."""
    with Wire(("127.0.0.1", pair.old.port)) as wire:

        def switch() -> None:
            wire.turn_to(("127.0.0.1", pair.new.port))
            pair.switch()

        yield f"redis://127.0.0.1:{wire.port}/0", switch


@contextmanager
def named_by_a_sentinel(pair: Pair, folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """The address, and what ends the old primary, after which the Sentinel does the rest."""
    with running_sentinel(pair.old, folder, replicas=1) as sentinel:

        def switch() -> None:
            pair.old.kill()
            with redis.Redis(port=pair.new.port) as new:
                wait_until(lambda: new.role()[0] == b"master", 30, "the new primary is told")

        yield through(sentinel), switch


@pytest.mark.nightly
@pytest.mark.parametrize("kind", [behind_one_address, named_by_a_sentinel])
def test_reports_are_taken_and_delivered_after_a_failover(
    settings: Callable[..., Settings],
    pair: Pair,
    ear: Ear,
    tmp_path: Path,
    kind: Callable[..., AbstractContextManager[tuple[str, Callable[[], None]]]],
) -> None:
    """Who asks the demoted server is not started again; who lost its server may be."""
    roles = ("relay", "worker-1", "agi-1", "agi-2")
    with (
        kind(pair, tmp_path / "sentinel") as (url, switch),
        supervised(settings(**with_redis(url))) as (supervisor, looks),
    ):
        place(FakeAsterisk(looks.agi), Reporter(ear))
        looks.wait_delivered(1)
        switch()
        for _ in range(3):
            caller = Reporter(ear)
            place(FakeAsterisk(looks.agi), caller)
            assert caller.questions == list(QUESTIONS)
        looks.wait_delivered(4, seconds=30)

        def screened() -> bool:
            call_id, _ = place(FakeAsterisk(looks.agi), Reporter(ear))
            return looks.wait_closed(call_id).screening == "ok"

        wait_until(screened, 20, "calls are screened by the new primary")
        again = {name for name in roles if supervisor.children[name].restarts}
        assert again <= (set() if kind is behind_one_address else {"worker-1"})
