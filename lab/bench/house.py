"""Houses for the bench: one real process that leads calls, on a stack of its own.

With an Asterisk in it, calls can be placed by SIP. Nothing probes a process while it is measured,
and nothing restarts it.
"""

import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa
from pydantic import SecretStr

from call_handlers.memory import RedisMemory
from call_handlers.schema import calls
from embedded.asterisk.instance import AsteriskInstance
from embedded.child import Child, ChildSpec
from hotline.bootstrap import Services
from hotline.settings import Settings
from hotline.stack import asterisk_instance, stack_children
from lab.bench.conversation import NUMBER, NUMBERS, SPOKEN, TURNS
from lab.bench.processes import cpu_seconds
from lab.own_stack import HOST, changed, left_alone, own_folder, own_services, stack_settings
from store.breaker import Breaker
from store.sql import reading
from tickets.schema import tickets

PUBLIC_URL = "https://hotline.example"
_METRICS = "PROMETHEUS_MULTIPROC_DIR"
_ALWAYS_KNOWN = frozenset(
    {
        *("REDIS_URL", "DATABASE_URL", "HOTLINE_STATE_DIR", "HOTLINE_SOUNDS_DIR"),
        *("HOTLINE_AGI__HOST", "HOTLINE_AGI__PORTS", "HOTLINE_LOG__LEVEL", "HOTLINE_LOG__FORMAT"),
    }
)
_SETTLE_S = 15.0
_POLL_S = 0.02


class BenchFailed(Exception):
    """Something could not be measured; the message says what, and where to look."""


class NotHere(Exception):
    """This machine cannot measure that part; the message says what it lacks."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Calls and tickets in the database. `complete` calls went through every turn to the ticket."""

    begun: int
    ended: int
    complete: int
    tickets: int


@dataclass(frozen=True, slots=True)
class House:
    """What is running: Redis, and the process under test, `server` being where it listens.

    `token` is what those who call a web process sign with.
    """

    services: Services
    server: tuple[str, int]
    redis: Child
    under_test: Child
    asterisk: AsteriskInstance | None = None
    token: str = ""

    @property
    def pid(self) -> int:
        """The process id of what is under test."""
        return _pid(self.under_test)

    @property
    def redis_pid(self) -> int:
        """The process id of Redis."""
        return _pid(self.redis)

    def cpu(self) -> float:
        """Processor time of the process under test so far (s)."""
        return cpu_seconds(self.pid)

    def counts(self) -> Counts:
        """What the stores say of the calls so far."""
        ended = calls.c.ended_at.is_not(None)
        complete = sa.and_(ended, calls.c.disposition == "completed", calls.c.turns >= TURNS)
        with reading(self.services.engine()) as connection:
            of_calls = sa.select(
                *(sa.func.count(), sa.func.count().filter(ended), sa.func.count().filter(complete))
            ).select_from(calls)
            begun, over, whole = connection.execute(of_calls).one()
            opened = connection.scalar(sa.select(sa.func.count()).select_from(tickets))
        return Counts(begun, over, whole, opened or 0)

    def settle(self, ended: int = 0, *, begun: int = 0) -> Counts:
        """Wait until so many calls have a record, and so many a complete one; then count.

        Records are written behind the callers' backs, and are not a turn's. It may be fewer of them
        after some seconds.
        """
        deadline = time.monotonic() + _SETTLE_S
        while True:
            counts = self.counts()
            if (counts.begun >= begun and counts.ended >= ended) or time.monotonic() > deadline:
                return counts
            time.sleep(_POLL_S)


@contextmanager
def open_house(
    services: Services,
    *,
    asterisk: bool = False,
    globals: Mapping[str, str] | None = None,
    code: Path | None = None,
) -> Iterator[House]:
    """A FastAGI process, and an Asterisk that sends it calls; `globals` are the dialplan's.

    The process runs the release in the folder `code`, by that one's flow, else this one.

    Raises StartFailed, AsteriskFailed, RedisMissing; AsteriskUnavailable where one is wanted.
    """
    with own_folder() as folder:
        settings = _bench_settings(services.settings, folder)
        instance = asterisk_instance(settings, globals=globals, keep=False) if asterisk else None
        redis, agi = _chosen(settings, "agi-1", with_asterisk=asterisk)
        specs = [redis, agi if code is None else _of_another_release(agi, code)]
        with (
            own_services(settings) as own,
            left_alone(specs, folder) as children,
            instance or nullcontext(),
        ):
            _known(own)
            server = (HOST, settings.agi.ports[0])
            yield House(own, server, children["redis"], children["agi-1"], instance)


@contextmanager
def open_web_house(services: Services) -> Iterator[House]:
    """One web process, with a constant route beside its own. Raises StartFailed, RedisMissing."""
    with own_folder() as folder:
        token, metrics = secrets.token_hex(16), folder / "metrics"
        twilio = {"public_url": PUBLIC_URL, "auth_token": SecretStr(token), "account_sid": ""}
        settings = changed(
            _bench_settings(services.settings, folder), twilio=twilio, web={"workers": 1}
        )
        port = settings.web.port
        metrics.mkdir()
        redis, web = _chosen(settings, "web")
        ours = replace(
            web,
            argv=(sys.executable, "-m", "lab.bench.web_server", str(port), str(metrics)),
            env={**web.env, _METRICS: str(metrics)},
            cwd=Path(__file__).parents[2],
            ready_seconds=60.0,
        )
        with own_services(settings) as own, left_alone([redis, ours], folder) as children:
            _known(own)
            yield House(own, (HOST, port), children["redis"], children["web"], token=token)


def _known(services: Services) -> None:
    """The first call is like all others: its number's language is known."""
    memory = RedisMemory(services.slow_redis, Breaker())
    for number in (NUMBER, *NUMBERS):
        memory.keep_language(number, SPOKEN)


def _bench_settings(settings: Settings, folder: Path) -> Settings:
    """A stack's settings, logs as in production."""
    own = stack_settings(settings, folder)
    return changed(
        own,
        agi={"ports": own.agi.ports[:1]},
        metrics={"enabled": False},
        log={"level": "info", "format": "json"},
    )


def _chosen(settings: Settings, name: str, *, with_asterisk: bool = False) -> list[ChildSpec]:
    """Redis and the child of this name, in the order of their start."""
    children = stack_children(settings, with_asterisk=with_asterisk)
    return [spec for spec in children if spec.name in ("redis", name)]


def _of_another_release(spec: ChildSpec, code: Path) -> ChildSpec:
    """The same process from the code in this folder, with the settings that every release knows."""
    known = {name: value for name, value in spec.env.items() if name in _ALWAYS_KNOWN}
    return replace(spec, cwd=code, env=known)


def _pid(child: Child) -> int:
    if child.pid is None or not child.running:
        raise BenchFailed(f"{child.spec.name} ended with status {child.exit_status}")
    return child.pid
