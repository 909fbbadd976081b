"""Rounds of deliveries and of jobs that do nothing, on one worker: in a process of its own.

Run by the bench as `python -m lab.bench.delivery_rounds FOLDER RECEIVER JOBS ROUNDS`, with an
embedded Redis and the receiver's secret in the folder, it logs as a worker does and writes what
the rounds took as JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import redis
import sqlalchemy as sa

from hotline.logs import configure
from lab.bench.plain import new_ticket
from outbox.lane_worker import LaneWorker
from outbox.queue import open_queue
from outbox.relay import RelayPolicy, relay_once
from outbox.retry import RetryPolicy
from store.database import make_engine
from store.migrations import upgrade
from store.redis_clients import make_redis
from store.redis_socket import embedded_redis_url
from store.sql import reading
from tickets.delivery import Deliverer
from tickets.destinations.webhook import WebhookDestination
from tickets.jobs import job_table
from tickets.lanes import MAIN_QUEUE, delivery_lanes
from tickets.open import BACKOFFICE, open_ticket
from tickets.schema import deliveries

SIGNING = "signing.txt"
"""The file in the folder that has the receiver's."""
_NOTHING = "lab.bench.nothing"


@dataclass(frozen=True, slots=True)
class Took:
    """What something took: seconds that passed, seconds of this process on a processor."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Round:
    """What one round took: the empty jobs, the relay, and the deliveries after it."""

    nothing: Took
    relay: Took
    deliveries: Took


@dataclass(frozen=True, slots=True)
class _Line:
    """A worker on one lane and what it works for."""

    engine: sa.Engine
    client: redis.Redis
    worker: LaneWorker

    def work(self) -> None:
        self.worker.work(burst=True, logging_level="WARNING")

    def nothing(self, name: str, jobs: int) -> Took:
        """Empty jobs, queued as the relay queues its own, which is not counted."""
        queue = open_queue(self.client, MAIN_QUEUE)
        for number in range(jobs):
            at = f"{name}-{number}"
            queue.enqueue(_NOTHING, at, job_id=f"nothing-{at}", result_ttl=0, unique=True)
        return _took(self.work)

    def delivered(self, first: int, jobs: int) -> tuple[Took, Took]:
        """Tickets, put on the queue by the relay and delivered by the worker."""
        for number in range(first, first + jobs):
            moment = datetime.now(UTC)
            open_ticket(self.engine, new_ticket(number), destinations=[BACKOFFICE], now=moment)
        policy, lanes = RelayPolicy(max_queued=jobs), delivery_lanes([BACKOFFICE])
        relay = _took(lambda: relay_once(self.engine, self.client, policy, lanes))
        return relay, _took(self.work)

    def acknowledged(self) -> int:
        """How many deliveries are, each by its first attempt."""
        at_once = (deliveries.c.state == "acknowledged", deliveries.c.attempts == 1)
        counted = sa.select(sa.func.count()).where(*at_once)
        with reading(self.engine) as connection:
            return connection.scalar(counted) or 0


def _took(work: Callable[[], object]) -> Took:
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - began, time.process_time() - cpu)


def _round(line: _Line, number: int, jobs: int) -> Round:
    """Who begins is the other one each time."""
    first, name = number * jobs, str(number)
    if number % 2:
        nothing = line.nothing(name, jobs)
        relay, delivered = line.delivered(first, jobs)
    else:
        relay, delivered = line.delivered(first, jobs)
        nothing = line.nothing(name, jobs)
    return Round(nothing, relay, delivered)


def _main(folder: Path, receiver: str, jobs: int, rounds: int) -> None:
    configure("info", "json")
    secret = (folder / SIGNING).read_text(encoding="ascii")
    engine = make_engine(f"sqlite:///{folder / 'hotline.db'}")
    upgrade(engine)
    client = make_redis(embedded_redis_url(folder), fast=False)
    office = WebhookDestination(BACKOFFICE, receiver, lambda: [secret])
    deliverer = Deliverer(engine, {BACKOFFICE: office}, RetryPolicy())
    functions = {**job_table(deliverer), _NOTHING: lambda _row: None}
    line = _Line(engine, client, LaneWorker(open_queue(client, MAIN_QUEUE), functions))
    took = [_round(line, number, jobs) for number in range(rounds + 1)]
    acknowledged = line.acknowledged()
    if acknowledged != (rounds + 1) * jobs:
        raise SystemExit(f"{acknowledged} of {(rounds + 1) * jobs} deliveries were acknowledged")
    sys.stdout.write(json.dumps([asdict(one) for one in took[1:]]))  # the first is to warm up
    engine.dispose()
    client.close()


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
