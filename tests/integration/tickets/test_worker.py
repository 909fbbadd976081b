"""The worker in this very process: what it does with jobs, with signals and with lanes that end."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Worker
from rq.registry import FailedJobRegistry
from structlog.testing import capture_logs

from hotline.settings import load_settings
from outbox.lane_worker import LaneWorker
from outbox.queue import enqueue, open_queue
from outbox.work import Work
from outbox.worker import LaneEnded, LaneStuck, run_worker
from store.redis_clients import SLOW_SECONDS
from tests.fixtures.house import house_of
from tests.fixtures.processes import free_tcp_port

WORK = Work("thing", sa.table("things"), ("open",), "do.it")  # type: ignore[arg-type]  # a table without columns


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """An empty Redis; afterwards signals mean what they meant before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    with redis.Redis.from_url(redis_url) as connected:
        yield connected
        for thread in threading.enumerate():
            if thread.name.startswith("lane-"):
                thread.join(10)
    for number, handler in before.items():
        signal.signal(number, handler)


def queued(client: redis.Redis, lane: str, *row_ids: str, work: Work = WORK) -> None:
    """Put these rows on the lane."""
    for row_id in row_ids:
        enqueue(open_queue(client, lane), work, row_id, 1)


def test_every_lane_is_worked_on_until_it_is_empty(client: redis.Redis) -> None:
    """Each in its order; afterwards nobody is left in Redis as a worker."""
    queued(client, "a", "a1", "a2")
    queued(client, "b", "b1")
    done: list[str] = []
    rounds: list[str] = []
    run_worker(client, {"do.it": done.append}, ["a", "b"], made=rounds.append, burst=True)
    assert [one for one in done if one.startswith("a")] == ["a1", "a2"]
    assert sorted(done) == ["a1", "a2", "b1"]
    assert set(rounds) == {"a", "b"}
    assert Worker.all(connection=client) == []
    assert client.keys("rq:job:*") == []


def test_a_job_whose_function_is_not_on_the_list_is_refused(client: redis.Redis) -> None:
    """And told; those behind it are done."""
    queued(client, "a", "a1", work=Work("foreign", WORK.table, ("open",), "os.remove"))
    queued(client, "a", "a2")
    done: list[str] = []
    with capture_logs() as logs:
        run_worker(client, {"do.it": done.append}, ["a"], burst=True)
    assert done == ["a2"]
    assert FailedJobRegistry(queue=open_queue(client, "a")).get_job_ids() == ["foreign-a1-1"]
    refused = [entry["job_id"] for entry in logs if entry["event"] == "job_refused"]
    assert refused == ["foreign-a1-1"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_asked_to_end_ends_its_job_first(
    client: redis.Redis, number: signal.Signals
) -> None:
    """It begins no other; to end so is no error."""
    queued(client, "a", "a1", "a2")
    done: list[str] = []
    ended = threading.Event()

    def slow(row_id: str) -> None:
        os.kill(os.getpid(), number)
        ended.wait(0.2)  # nobody sets it: the worker has time to end too early
        done.append(row_id)

    run_worker(client, {"do.it": slow}, ["a"])
    assert done == ["a1"]
    assert Worker.all(connection=client) == []


def test_a_job_that_does_not_come_back_ends_the_worker(client: redis.Redis) -> None:
    """It says on which lane, and begins nothing more there."""
    queued(client, "a", "a1", "a2")
    over = threading.Event()
    try:
        with pytest.raises(LaneStuck, match="on a has not come back"):
            run_worker(client, {"do.it": lambda _row: over.wait(30)}, ["a"], stuck_s=0.2)
    finally:
        over.set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_lane_that_ends_by_itself_ends_the_worker(client: redis.Redis) -> None:
    """As where Redis does not let it look for jobs: whoever watches the process starts it again."""
    client.execute_command("ACL", "SETUSER", "default", "-hset")
    try:
        with pytest.raises(LaneEnded):
            run_worker(client, {}, ["a"])
    finally:
        client.execute_command("ACL", "SETUSER", "default", "+@all")


def test_a_worker_does_not_begin_without_redis() -> None:
    """It says so at once."""
    nobody = redis.Redis(port=free_tcp_port(), retry=Retry(NoBackoff(), 0))
    with nobody, pytest.raises(redis.exceptions.ConnectionError):
        LaneWorker(open_queue(nobody, "a"), {})


@pytest.mark.nightly
def test_who_waits_for_a_job_is_not_given_up(redis_url: str, tmp_path: Path) -> None:
    """Longer than the time-out of others, who have asked Redis in this process before."""
    services = house_of(load_settings({"HOTLINE_STATE_DIR": str(tmp_path), "REDIS_URL": redis_url}))
    try:
        services.slow_redis.ping()
        LaneWorker(open_queue(services.queue_redis, "idle"), {})
        waits_s = round(SLOW_SECONDS) + 1
        assert services.queue_redis.blpop(["nothing"], timeout=waits_s) is None
    finally:
        services.close()
