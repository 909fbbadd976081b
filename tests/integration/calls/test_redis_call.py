"""Redis on the path of a call asks the kernel less, and keeps every promise of redis-py."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from store.redis_call import FRESH_SECONDS
from store.redis_clients import FAST_SECONDS, make_redis
from tests.fixtures.processes import hang
from tests.fixtures.redis_process import RedisProcess

BUSY_SECONDS = 2.0
"""What one short wait may take on a busy machine; waiting for ever is what must not be."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis that this test may hurt, on TCP and on a Unix socket."""
    with tempfile.TemporaryDirectory() as folder:  # a socket's path is short (unix(7))
        process = RedisProcess(tmp_path / "redis", Path(folder) / "s")
        process.start()
        yield process
        os.kill(process.pid, signal.SIGCONT)
        process.stop()


@pytest.fixture(params=["tcp", "unix"])
def client(request: pytest.FixtureRequest, server: RedisProcess) -> Iterator[redis.Redis]:
    """The client of the call path; it has a connection."""
    server.write_through()
    url = server.url if request.param == "tcp" else f"unix://{server.socket_path}"
    with make_redis(url, fast=True, max_connections=4) as made:
        made.set("key", "value")
        yield made


def closed_by(server: RedisProcess) -> int:
    """Let Redis close all connections of clients; how many it closed."""
    with redis.Redis.from_url(server.url) as other:
        closed: int = other.client_kill_filter(_type="normal", skipme=True)
        return closed


def test_a_connection_that_redis_closed_while_idle_costs_no_call(
    client: redis.Redis, server: RedisProcess
) -> None:
    """It is asked for before it is used again, and replaced."""
    assert closed_by(server) == 1
    time.sleep(FRESH_SECONDS)  # the time itself is what makes it stale
    assert client.get("key") == b"value"


def test_a_connection_closed_just_after_its_answer_costs_one_command(
    client: redis.Redis, server: RedisProcess
) -> None:
    """Nobody knows whether Redis has done what was sent, so it is not sent twice."""
    for _ in range(20):  # on a busy machine the close may come when the connection is no more fresh
        client.get("key")
        used = time.monotonic()
        assert closed_by(server) == 1
        if time.monotonic() - used < FRESH_SECONDS / 2:
            break
    with pytest.raises(redis.ConnectionError):
        client.get("key")
    assert client.get("key") == b"value"


def test_a_restart_of_redis_is_survived_by_the_client(
    client: redis.Redis, server: RedisProcess
) -> None:
    """Killed: an error at once. Back: served, with the data of before."""
    server.kill()
    began = time.monotonic()
    with pytest.raises(redis.ConnectionError):
        client.get("key")
    with pytest.raises(redis.ConnectionError):
        client.get("key")
    assert time.monotonic() - began < BUSY_SECONDS
    server.start()
    assert client.get("key") == b"value"


@pytest.mark.usefixtures("as_on_a_call")
def test_a_hung_redis_costs_one_time_out(client: redis.Redis, server: RedisProcess) -> None:
    """The kernel keeps the time, and the connection is not used again."""
    hang(server.pid)
    began = time.monotonic()
    with pytest.raises(redis.TimeoutError):
        client.get("key")
    assert FAST_SECONDS <= time.monotonic() - began < BUSY_SECONDS
    os.kill(server.pid, signal.SIGCONT)
    assert client.get("key") == b"value"


@pytest.mark.usefixtures("as_on_a_call")
def test_a_hung_redis_that_takes_no_more_bytes_costs_one_time_out(
    client: redis.Redis, server: RedisProcess
) -> None:
    """Writing is limited as reading is."""
    hang(server.pid)
    began = time.monotonic()
    with pytest.raises(redis.TimeoutError):
        client.set("key", b"v" * 50_000_000)
    assert time.monotonic() - began < BUSY_SECONDS
    os.kill(server.pid, signal.SIGCONT)
    assert client.get("key") == b"value"


@pytest.mark.parametrize(
    "given",
    [
        *("", "text", "نص", "\r\n$3\r\n"),
        pytest.param("x" * 200_000, id="long"),  # a name as long as that starts no process
        *(b"\xff\x00", -5),
    ],
)
def test_a_script_gets_and_gives_what_it_does_by_the_library(
    client: redis.Redis, server: RedisProcess, given: str | bytes | int
) -> None:
    """Any text, bytes and number, as key and as argument; lists, nothing, and errors."""
    script = client.script_load(
        "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.error_reply('ERR there') end "
        "return {KEYS[1], ARGV, #ARGV[1], false}"
    )
    with redis.Redis.from_url(server.url) as library:
        assert client.evalsha(script, 1, given, given) == library.evalsha(script, 1, given, given)
        library.set(given, 1)
    with pytest.raises(redis.ResponseError, match="there"):
        client.evalsha(script, 1, given, given)


def test_every_thread_reads_its_own_answers(client: redis.Redis) -> None:
    """A connection is lent to one at a time."""
    echo = client.script_load("return ARGV[1]")

    def asks(thread: int) -> list[bytes]:
        return [client.evalsha(echo, 0, f"{thread}.{n}") for n in range(300)]

    with ThreadPoolExecutor(4) as threads:
        for thread, answers in enumerate(threads.map(asks, range(4))):
            assert answers == [f"{thread}.{n}".encode() for n in range(300)]
    assert len(client.client_list()) <= 4


def test_whoever_finds_all_connections_taken_fails_at_once(client: redis.Redis) -> None:
    """And finds one again as soon as one is given back, whatever went before."""
    pool = client.connection_pool
    taken = [pool.get_connection() for _ in range(4)]
    with pytest.raises(redis.ConnectionError):
        client.get("key")
    pool.release(taken.pop())
    assert client.get("key") == b"value"
    for connection in taken:
        pool.release(connection)


def test_a_command_that_redis_refuses_leaves_the_connection_in_use(client: redis.Redis) -> None:
    """A refusal is an answer like any other."""
    before = client.client_id()
    with pytest.raises(redis.ResponseError):
        client.lpush("key", "not a list")
    assert client.client_id() == before


def test_a_forked_process_has_connections_of_its_own(client: redis.Redis) -> None:
    """Two processes never read one socket."""
    before = client.client_id()
    child = os.fork()
    if not child:
        try:
            os._exit(0 if client.client_id() != before else 1)
        except BaseException:  # the child must not go on as pytest
            os._exit(2)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert client.client_id() == before


def test_a_closed_client_leaves_no_connection_behind(server: RedisProcess) -> None:
    """Neither one that is idle nor one that was just used."""
    with ExitStack() as stack:
        stack.callback(closed_by, server)
        with make_redis(server.url, fast=True) as client:
            client.get("key")
        assert closed_by(server) == 0
