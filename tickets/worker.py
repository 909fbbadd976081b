"""The worker: RQ's own loop, in one process, running names from a table and nothing else.

Jobs run in the worker's process (no fork): a kill -9 leaves no work-horse behind, the lease in
SQL runs out, and the relay queues the delivery again. SIGTERM lets the job under way finish.
When Redis is away at the start or in the middle of a job the process ends: its supervisor
starts it again. While it waits for a job it keeps trying.
"""

import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

import redis
import structlog
from rq import Queue, SimpleWorker
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer

from tickets.jobs import Delivers, job_table
from tickets.queue import open_queue

log = structlog.get_logger()

_WORKER_TTL_S = 30
_NO_FUNCTIONS: Mapping[str, Callable[..., Any]] = {}


class UnknownJob(Exception):
    """A job on the queue names a function that this worker does not run."""


class TableJob(Job):
    """A job whose function is looked up in a table, never imported.

    Whoever writes to Redis can put any importable name on a queue, as the function and as its
    callbacks, and any address as a webhook. None of them is followed.
    """

    functions: Mapping[str, Callable[..., Any]] = _NO_FUNCTIONS

    @property
    def func(self) -> Callable[..., Any]:
        """The function of that name. Raises UnknownJob for a name that is not in the table."""
        found = self.functions.get(self.func_name or "")
        if found is None:
            raise UnknownJob("a job names a function that is not run here")
        # A job of another release may say more than the row that it is about.
        return lambda row_id, *_more, **_named: found(row_id)

    @property
    def success_callback(self) -> None:
        """None: jobs of ours have no callbacks."""
        return

    @property
    def failure_callback(self) -> None:
        """None: jobs of ours have no callbacks."""
        return

    @property
    def stopped_callback(self) -> None:
        """None: jobs of ours have no callbacks."""
        return

    def send_webhooks(self, *_args: object, **_kwargs: object) -> None:
        """Nothing: jobs of ours have no webhooks."""


class DeliveryWorker(SimpleWorker):
    """A worker on the deliveries queue alone: with one queue RQ takes jobs by BLMOVE."""

    job_class = TableJob
    max_connection_wait_time = 5.0
    log_job_description = False
    log_result_lifespan = False

    def __init__(self, queue: Queue, functions: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__(
            [queue],
            connection=queue.connection,
            serializer=JSONSerializer,
            worker_ttl=_WORKER_TTL_S,
            log_job_description=False,
        )
        self._functions = functions

    def teardown(self) -> None:
        """Say goodbye in Redis, where it is there to hear it; its record of us expires anyway."""
        try:
            super().teardown()  # type: ignore[no-untyped-call]
        except redis.exceptions.RedisError as error:
            log.warning("worker_left_unheard", error=type(error).__name__)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Give the job this worker's table, then let RQ run it."""
        assert isinstance(job, TableJob)
        job.functions = self._functions
        try:
            known = job.func_name in self._functions
        except Exception:
            known = False
        if not known:
            log.error("job_refused", job_id=job.id, reason="its function is not on the list")
        return bool(super().perform_job(job, queue, execution))


def run_worker(
    connection: redis.Redis,
    deliverer: Delivers,
    *,
    more: Mapping[str, Callable[..., Any]] = _NO_FUNCTIONS,
    burst: bool = False,
) -> None:
    """Deliver until SIGTERM (or until the queue is empty, with `burst`). Blocks.

    `more` are the other functions that this worker runs, by their names on the queue.
    Raises redis.exceptions.RedisError when Redis is away at the start.
    """
    # RQ registers a worker before it minds signals: a SIGTERM in between ends it cleanly too.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    worker = DeliveryWorker(open_queue(connection), {**job_table(deliverer), **more})
    worker.work(burst=burst, logging_level="WARNING")
