"""One lane of a worker: RQ's loop on one queue, in a thread, running names from a table alone."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import redis
import structlog
from redis.client import Pipeline
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import BaseDeathPenalty

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


class NoPenalty(BaseDeathPenalty):
    """RQ's own limit of a job, which is none in a thread: it would need signals.

    An attempt keeps a deadline of its own; who does not come back all the same is found by
    `LaneWorker.busy_s`.
    """

    def setup_death_penalty(self) -> None:
        """Nothing."""

    def cancel_death_penalty(self) -> None:
        """Nothing."""


class LaneWorker(SimpleWorker):
    """A worker on one queue: with one RQ takes jobs by BLMOVE, with more it may lose some.

    Raises redis.exceptions.RedisError when Redis is away.
    """

    job_class = TableJob
    death_penalty_class = NoPenalty
    max_connection_wait_time = 5.0
    log_job_description = False
    log_result_lifespan = False

    def __init__(
        self,
        queue: Queue,
        functions: Mapping[str, Callable[..., Any]],
        made: Callable[[str], object] = lambda _lane: None,
    ) -> None:
        super().__init__(
            [queue],
            connection=queue.connection,
            serializer=JSONSerializer,
            worker_ttl=_WORKER_TTL_S,
            log_job_description=False,
        )
        self.lane: str = queue.name
        self._functions = functions
        self._made = made
        self._lock = threading.Lock()
        self._ending = False
        self._busy_since: float | None = None

    def end(self) -> None:
        """Begin no further job; the one under way goes on."""
        with self._lock:
            self._ending = True

    @property
    def busy_s(self) -> float:
        """How long the job under way has taken; 0 when there is none."""
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run the job. One that was taken when the lane ends is queued again by the relay."""
        with self._lock:
            if self._ending:
                raise StopRequested
            self._busy_since = time.monotonic()
        try:
            super().execute_job(job, queue)
        finally:
            self._busy_since = None

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Tell Redis of us, and here that a round was made; end where that is asked, between jobs.

        RQ calls it in each round, whether Redis hears it or not.
        """
        self._made(self.lane)
        if self._ending and self._busy_since is None:
            raise StopRequested
        super().heartbeat(timeout, pipeline)

    def _install_signal_handlers(self) -> None:
        """None: threads have none."""

    def subscribe(self) -> None:
        """To nothing: no command is taken from whoever can write to Redis."""

    def unsubscribe(self) -> None:
        """From nothing."""

    def teardown(self) -> None:
        """Say goodbye in Redis, where it is there to hear it; its record of us expires anyway."""
        try:
            super().teardown()  # type: ignore[no-untyped-call]  # RQ's has no types
        except redis.exceptions.RedisError as error:
            log.warning("worker_left_unheard", error=type(error).__name__)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Give the job this worker's table, then let RQ run it."""
        assert isinstance(job, TableJob)
        job.functions = self._functions
        try:
            known = job.func_name in self._functions
        except Exception:  # whatever Redis holds of a job that nobody can read
            known = False
        if not known:
            log.error("job_refused", job_id=job.id, reason="its function is not on the list")
        return bool(super().perform_job(job, queue, execution))
