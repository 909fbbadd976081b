"""Connections to PostgreSQL that do not wait for ever.

A server that is stopped, or whose disk hangs, keeps its connections: libpq then waits without a
limit (its `tcp_user_timeout` is about packets, `statement_timeout` is kept by the very server that
hangs). A caller would hear silence all that time.
"""

import time
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import event


def bound_waits(engine: sa.Engine, seconds: float) -> None:
    """Make every wait on `engine`'s connections end after `seconds`.

    A statement, a commit or a ping that takes longer raises `psycopg.OperationalError`, which
    SQLAlchemy wraps; its connection is closed, since what it would still answer is nobody's.
    Whether a commit that was given up took place is not known either: what is written on such an
    engine must bear being written twice.
    """

    class Bounded(psycopg.Connection[Any]):
        """A connection whose waits are bounded."""

        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            """Wait as psycopg does, for at most `seconds`."""
            ends = time.monotonic() + seconds
            try:
                return super().wait(gen, interval, seconds if timeout is None else timeout)
            except psycopg.OperationalError:
                if time.monotonic() >= ends:
                    self.pgconn.finish()
                raise

    def connect(_dialect: object, _record: object, args: Any, options: Any) -> Any:
        return Bounded.connect(*args, **options)

    event.listen(engine, "do_connect", connect)
