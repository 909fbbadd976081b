"""Redis refused, hung, killed or emptied under the screening: every call goes on, soon."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blacklist.decision import Hold
from blacklist.snapshot import Kept, Snapshot
from blacklist.verdict import Disposition
from store.breaker import Breaker
from store.redis_clients import make_redis
from tests.fixtures.processes import free_tcp_port, hang
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.screening import START_MS, WITHHELD, full, screened

CALLER = "+966501234567"
OTHER = "+966509999999"
LATER = START_MS // 1000 + 86_400


def snapshot_of(*kept: Kept) -> Snapshot:
    """A snapshot that has read these, by a clock that stands."""
    made = Snapshot(lambda: kept, clock=lambda: START_MS / 1000)
    assert made.refresh()
    return made


def held(disposition: Disposition = "block", until: int = LATER) -> Hold:
    """Something that a person decided."""
    return Hold(disposition, "harassment", until, "e1")


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis that this test may hurt."""
    server = RedisProcess(tmp_path / "redis")
    server.start()
    yield server
    os.kill(server.pid, signal.SIGCONT)
    server.stop()


def test_a_refused_redis_lets_every_call_through() -> None:
    """Nobody listens: allowed, and marked."""
    with screened(f"redis://127.0.0.1:{free_tcp_port()}/0") as here:
        verdict = here.call(CALLER)
        assert (verdict.disposition, verdict.degraded) == ("allow", True)
        assert verdict.rule == "store_unavailable"
        assert here.screening.screen(WITHHELD).degraded


def test_blocks_of_people_hold_without_redis() -> None:
    """The snapshot knows them, prefixes too; what is over, and strangers, go through."""
    snapshot = snapshot_of(
        Kept(CALLER, held()),
        Kept("+966505555555", held("voicemail")),
        Kept("+966506666666", held(until=START_MS // 1000)),
        Kept("+44163", held(), prefix=True),
        Kept("+966507777777", held("challenge")),
    )
    with screened(f"redis://127.0.0.1:{free_tcp_port()}/0", snapshot=snapshot) as here:
        verdict = here.call(CALLER)
        assert (verdict.disposition, verdict.rule, verdict.degraded) == ("block", "snapshot", True)
        assert verdict.until == datetime.fromtimestamp(LATER, UTC)
        assert here.call("+966505555555").disposition == "voicemail"
        assert here.call("+441632960000").disposition == "block"
        for number in ("+966506666666", "+966507777777", OTHER):
            assert here.call(number).disposition == "allow"


def test_an_emptied_redis_lets_no_blocked_caller_through(redis_url: str) -> None:
    """All Redis data is lost: until the index is built again, people's blocks hold all the same."""
    with screened(redis_url, snapshot=snapshot_of(Kept(CALLER, held()))) as here:
        here.index.commit_rebuild(here.index.begin_rebuild())
        assert here.call(CALLER).disposition == "allow"  # the index is whole, and says so
        here.client.flushall()
        verdict = here.call(CALLER)
        assert (verdict.disposition, verdict.rule) == ("block", "snapshot")
        assert here.call(OTHER).disposition == "allow"
        for _ in range(6):
            here.call(OTHER)
        assert here.call(OTHER).disposition == "low_priority"


def test_a_lost_index_without_a_snapshot_is_told(redis_url: str) -> None:
    """Neither Redis nor the record could be read since this process began: degraded."""
    empty = Snapshot(lambda: iter(()))
    with screened(redis_url, snapshot=empty) as here:
        assert here.call(CALLER).degraded
        assert empty.refresh()
        assert not here.call(CALLER).degraded


def test_a_record_that_is_away_leaves_the_snapshot_as_it_was() -> None:
    """What was known goes on holding; the thread goes on trying."""
    answers: list[Callable[[], tuple[Kept, ...]]] = [lambda: (Kept(CALLER, held()),)]
    snapshot = Snapshot(lambda: answers[0](), clock=lambda: START_MS / 1000)
    assert snapshot.refresh()

    def away() -> tuple[Kept, ...]:
        raise OSError("away")

    answers[0] = away
    assert not snapshot.refresh()
    assert snapshot.find(CALLER) is not None
    assert snapshot.find(OTHER) is None


def test_the_snapshot_reads_the_record_by_itself() -> None:
    """Started once, it is there soon, and read again and again until it is closed."""
    reads = threading.Semaphore(0)

    def load() -> tuple[Kept, ...]:
        reads.release()
        return (Kept(CALLER, held()),)

    snapshot = Snapshot(load, refresh_seconds=0.01, clock=lambda: START_MS / 1000)
    with closing(snapshot):
        snapshot.start()
        snapshot.start()
        for _ in range(3):
            assert reads.acquire(timeout=5)
    assert snapshot.loaded
    assert len(snapshot) == 1


def test_a_snapshot_keeps_no_more_than_its_limit() -> None:
    """Its memory is bounded, whatever the record holds."""
    kept = (Kept(f"+9665{number:08d}", held()) for number in range(100))
    snapshot = Snapshot(lambda: kept, limit=10)
    assert snapshot.refresh()
    assert len(snapshot) == 10


class CountingServer:
    """A server that counts who connects and then says `reply` or nothing at all."""

    def __init__(self, reply: bytes = b"") -> None:
        self.connections = 0
        self._reply = reply
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self._kept: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._kept.append(connection)
            if self._reply:
                connection.sendall(self._reply)

    def close(self) -> None:
        """Hang up on everyone."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for connection in self._kept:
            connection.close()


@pytest.mark.usefixtures("as_on_a_call")
@pytest.mark.parametrize("reply", [b"", b"-LOADING Redis is loading\r\n", b"HTTP/1.1 400\r\n\r\n"])
def test_a_dead_redis_is_asked_once_a_period_and_every_call_goes_through(reply: bytes) -> None:
    """Of a hundred callers while Redis is hung, one waits; the others do not ask."""
    clock = [0.0]
    with (
        closing(CountingServer(reply)) as server,
        screened(server.url, breaker=Breaker(2.0, lambda: clock[0])) as here,
    ):
        callers = [f"+96650{number:07d}" for number in range(200)]
        verdicts = [here.call(caller) for caller in callers[:100]]
        assert server.connections == 1
        clock[0] += 2.5
        verdicts += [here.call(caller) for caller in callers[100:]]
        assert server.connections == 2
    assert {(v.disposition, v.degraded) for v in verdicts} == {("allow", True)}


@pytest.mark.usefixtures("as_on_a_call")
def test_a_stopped_redis_delays_one_call_and_screening_comes_back(own_redis: RedisProcess) -> None:
    """SIGSTOP: verdicts arrive, degraded. SIGCONT: after the breaker's period, screened again."""
    clock = [0.0]
    with screened(own_redis.url, breaker=Breaker(2.0, lambda: clock[0])) as here:
        for _ in range(7):
            here.call(CALLER)
        assert here.call(CALLER).disposition == "low_priority"
        hang(own_redis.pid)
        began = time.monotonic()
        verdicts = [here.call(f"+96655{number:07d}") for number in range(200)]
        assert time.monotonic() - began < 2.0
        assert {(v.disposition, v.degraded) for v in verdicts} == {("allow", True)}
        os.kill(own_redis.pid, signal.SIGCONT)
        here.client.ping()
        clock[0] += 2.5
        assert here.call(CALLER).disposition == "low_priority"


@pytest.mark.usefixtures("as_on_a_call")
def test_a_late_reply_is_nobody_elses(own_redis: RedisProcess) -> None:
    """What a hung Redis says in the end of one caller is not taken as said of the next."""
    clock = [0.0]
    with screened(own_redis.url, breaker=Breaker(2.0, lambda: clock[0])) as here:
        for _ in range(7):
            here.call(CALLER)
        hang(own_redis.pid)
        assert here.call(CALLER).degraded
        os.kill(own_redis.pid, signal.SIGCONT)
        here.client.ping()
        clock[0] += 2.5
        verdict = here.call(OTHER)
        assert (verdict.disposition, verdict.degraded) == ("allow", False)


def test_the_index_survives_the_death_of_redis(own_redis: RedisProcess) -> None:
    """The append-only file brings it back after SIGKILL, script or no script."""
    clock = [0.0]
    with screened(own_redis.url, breaker=Breaker(2.0, lambda: clock[0])) as here:
        here.index.put_allow(OTHER, None)
        assert here.call(OTHER).rule == "allowlist"
        here.client.config_set("appendfsync", "always")
        here.index.put_allow(CALLER, None)
        own_redis.kill()
        assert here.call(CALLER).degraded
        own_redis.start()
        here.client.ping()
        clock[0] += 2.5
        assert here.call(CALLER).rule == "allowlist"


@pytest.mark.usefixtures("as_on_a_call")
def test_the_clients_of_the_call_path_wait_fifty_milliseconds_and_never_retry(
    redis_url: str,
) -> None:
    """The two time-outs and the retry policy are what they must be, on real connections."""
    with make_redis(redis_url, fast=True) as fast:
        connection = fast.connection_pool.get_connection()
        try:
            assert connection.socket_timeout == 0.05
            assert connection.socket_connect_timeout == 0.05
            assert connection.retry.get_retries() == 0
            assert connection.health_check_interval == 0
        finally:
            fast.connection_pool.release(connection)


def test_many_calls_at_once_share_one_breaker(redis_url: str) -> None:
    """Threads screen on their own connections, and none is lost."""
    with screened(redis_url) as here:
        verdicts: list[str] = []

        def calls(thread: int) -> None:
            for number in range(50):
                made = here.screening.screen(full(f"+9665{thread:02d}{number:06d}"))
                verdicts.append(made.disposition)

        threads = [threading.Thread(target=calls, args=(thread,)) for thread in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert verdicts == ["allow"] * 400
