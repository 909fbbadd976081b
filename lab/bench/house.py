"""A house for the bench: one real FastAGI process, a Redis and a database of its own.

With an Asterisk in it, calls can be placed by SIP. Nothing probes the FastAGI process while it is
measured, and nothing restarts it.
"""

import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGKILL, SIGTERM

import sqlalchemy as sa
from pydantic import SecretStr

from call_handlers.schema import calls
from embedded.asterisk.install import find_asterisk
from embedded.asterisk.instance import AsteriskInstance
from embedded.asterisk.places import SOUNDS_INSIDE
from embedded.child import Child, ChildSpec, role
from embedded.redis_child import redis_child
from hotline.bootstrap import Services, ensure_folders
from hotline.settings import PREFIX, Settings
from hotline.stack import agi_answers, to_environment
from lab.bench.conversation import TURNS
from lab.bench.processes import cpu_seconds
from lab.callers.ports import ASTERISK_MEDIA, free_port, media_range
from store.migrations import upgrade
from store.redis_socket import embedded_redis_url
from store.sql import reading
from tickets.schema import tickets

HOST = "127.0.0.1"
AGI_PORTS = (24000, 24999)
SIP_PORTS = (20000, 22999)
_MEDIA_PORTS = 400
_POLL_S = 0.02


class BenchFailed(Exception):
    """Something could not be measured; the message says what, and where to look."""


class NotHere(Exception):
    """This machine cannot measure that part; the message says what it lacks."""


@dataclass(frozen=True, slots=True)
class House:
    """What is running. `environment` is what the roles are given; `port` is FastAGI's."""

    services: Services
    environment: dict[str, str]
    port: int
    agi: Child
    redis: Child
    asterisk: AsteriskInstance | None

    @property
    def server(self) -> tuple[str, int]:
        """Host and port of the FastAGI process."""
        return HOST, self.port

    @property
    def agi_pid(self) -> int:
        """The process id of the FastAGI process."""
        return _pid(self.agi)

    @property
    def redis_pid(self) -> int:
        """The process id of Redis."""
        return _pid(self.redis)

    def agi_cpu(self) -> float:
        """Processor time of the FastAGI process so far (s)."""
        return cpu_seconds(self.agi_pid)

    def counts(self) -> "Counts":
        """What the stores say of the calls so far."""
        complete = (calls.c.disposition == "completed", calls.c.turns >= TURNS)
        with reading(self.services.engine()) as connection:
            return Counts(
                begun=_count(connection, calls),
                ended=_count(connection, calls, calls.c.ended_at.is_not(None)),
                complete=_count(connection, calls, calls.c.ended_at.is_not(None), *complete),
                tickets=_count(connection, tickets),
            )

    def settle(self, ended: int, seconds: float = 15.0) -> "Counts":
        """Wait until `ended` call records are complete, at most `seconds`; then count."""
        deadline = time.monotonic() + seconds
        while (counts := self.counts()).ended < ended and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        return counts


@dataclass(frozen=True, slots=True)
class Counts:
    """Calls and tickets in the database. `complete` calls went through every turn to the ticket."""

    begun: int
    ended: int
    complete: int
    tickets: int


@contextmanager
def open_house(
    services: Services, *, asterisk: bool = False, globals: dict[str, str] | None = None
) -> Iterator[House]:
    """Start it all, and end it all by process id; `globals` are the dialplan's.

    Raises BenchFailed, AsteriskFailed, RedisMissing; NotHere without an Asterisk that is wanted.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-bench-")))
        port = free_port(AGI_PORTS)
        settings = own_settings(services.settings, folder)
        own = Services(settings)
        stack.callback(own.close)
        ensure_folders(settings)
        upgrade(own.engine())
        environment = to_environment(settings)
        instance = None
        if asterisk:
            instance = _asterisk(settings, port, globals or {})
            environment[f"{PREFIX}AGI__SOUNDS_PREFIX"] = SOUNDS_INSIDE
            environment[f"{PREFIX}AGI__RECORDINGS_PREFIX"] = instance.recordings_inside
        log = folder / "log"
        redis = start_child(stack, replace(redis_child(folder), probe=None), log)
        agi = start_child(
            stack,
            ChildSpec(
                "agi",
                role("agi", "--port", str(port)),
                environment,
                ready=lambda: agi_answers(HOST, port),
                ready_seconds=60.0,
            ),
            log,
        )
        if instance is not None:
            stack.enter_context(instance)
        yield House(own, environment, port, agi, redis, instance)


def own_settings(settings: Settings, folder: Path) -> Settings:
    """The same settings with stores of its own under `folder`, logs as in production."""
    own = {
        "state_dir": folder,
        "database_url": SecretStr(f"sqlite:///{folder / 'hotline.db'}"),
        "redis_url": SecretStr(embedded_redis_url(folder)),
        "agi": settings.agi.model_copy(update={"host": HOST}),
        "log": settings.log.model_copy(update={"level": "info", "format": "json"}),
        "sounds_dir": settings.sounds,
    }
    return settings.model_copy(update=own)


def _asterisk(settings: Settings, agi_port: int, globals: dict[str, str]) -> AsteriskInstance:
    root = find_asterisk(settings.cache_dir)
    if root is None:
        raise NotHere("no Asterisk here: run `make setup` as root on Debian")
    return AsteriskInstance(
        root,
        f"bench-{uuid.uuid4().hex[:8]}",
        config=settings.config_dir / "asterisk",
        sip_port=free_port(SIP_PORTS),
        rtp_range=media_range(ASTERISK_MEDIA, _MEDIA_PORTS),
        agi_a=f"{HOST}:{agi_port}",
        agi_b=f"{HOST}:{agi_port}",
        sounds_source=settings.sounds,
        globals=globals,
    )


def start_child(stack: ExitStack, spec: ChildSpec, log_dir: Path) -> Child:
    """Start a child, wait until it is ready, and end it with `stack`. Raises BenchFailed."""
    child = Child(spec, log_dir / f"{spec.name}.log")
    child.start()
    stack.callback(_end, child)
    deadline = time.monotonic() + spec.ready_seconds
    while not _ready(child):
        if not child.running or time.monotonic() > deadline:
            lines = "\n".join(child.new_lines()[-8:])
            raise BenchFailed(f"{spec.name} did not start\n{lines}")
        time.sleep(_POLL_S)
    return child


def _ready(child: Child) -> bool:
    ready = child.spec.ready
    try:
        return ready is None or ready()
    except Exception:  # whatever it is, it is not ready
        return False


def _end(child: Child) -> None:
    child.signal(SIGTERM)
    if not child.wait(5.0):
        child.signal(SIGKILL)
        child.wait(5.0)


def _pid(child: Child) -> int:
    if child.pid is None or not child.running:
        raise BenchFailed(f"{child.spec.name} ended with status {child.exit_status}")
    return child.pid


def _count(connection: sa.Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
    statement = sa.select(sa.func.count()).select_from(table).where(*conditions)
    return int(connection.execute(statement).scalar_one())
