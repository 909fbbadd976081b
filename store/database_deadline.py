"""Connections on which nobody waits for ever, and deadlines that all waits of a question share.

A server that is stopped, or whose disk hangs, keeps its connections: libpq then waits without a
limit (its `tcp_user_timeout` is about packets, `statement_timeout` is kept by the very server that
hangs). A caller would hear silence all that time. And limits that are each short add up: for a
connection of the pool, for its ping, for a new one, for each statement and the commit.
"""

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import floor, inf
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

_PING_PART = 1 / 3
"""Of what is left, what a pooled connection gets to show that it stands; then a new one is made."""
_BUSY = "busy_timeout_ms"
_ends: ContextVar[float] = ContextVar("database_deadline", default=inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Whatever this thread waits for inside, on engines that mind it, is over in `seconds`."""
    token = _ends.set(min(_ends.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _ends.reset(token)


def left(most: float) -> float:
    """Seconds until the deadline that this thread is under, at most `most`, at least 0."""
    return max(0.0, min(most, _ends.get() - time.monotonic()))


class BoundedPool(sa.QueuePool):
    """A pool in which nobody waits for a connection beyond the deadline."""

    @property
    def _timeout(self) -> float:
        return left(self._most)

    @_timeout.setter
    def _timeout(self, seconds: float) -> None:
        self._most = seconds


def bound_sqlite(engine: sa.Engine, seconds: float) -> None:
    """Make every wait for another writer on `engine` end after `seconds`, or by the deadline."""

    def checked_out(connection: Any, record: Any, _proxy: object) -> None:
        # To a hundredth of a second, so that most find it as it was: it is asked for in every turn.
        wait_ms = floor(left(seconds) * 100) * 10
        if record.info.get(_BUSY) != wait_ms:
            connection.execute(f"PRAGMA busy_timeout = {wait_ms}")
            record.info[_BUSY] = wait_ms

    event.listen(engine, "checkout", checked_out)


def bound_waits(engine: sa.Engine, seconds: float) -> None:
    """Make every wait for PostgreSQL on `engine` end after `seconds`, or by the deadline.

    A statement, a commit or a ping that takes longer raises `psycopg.OperationalError`, which
    SQLAlchemy wraps; its connection is closed, since what it would still answer is nobody's.
    Whether a commit that was given up took place is not known either: what is written on such an
    engine must bear being written twice.
    """
    import psycopg  # where there is a PostgreSQL, and nowhere else: it takes a tenth of a second

    class Bounded(psycopg.Connection[Any]):
        """A connection whose waits are bounded."""

        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            """Wait as psycopg does, for at most `seconds`."""
            most = left(seconds) if timeout is None else timeout
            ends = time.monotonic() + most
            try:
                return super().wait(gen, interval, most)
            except psycopg.OperationalError:
                if time.monotonic() >= ends:
                    self.pgconn.finish()
                raise

        @classmethod
        def _connect_gen(cls, conninfo: str = "") -> Generator[Any, Any, Any]:
            """Connect as psycopg does, whose own time-out is two seconds at least.

            Called once for each host: one that is switched off leaves time for the next.
            """
            ends = time.monotonic() + left(seconds) / hosts
            connecting = super()._connect_gen(conninfo)
            wanted = next(connecting)
            while True:
                ready = yield wanted
                if time.monotonic() >= ends:
                    raise psycopg.errors.ConnectionTimeout("no connection in time")
                try:
                    wanted = connecting.send(ready)
                except StopIteration as connected:
                    return connected.value

    hosts = 1

    def connect(_dialect: object, _record: object, args: Any, options: Any) -> Any:
        nonlocal hosts
        hosts = options.get("host", "").count(",") + 1
        return Bounded.connect(*args, **options)

    ask = engine.dialect.do_ping

    def ping(connection: Any) -> bool:
        with within(left(seconds) * _PING_PART):
            return ask(connection)

    engine.dialect.do_ping = ping  # type: ignore[assignment, method-assign]  # SQLAlchemy has no event for it
    event.listen(engine, "do_connect", connect)
