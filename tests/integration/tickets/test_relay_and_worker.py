"""The queue may vanish, workers may be killed: the back office still makes each ticket once."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa
from pytest_httpserver import HTTPServer
from rq import Queue, Worker
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer
from werkzeug import Request, Response

from outbox.periodic import Loops, Periodic
from outbox.queue import enqueue, open_queue
from outbox.relay import RelayPolicy, relay_once
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.tickets import (
    SECRET,
    Backoffice,
    new_ticket,
    pass_on,
    python_process,
    running_backoffice,
    wait_until,
)
from tickets.circuit import probing
from tickets.lanes import MAIN_QUEUE, delivery_lanes
from tickets.lease import DELIVERIES
from tickets.open import open_ticket
from tickets.outbox import count_by_state, list_attempts, list_deliveries

LANES = delivery_lanes([])
QUICK = RelayPolicy(interval_s=0.05, requeue_after_s=1.0, lease_s=3.0)

_WORKER = """
import sys
import redis
from store.database import make_engine
from tickets.delivery import Deliverer
from outbox.retry import RetryPolicy
from tickets.destinations.webhook import WebhookDestination
from outbox.worker import run_worker
from tickets.jobs import job_table
database_url, redis_url, url, secret = sys.argv[1:5]
policy = RetryPolicy(base_s=0.01, cap_s=0.05, max_attempts=10_000, lease_s=3.0)
office = WebhookDestination("backoffice", url, lambda: [secret], timeout_s=1.0)
deliverer = Deliverer(make_engine(database_url), {"backoffice": office}, policy)
print("started", flush=True)
run_worker(
    redis.Redis.from_url(redis_url), job_table(deliverer), ["deliveries"], burst="burst" in sys.argv
)
"""


@contextmanager
def worker(
    database_url: str, redis_url: str, url: str, *options: str
) -> Iterator[subprocess.Popen[str]]:
    """A real worker process that pushes to `url`."""
    with python_process(_WORKER, database_url, redis_url, url, SECRET, *options) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        yield process


@contextmanager
def relay(engine: sa.Engine, redis_url: str, policy: RelayPolicy = QUICK) -> Iterator[None]:
    """The relay in a thread, its Redis without patience."""
    with redis.Redis.from_url(redis_url, socket_timeout=1, retry=None) as client:
        once = partial(relay_once, engine, client, policy, LANES)
        loop = Periodic("relay", policy.interval_s, once)
        with Loops([loop, probing(engine)], afresh=lambda: None).running():
            yield


def open_some(engine: sa.Engine, number: int) -> set[str]:
    """Open `number` tickets; their reference numbers."""
    return {
        open_ticket(
            engine, new_ticket(f"call:{n}:1"), destinations=["backoffice"], now=datetime.now(UTC)
        ).service_request_id
        for n in range(number)
    }


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis that a test may kill."""
    server = RedisProcess(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def queue(redis_url: str) -> Iterator[Queue]:
    """The deliveries queue on an empty Redis."""
    with redis.Redis.from_url(redis_url) as client:
        yield open_queue(client, MAIN_QUEUE)


def test_the_relay_queues_what_is_due_and_only_once(any_engine: sa.Engine, queue: Queue) -> None:
    """A delivery that waits on the queue is not queued again before it is late."""
    open_some(any_engine, 3)
    assert relay_once(any_engine, queue.connection, QUICK, LANES) == 3
    assert relay_once(any_engine, queue.connection, QUICK, LANES) == 0
    wait_until(
        lambda: relay_once(any_engine, queue.connection, QUICK, LANES) == 3,
        "late ones are queued again",
    )


def test_jobs_carry_an_identifier_and_nothing_else(engine: sa.Engine, queue: Queue) -> None:
    """No caller's number, place or words are ever in Redis."""
    open_some(engine, 1)
    relay_once(engine, queue.connection, QUICK, LANES)
    (delivery,) = list_deliveries(engine)
    (job,) = queue.get_jobs()
    assert list(job.args) == [delivery.id]
    assert job.kwargs == {}
    for key in queue.connection.keys("*"):
        if queue.connection.type(key) == b"hash":
            for value in queue.connection.hvals(key):
                assert isinstance(value, bytes)
                assert b"9665" not in value
                assert b"7421" not in value


def test_a_full_queue_leaves_the_rest_in_sql(engine: sa.Engine, queue: Queue) -> None:
    """A long outage of the back office never fills Redis."""
    open_some(engine, 5)
    policy = RelayPolicy(max_queued=2)
    assert relay_once(engine, queue.connection, policy, LANES) == 2
    assert relay_once(engine, queue.connection, policy, LANES) == 0
    queue.empty()
    assert relay_once(engine, queue.connection, policy, LANES) == 2


def test_a_job_that_is_on_the_queue_already_is_success(queue: Queue) -> None:
    """After a lost reply the repetition finds the job in place and adds none."""
    enqueue(queue, DELIVERIES, "d1", 1)
    enqueue(queue, DELIVERIES, "d1", 1)
    assert queue.count == 1
    enqueue(queue, DELIVERIES, "d1", 2)
    assert queue.count == 2


def test_a_queue_that_the_relay_has_filled_is_known_to_tools_of_rq(
    engine: sa.Engine, queue: Queue
) -> None:
    """`rq info` lists the queues whose names were written down beside a job."""
    assert Queue.all(queue.connection) == []
    open_some(engine, 3)
    assert relay_once(engine, queue.connection, QUICK, LANES) == 3
    assert Queue.all(queue.connection) == [queue]


def test_what_could_not_be_queued_is_due_again_at_once(
    engine: sa.Engine, own_redis: RedisProcess
) -> None:
    """A Redis that goes away between claim and push leaves nothing marked as queued."""
    open_some(engine, 2)
    with redis.Redis.from_url(own_redis.url, retry=None) as client:
        queue = open_queue(client, MAIN_QUEUE)
        client.execute_command("ACL", "SETUSER", "default", "-evalsha", "-eval", "-script")
        with pytest.raises(redis.exceptions.RedisError):
            relay_once(engine, queue.connection, QUICK, LANES)
    assert [d.queued_at for d in list_deliveries(engine)] == [None, None]


def test_relay_and_worker_deliver_everything_once(
    any_engine: sa.Engine, any_url: str, redis_url: str, backoffice: Backoffice
) -> None:
    """The whole path with two workers: every ticket arrives, none twice."""
    references = open_some(any_engine, 30)
    target = f"{backoffice.url}/tickets"
    with (
        relay(any_engine, redis_url),
        worker(any_url, redis_url, target),
        worker(any_url, redis_url, target),
    ):
        wait_until(lambda: count_by_state(any_engine) == {"acknowledged": 30}, "all acknowledged")
    received = backoffice.tickets()
    assert {t["service_request_id"] for t in received} == references
    assert {t["times_received"] for t in received} == {1}


def test_kill_9_of_a_worker_in_mid_delivery_makes_the_ticket_once(
    engine: sa.Engine,
    database_url: str,
    redis_url: str,
    backoffice: Backoffice,
    httpserver: HTTPServer,
) -> None:
    """The push has reached the back office, the worker dies before it hears so: delivered once."""
    pushes: list[int] = []
    first_is_there = threading.Event()
    worker_is_dead = threading.Event()

    def through(request: Request) -> Response:
        reply = pass_on(request, backoffice)
        pushes.append(reply.status_code)
        if len(pushes) == 1:
            first_is_there.set()
            worker_is_dead.wait(10)
        return reply

    httpserver.expect_request("/tickets").respond_with_handler(through)
    target = httpserver.url_for("/tickets")
    (reference,) = open_some(engine, 1)
    with relay(engine, redis_url):
        with worker(database_url, redis_url, target) as doomed:
            assert first_is_there.wait(20)
            os.kill(doomed.pid, signal.SIGKILL)
            doomed.wait()
        worker_is_dead.set()
        with worker(database_url, redis_url, target):
            wait_until(lambda: count_by_state(engine) == {"acknowledged": 1}, "acknowledged")
    # Made at the first push. A busy machine may push once more than is needed, and makes none.
    assert len(pushes) > 1
    assert pushes == [201] + [200] * (len(pushes) - 1)
    (received,) = backoffice.tickets()
    assert received["service_request_id"] == reference
    assert received["times_received"] == len(pushes)
    (delivery,) = list_deliveries(engine)
    outcomes = [a.outcome for a in list_attempts(engine, delivery.id)]
    assert (outcomes[0], outcomes[-1]) == (None, "acknowledged")


def test_a_job_taken_by_a_worker_that_died_before_it_began_is_queued_again(
    engine: sa.Engine, database_url: str, redis_url: str, backoffice: Backoffice, queue: Queue
) -> None:
    """A job that left the list with a dead worker comes back from SQL."""
    open_some(engine, 1)
    relay_once(engine, queue.connection, QUICK, LANES)
    assert queue.connection.lmove(queue.key, f"{queue.key}:intermediate") is not None
    with relay(engine, redis_url), worker(database_url, redis_url, f"{backoffice.url}/tickets"):
        wait_until(lambda: count_by_state(engine) == {"acknowledged": 1}, "acknowledged")


def test_a_redis_that_comes_back_empty_is_refilled(
    engine: sa.Engine, database_url: str, own_redis: RedisProcess, backoffice: Backoffice
) -> None:
    """Redis is killed with jobs on the queue and starts with nothing: SQL is the record."""
    references = open_some(engine, 5)
    with relay(engine, own_redis.url):
        with redis.Redis.from_url(own_redis.url) as client:
            wait_until(lambda: open_queue(client, MAIN_QUEUE).count == 5, "all queued")
        own_redis.kill()
        for left in sorted(own_redis.folder.rglob("*"), reverse=True):
            left.rmdir() if left.is_dir() else left.unlink()
        more = open_ticket(
            engine, new_ticket("call:x:1"), destinations=["backoffice"], now=datetime.now(UTC)
        )
        own_redis.start()
        with worker(database_url, own_redis.url, f"{backoffice.url}/tickets"):
            wait_until(lambda: count_by_state(engine) == {"acknowledged": 6}, "acknowledged")
    received = {t["service_request_id"] for t in backoffice.tickets()}
    assert received == references | {more.service_request_id}


def test_a_back_office_that_comes_back_gets_what_waited(
    engine: sa.Engine, database_url: str, redis_url: str, tmp_path: Path, httpserver: HTTPServer
) -> None:
    """While it is away deliveries fail and wait; the relay queues each when its moment comes."""
    open_some(engine, 3)
    with running_backoffice(tmp_path) as office:
        back = threading.Event()

        def front(request: Request) -> Response:
            return pass_on(request, office) if back.is_set() else Response("", status=503)

        httpserver.expect_request("/tickets").respond_with_handler(front)
        target = httpserver.url_for("/tickets")
        with relay(engine, redis_url), worker(database_url, redis_url, target):
            wait_until(lambda: sum(d.attempts for d in list_deliveries(engine)) >= 6, "retries")
            back.set()
            wait_until(lambda: count_by_state(engine) == {"acknowledged": 3}, "acknowledged")
        assert {t["times_received"] for t in office.tickets()} == {1}


def test_sigterm_lets_the_delivery_under_way_finish(
    engine: sa.Engine, database_url: str, redis_url: str, httpserver: HTTPServer
) -> None:
    """A worker that is asked to stop ends its job first, then exits with 0."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(_request: Request) -> Response:
        begun.set()
        go_on.wait(5)
        return Response('{"id": "A-1"}', status=201)

    httpserver.expect_request("/tickets").respond_with_handler(slow)
    open_some(engine, 1)
    with (
        relay(engine, redis_url),
        worker(database_url, redis_url, httpserver.url_for("/tickets")) as process,
    ):
        assert begun.wait(20)
        process.send_signal(signal.SIGTERM)
        go_on.set()
        assert process.wait(timeout=20) == 0
    (delivery,) = list_deliveries(engine)
    assert (delivery.state, delivery.attempts, delivery.remote_id) == ("acknowledged", 1, "A-1")


def states_of(queue: Queue) -> list[str]:
    """What its workers do; one that only begins has none yet."""
    return [worker.get_state() for worker in Worker.all(queue=queue)]


def test_sigterm_ends_a_worker_whose_redis_is_away(
    database_url: str, own_redis: RedisProcess
) -> None:
    """A worker that waits for Redis still ends when it is asked to."""
    with worker(database_url, own_redis.url, "http://127.0.0.1:1/") as process:
        with redis.Redis.from_url(own_redis.url) as client:
            queue = open_queue(client, MAIN_QUEUE)
            wait_until(lambda: states_of(queue) == ["idle"], "the worker waits for work")
        own_redis.kill()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_sigterm_ends_an_idle_worker(database_url: str, redis_url: str, queue: Queue) -> None:
    """A worker with nothing to do exits at once."""
    with worker(database_url, redis_url, "http://127.0.0.1:1/") as process:
        wait_until(lambda: states_of(queue) == ["idle"], "the worker waits for work")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


@pytest.mark.parametrize("place", ["function", "success_callback", "failure_callback", "instance"])
def test_a_foreign_function_on_the_queue_is_not_run(
    database_url: str, redis_url: str, queue: Queue, tmp_path: Path, place: str
) -> None:
    """Whoever can write to Redis cannot make a worker call what it names."""
    witness = tmp_path / "witness"
    foreign = Queue(MAIN_QUEUE, connection=queue.connection, serializer=JSONSerializer)
    job = foreign.create_job("os.mkdir", args=(str(witness),), result_ttl=60)
    if place == "instance":
        job._instance = str(witness)
        job._func_name = "encode"
    elif place != "function":
        job._func_name = "tickets.jobs.deliver"
        job._args = ("unknown",)
    job.save()
    if place in ("success_callback", "failure_callback"):
        if place == "failure_callback":
            job._args = ()
            job._data = job.serializer.dumps(("tickets.jobs.deliver", None, [], {}))
            job.save()
        queue.connection.hset(
            job.key, f"{place}_name", "tests.fixtures.tickets_witness.leave_witness"
        )
        queue.connection.hset(job.key, "description", str(witness))
    queue.connection.rpush(queue.key, job.id)
    options = (database_url, redis_url, "http://127.0.0.1:1/", "burst")
    with worker(*options) as process:
        assert process.wait(timeout=20) == 0
    assert queue.count == 0
    assert not witness.exists()
    refused = job.id in FailedJobRegistry(queue=queue)
    assert refused == (place != "success_callback")
