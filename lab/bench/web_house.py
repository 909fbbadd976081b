"""A house for the bench of webhooks: one real web process, a Redis and a database of its own."""

import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import sqlalchemy as sa
from pydantic import SecretStr

from call_handlers.schema import calls
from embedded.child import ChildSpec
from embedded.redis_child import redis_child
from hotline.bootstrap import Services, ensure_folders
from hotline.settings import Settings
from hotline.stack import to_environment
from lab.bench.house import HOST, BenchFailed, own_settings, start_child
from lab.callers.ports import free_port
from store.migrations import upgrade
from store.sql import reading

PORTS = (25000, 25999)
PUBLIC_URL = "https://hotline.example"
_SETTLE_S = 30.0
_POLL_S = 0.05
_METRICS = "PROMETHEUS_MULTIPROC_DIR"


@dataclass(frozen=True, slots=True)
class WebHouse:
    """What is running: where it listens, and the token that its callers sign with."""

    services: Services
    port: int
    token: str

    @property
    def server(self) -> tuple[str, int]:
        """Host and port."""
        return HOST, self.port

    def begun(self) -> int:
        """How many calls have a record."""
        return self._count(sa.func.count())

    def settle(self, *, begun: int = 0, ended: int = 0) -> None:
        """Wait until this many calls have a record, and this many a complete one.

        Records are written behind the callers' backs, and are not a turn's. Raises BenchFailed when
        they are not there after some seconds.
        """
        deadline = time.monotonic() + _SETTLE_S
        while self.begun() < begun or self._count(sa.func.count(calls.c.ended_at)) < ended:
            if time.monotonic() > deadline:
                raise BenchFailed("the records of the calls are not written")
            time.sleep(_POLL_S)

    def _count(self, what: sa.ColumnElement[int]) -> int:
        with reading(self.services.engine()) as connection:
            return connection.execute(sa.select(what).select_from(calls)).scalar_one()


@contextmanager
def open_web_house(services: Services) -> Iterator[WebHouse]:
    """Start it all, and end it all by process id. Raises BenchFailed, RedisMissing."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-bench-")))
        token, port = secrets.token_hex(16), free_port(PORTS, udp=False)
        settings = web_settings(services.settings, folder, token)
        own = Services(settings)
        stack.callback(own.close)
        ensure_folders(settings)
        upgrade(own.engine())
        start_child(stack, replace(redis_child(folder), probe=None), folder / "log")
        metrics = folder / "metrics"
        metrics.mkdir()
        spec = ChildSpec(
            "web",
            (sys.executable, "-m", "lab.bench.web_server", str(port), str(metrics)),
            to_environment(settings) | {_METRICS: str(metrics)},
            cwd=Path(__file__).parents[2],
            ready=lambda: _answers(port),
            ready_seconds=60.0,
        )
        start_child(stack, spec, folder / "log")
        yield WebHouse(own, port, token)


def web_settings(settings: Settings, folder: Path, token: str) -> Settings:
    """The same settings on stores of its own, with one web process and an account of Twilio's."""
    twilio = {"public_url": PUBLIC_URL, "auth_token": SecretStr(token), "account_sid": ""}
    own = {
        "web": settings.web.model_copy(update={"host": HOST, "workers": 1}),
        "twilio": settings.twilio.model_copy(update=twilio),
    }
    return own_settings(settings, folder).model_copy(update=own)


def _answers(port: int) -> bool:
    url = f"http://{HOST}:{port}/healthz"
    return httpx.get(url, timeout=1.0, trust_env=False).status_code == 200
