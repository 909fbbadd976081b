"""Part `delivery_rate`: how fast tickets go out, beside RQ's jobs that do nothing.

A ticket goes from the outbox by the relay to RQ's queue, and from there by a worker, signed, over
HTTP to a receiver, until its acknowledgement is written down. The empty jobs are run by the same
worker on the same queue. Both take turns in short rounds, so that a machine that is busy is busy
for both.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from socket import create_connection
from typing import Any

from embedded.child import ChildSpec
from embedded.redis_child import redis_child
from lab.bench.delivery_rounds import SIGNING, Round, Took
from lab.bench.figures import Bound, Figure, Measured, amount, ratio
from lab.bench.house import BenchFailed
from lab.bench.setting import Bench
from lab.own_stack import HOST, left_alone, own_folder, server_port
from tickets.destinations.webhook_secret import fresh_secret

RATE = Bound("at least", 0.40)

NOTES = (
    "median of the rounds' ratios, by time that passes: of the relay and then the worker, beside "
    "that of the worker alone with empty jobs that are on the queue already",
    "the receiver checks the signature, answers 201 with a number and keeps nothing; it and Redis "
    "are processes of their own, whose processor time is in no figure here",
    "a delivery is written to the disk before it is sent and after, an empty job never: beside "
    "others who write to that disk ours waits alone, and the processor's time says more",
)


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures. Raises BenchFailed, StartFailed, RedisMissing."""
    jobs, rounds = bench.sizes.deliveries, bench.sizes.delivery_rounds
    bench.say(f"{rounds} rounds of {jobs} tickets and {jobs} empty jobs")
    took = _rounds(jobs, rounds)

    def each(of: Callable[[Round], float]) -> float:
        return statistics.median(map(of, took)) / jobs

    yield Figure(
        "rate of deliveries, compared with empty jobs",
        statistics.median(one.nothing.seconds / _seconds(one) for one in took),
        "x",
        Measured("tickets, from the outbox to the acknowledgement", 1 / each(_seconds), "1/s"),
        Measured("jobs of RQ that do nothing", 1 / each(lambda one: one.nothing.seconds), "1/s"),
        RATE,
    )
    yield ratio(
        "processor time of a delivery, compared with an empty job",
        Measured("relay and worker, each ticket", each(_cpu) * 1000, "ms"),
        Measured("worker, each job", each(lambda one: one.nothing.cpu_seconds) * 1000, "ms"),
    )
    queued = each(lambda one: one.relay.seconds) * 1000
    yield amount("of which the relay", Measured("each ticket, by time that passes", queued, "ms"))


def _seconds(one: Round) -> float:
    return one.relay.seconds + one.deliveries.seconds


def _cpu(one: Round) -> float:
    return one.relay.cpu_seconds + one.deliveries.cpu_seconds


def _rounds(jobs: int, rounds: int) -> Sequence[Round]:
    return [
        Round(**{name: Took(**took) for name, took in one.items()})
        for one in rounds_of("lab.bench.delivery_rounds", jobs, rounds)
    ]


def rounds_of(module: str, each: int, rounds: int) -> Any:
    """What this module tells as JSON of so many rounds, run beside a Redis and a receiver.

    Raises BenchFailed, StartFailed, RedisMissing.
    """
    with own_folder() as folder, receiving(folder) as url:
        log = folder / "rounds.log"
        with log.open("wb") as told:
            done = subprocess.run(
                [sys.executable, "-m", module, str(folder), url, str(each), str(rounds)],
                stdout=subprocess.PIPE,
                stderr=told,
                check=False,
            )
        if done.returncode:
            said = log.read_text(encoding="utf-8", errors="replace")[-300:]
            raise BenchFailed(f"{module} ended with status {done.returncode}: {said}")
    return json.loads(done.stdout)


@contextmanager
def receiving(folder: Path) -> Iterator[str]:
    """A Redis, and a receiver at this address whose secret is in the folder.

    Raises StartFailed, RedisMissing.
    """
    port, secret = server_port(), folder / SIGNING
    secret.write_text(fresh_secret(), encoding="ascii")
    receiver = ChildSpec(
        name="receiver",
        argv=(sys.executable, "-m", "lab.bench.receiver", str(port), str(secret)),
        cwd=Path(__file__).parents[2],
        ready=lambda: _listens(port),
    )
    with left_alone([redis_child(folder), receiver], folder):
        yield f"http://{HOST}:{port}/tickets"


def _listens(port: int) -> bool:
    with closing(create_connection((HOST, port), 1.0)):
        return True
