"""Part `delivery_scale`: what the relay's rounds cost with few deliveries done, and with many.

What is done stays in the table through which the relay looks once a second.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import redis
import sqlalchemy as sa

from embedded.redis_child import redis_child
from lab.bench.figures import Bound, Figure, Measured
from lab.bench.house import BenchFailed
from lab.bench.plain import new_ticket
from lab.bench.setting import Bench
from lab.own_stack import left_alone, own_folder
from outbox.relay import RelayPolicy, relay_once
from store.database import make_engine
from store.migrations import upgrade
from store.redis_clients import make_redis
from store.redis_socket import embedded_redis_url
from tickets.lanes import delivery_lanes
from tickets.open import BACKOFFICE, open_ticket
from tickets.schema import deliveries

SCALE = Bound("at most", 1.10)
FEW = 1000
_WAITING = 100
_QUIET_TICKS = 50

NOTES = (
    "two databases of SQLite in turns, one with a thousand deliveries done and one with all, one "
    "Redis; median of the rounds' ratios",
    f"a round in which something waits claims and queues {_WAITING}; most rounds find nothing",
)

# All of one ticket, each its next version: rows like those that a worker has left.
_DONE = sa.text(
    """
    WITH RECURSIVE version(number) AS (
        SELECT 2 UNION ALL SELECT number + 1 FROM version WHERE number < :last
    )
    INSERT INTO deliveries (
        id, ticket_id, destination, event, ticket_version, state, attempts, attempts_before_retry,
        created_at, next_attempt_at, queue_count, last_status, acknowledged_at, waits_from
    )
    SELECT
        printf('%032x', version.number), opened.ticket_id, opened.destination, 'ticket.updated',
        version.number, 'acknowledged', 1, 0, opened.created_at, opened.next_attempt_at, 1, 201,
        opened.created_at, opened.created_at
    FROM version CROSS JOIN deliveries AS opened
    """
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A database with deliveries that are done, and a Redis for what the relay queues."""

    engine: sa.Engine
    client: redis.Redis

    def tick(self) -> int:
        """One round of the relay; how many rows it has queued."""
        lanes = delivery_lanes([BACKOFFICE])
        return relay_once(self.engine, self.client, RelayPolicy(), lanes)

    def wait(self) -> None:
        """New tickets."""
        for number in range(1, _WAITING + 1):
            moment = datetime.now(UTC)
            open_ticket(self.engine, new_ticket(number), destinations=[BACKOFFICE], now=moment)

    def forget(self) -> None:
        """As if none had been queued yet."""
        self.client.flushdb()
        with self.engine.begin() as connection:
            connection.execute(deliveries.update().values(queued_at=None).where(_QUEUED))


_QUEUED = sa.and_(deliveries.c.state == "pending", deliveries.c.queued_at.is_not(None))


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures. Raises BenchFailed, StartFailed, RedisMissing."""
    most, rounds = bench.sizes.delivered_rows, bench.sizes.relay_rounds
    with own_folder() as folder, left_alone([redis_child(folder)], folder):
        bench.say(f"{most:,} deliveries that are done")
        with _stage(folder, 1, most) as many, _stage(folder, 0, FEW) as few:
            stages = (many, few)
            bench.say(f"{rounds} rounds of {_QUIET_TICKS} in which nothing waits, each way")
            yield _figure("nothing waits", _in_turns(stages, rounds, _quiet), most)
            for stage in stages:
                stage.wait()
            bench.say(f"{rounds} rounds in which {_WAITING} wait, each way")
            yield _figure(f"{_WAITING} wait", _in_turns(stages, rounds, _busy), most)


def _figure(when: str, took: tuple[list[float], list[float]], most: int) -> Figure:
    with_many, with_few = took
    return Figure(
        f"a round of the relay while {when}: change with what is done",
        statistics.median(m / f for m, f in zip(with_many, with_few, strict=True)),
        "x",
        Measured(f"with {most:,} delivered rows", statistics.median(with_many) * 1000, "ms"),
        Measured(f"with {FEW:,} delivered rows", statistics.median(with_few) * 1000, "ms"),
        SCALE,
    )


def _in_turns(
    stages: tuple[Stage, Stage], rounds: int, seconds: Callable[[Stage], float]
) -> tuple[list[float], list[float]]:
    """The seconds of each round with one and with the other; the first is to warm up."""
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for side in (0, 1) if number % 2 else (1, 0):
            took[side].append(seconds(stages[side]))
    return took[0][1:], took[1][1:]


def _quiet(stage: Stage) -> float:
    began = time.perf_counter()
    found = sum(stage.tick() for _ in range(_QUIET_TICKS))
    took = (time.perf_counter() - began) / _QUIET_TICKS
    return _checked(took, found, 0)


def _busy(stage: Stage) -> float:
    stage.forget()
    began = time.perf_counter()
    found = stage.tick()
    return _checked(time.perf_counter() - began, found, _WAITING)


def _checked(took: float, found: int, wanted: int) -> float:
    if found != wanted:
        raise BenchFailed(f"the relay queued {found} deliveries, not {wanted}")
    return took


@contextmanager
def _stage(folder: Path, number: int, done: int) -> Iterator[Stage]:
    with ExitStack() as stack:
        url = f"{embedded_redis_url(folder)}?db={number}"
        client = stack.enter_context(make_redis(url, fast=False))
        engine = make_engine(f"sqlite:///{folder / f'{number}.db'}")
        stack.callback(engine.dispose)
        upgrade(engine)
        moment = datetime.now(UTC)
        open_ticket(engine, new_ticket(0), destinations=[BACKOFFICE], now=moment)
        with engine.begin() as connection:
            done_too = {"state": "acknowledged", "acknowledged_at": moment}
            connection.execute(deliveries.update().values(done_too))
            connection.execute(_DONE, {"last": done})
        yield Stage(engine, client)
