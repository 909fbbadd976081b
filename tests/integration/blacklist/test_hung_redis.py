"""A real Redis that is stopped, killed and started again under the screening."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from blacklist.breaker import Breaker
from blacklist.numbers import normalise
from blacklist.store import RedisBlacklist
from hotline.redis_clients import make_redis
from tests.fixtures.redis_process import RedisProcess

CALLER = normalise("0501234567")


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis that this test may hurt."""
    server = RedisProcess(tmp_path / "redis")
    server.start()
    yield server
    os.kill(server.pid, signal.SIGCONT)
    server.stop()


def test_a_stopped_redis_delays_one_call_and_screening_comes_back(own_redis: RedisProcess) -> None:
    """SIGSTOP: verdicts arrive, degraded. SIGCONT: after the breaker's period, screened again."""
    clock = [0.0]
    with make_redis(own_redis.url, fast=True) as client:
        blacklist = RedisBlacklist(client, register=client, breaker=Breaker(2.0, lambda: clock[0]))
        blacklist.add("0501234567", reason="abuse", who="a", days=1)
        assert blacklist.screen(CALLER).disposition == "block"
        os.kill(own_redis.pid, signal.SIGSTOP)
        began = time.monotonic()
        verdicts = [blacklist.screen(CALLER) for _ in range(200)]
        assert time.monotonic() - began < 2.0
        assert {(v.disposition, v.degraded) for v in verdicts} == {("allow", True)}
        os.kill(own_redis.pid, signal.SIGCONT)
        clock[0] += 2.5
        assert blacklist.screen(CALLER).disposition == "block"


def test_entries_survive_the_death_of_redis(own_redis: RedisProcess) -> None:
    """The append-only file brings the blocklist back after SIGKILL."""
    clock = [0.0]
    with make_redis(own_redis.url, fast=True) as client:
        blacklist = RedisBlacklist(client, register=client, breaker=Breaker(2.0, lambda: clock[0]))
        blacklist.add("0501234567", reason="abuse", who="a", days=1)
        own_redis.kill()
        assert blacklist.screen(CALLER).degraded
        own_redis.start()
        clock[0] += 2.5
        assert blacklist.screen(CALLER).disposition == "block"
