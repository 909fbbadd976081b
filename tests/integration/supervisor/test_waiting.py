"""Whatever is started first: who delivers waits for its stores, who leads calls does not."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from hotline.answering import agi_answers
from hotline.probes import http_answers
from store.database import make_engine
from store.migrations import head, serves, upgrade
from tests.fixtures.processes import free_tcp_port, wait_until
from tests.fixtures.redis_process import RedisProcess

ROOT = Path(__file__).parents[3]
LONG_S = 60.0
SERVICES: dict[str, Any] = YAML(typ="safe").load(ROOT / "compose.yaml")["services"]


class Role:
    """A role as a supervisor starts it: its stores are not there yet."""

    def __init__(self, folder: Path, role: str, *words: str, **environ: str) -> None:
        self.role = role
        self.redis = RedisProcess(folder / "redis")
        self.database = f"sqlite:///{folder / 'hotline.db'}"
        self._log = folder / "log"
        self._ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ear.bind(str(folder / "notify"))
        self._ear.setblocking(False)
        self._heard: list[str] = []
        stores = {"REDIS_URL": self.redis.url, "DATABASE_URL": self.database}
        kept = {name: os.environ[name] for name in ("PATH", "HOME")}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hotline", role, *words],
                env=kept
                | {"NOTIFY_SOCKET": str(folder / "notify"), "HOTLINE_STATE_DIR": str(folder)}
                | stores
                | environ,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        """All that it has said."""
        return self._log.read_text(encoding="utf-8")

    def says(self, text: str, times: int = 1) -> None:
        """Wait until it has said `text`, so often and not more often."""
        wait_until(lambda: text in self.log, LONG_S, f"{text} in {self.log}")
        assert self.log.count(text) == times, self.log

    def make_tables(self) -> None:
        """As `hotline db upgrade` does."""
        engine = make_engine(self.database)
        upgrade(engine)
        engine.dispose()

    def told_to_the_supervisor(self) -> list[str]:
        """What it has told by sd_notify(3) so far."""
        with suppress(BlockingIOError):
            while heard := self._ear.recv(4096):
                self._heard.append(heard.decode())
        return self._heard

    def is_healthy(self, service: str, port: int = 0) -> bool:
        """Whether compose.yaml's check of a service says so of this role."""
        kind, *words = SERVICES[service]["healthcheck"]["test"]
        here = [
            word.replace("/srv/940/state", str(self._log.parent)).replace(":8940", f":{port}")
            for word in words
        ]
        command = ["sh", "-c", *here] if kind == "CMD-SHELL" else here
        environ = {"PATH": os.environ["PATH"], "HOTLINE_AGI__PORTS": str(port)}
        return (
            subprocess.run(command, env=environ, capture_output=True, check=False).returncode == 0
        )

    def ends(self) -> int:
        """Its exit status at SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(LONG_S)

    def close(self) -> None:
        """Whatever happened."""
        self.process.kill()
        self.process.wait()
        self.redis.stop()
        self._ear.close()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Role]]:
    """Starts a role."""
    roles: list[Role] = []

    def start(role: str, *words: str, **environ: str) -> Role:
        roles.append(Role(tmp_path, role, *words, **environ))
        return roles[-1]

    yield start
    for role in roles:
        role.close()


@pytest.mark.parametrize("name", ["worker", "relay"])
def test_who_delivers_waits_says_for_what_once_and_is_ready_then(
    started: Callable[..., Role], name: str
) -> None:
    """First Redis is away, then there are no tables; the mend is said with it."""
    role = started(name)
    role.says("redis: ConnectionError; start it, or check REDIS_URL")
    role.redis.start()
    role.says("its tables are not made; run `hotline db upgrade`")
    assert "READY=1" not in role.told_to_the_supervisor()
    assert f"{name}_ready" not in role.log
    role.make_tables()
    role.says(f"{name}_ready")
    wait_until(lambda: "READY=1" in role.told_to_the_supervisor(), LONG_S)
    assert role.log.count(f"{name}_waits") == 2
    assert "Traceback" not in role.log
    assert role.is_healthy(name)
    assert role.ends() == 0


@pytest.mark.parametrize("name", ["worker", "relay"])
def test_who_waits_ends_at_sigterm_as_if_its_work_was_done(
    started: Callable[..., Role], name: str
) -> None:
    """A machine that goes down is nobody's failure."""
    role = started(name)
    role.says(f"{name}_waits")
    assert role.ends() == 0


def test_calls_are_answered_while_the_stores_are_away(started: Callable[..., Role]) -> None:
    """A citizen is on the telephone now: what FastAGI goes without is said, and it is ready."""
    port = free_tcp_port()
    role = started("agi", "--port", str(port))
    role.says("agi_ready")
    role.says("agi_goes_without")
    assert "READY=1" in role.told_to_the_supervisor()
    assert agi_answers("127.0.0.1", port)
    wait_until(lambda: "WATCHDOG=1" in role.told_to_the_supervisor(), LONG_S)
    assert role.is_healthy("agi-1", port)
    assert not role.is_healthy("agi-1", free_tcp_port())
    role.redis.start()
    role.make_tables()
    role.says("stores_there")
    assert role.ends() == 0


def test_webhooks_are_answered_while_the_stores_are_away(started: Callable[..., Role]) -> None:
    """Twilio's callers as well; gunicorn itself tells that it is ready."""
    port = free_tcp_port()
    role = started("web", "--port", str(port), HOTLINE_WEB__WORKERS="1")
    role.says("web_ready")
    role.says("web_goes_without")
    assert any("READY=1" in one for one in role.told_to_the_supervisor())
    assert http_answers(f"http://127.0.0.1:{port}/healthz")
    assert role.is_healthy("web", port)
    assert not role.is_healthy("worker")
    assert role.ends() == 0


def test_tables_of_this_release_and_of_a_later_one_serve() -> None:
    """A release that is taken back works on what the later one has left."""
    assert serves(head())
    assert serves("9999")
    assert not serves("0001")
    assert not serves(None)
