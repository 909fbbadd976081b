"""The worker: all lanes in one process, a thread each.

Jobs run in the worker's process (no fork): a kill -9 leaves no work-horse behind, the leases in
SQL run out, and the relay queues the deliveries again. SIGTERM lets the jobs under way finish.
When Redis is away at the start or in the middle of a job, and when a job does not come back, the
process ends: its supervisor starts it again. While a lane waits for a job it keeps trying.
"""

import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import redis
import structlog

from outbox.lane_worker import LaneWorker
from outbox.queue import open_queue

log = structlog.get_logger()

STUCK_S = 60.0
"""No job takes as long: an attempt has its deadline, and what is around it is SQL. A lane whose
jobs run a program for minutes is said to be slow."""
_LOOK_S = 5.0
_GOODBYE_S = 5.0
_NONE: Mapping[str, float] = MappingProxyType({})


class LaneStuck(RuntimeError):
    """A job does not come back; the process must end, so that another takes the lane over."""


class LaneEnded(RuntimeError):
    """A lane's loop has ended though nobody wanted it to; the process must be started again."""


def run_worker(
    connection: redis.Redis,
    functions: Mapping[str, Callable[..., Any]],
    lanes: Sequence[str],
    *,
    made: Callable[[str], object] = lambda _lane: None,
    burst: bool = False,
    stuck_s: float = STUCK_S,
    slow: Mapping[str, float] = _NONE,
    ending: threading.Event | None = None,
) -> None:
    """Work on `lanes` until SIGTERM (or until they are empty, with `burst`). Main thread only.

    `functions` are what this worker runs, by their names on the queue: no others. `made` is told
    the lane that has made a round. Raises redis.exceptions.RedisError when Redis is away at the
    start, LaneEnded when a lane's loop ends by itself, and LaneStuck when a job takes longer than
    `stuck_s`, or than `slow` has for its lane. `ending` is set when the worker is asked to end:
    a job that would take long may end by it.
    """
    wake, asked = threading.Event(), threading.Event()

    def stop(_number: int, _frame: object) -> None:
        asked.set()
        if ending is not None:
            ending.set()
        wake.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    patience = {name: slow.get(name, stuck_s) for name in lanes}
    workers = [LaneWorker(open_queue(connection, name), functions, made) for name in lanes]
    threads = [_started(worker, burst, wake) for worker in workers]
    if burst:
        for thread in threads:
            thread.join()
        return
    while not wake.wait(min(_LOOK_S, stuck_s)) and not _stuck(workers, patience):
        pass
    _drain(workers, patience)
    _say_goodbye(workers)
    if stuck := _stuck(workers, patience):
        raise LaneStuck(f"a job on {stuck} has not come back in {patience[stuck]:g} s")
    if not asked.is_set():
        raise LaneEnded("a lane's loop has ended; see above")


def _started(worker: LaneWorker, burst: bool, ended: threading.Event) -> threading.Thread:
    def work() -> None:
        try:
            worker.work(burst=burst, logging_level="WARNING")
        except redis.exceptions.RedisError as error:  # told in a line: it is not a fault of ours
            log.error("lane_without_redis", lane=worker.lane, error=type(error).__name__)
        finally:
            ended.set()

    thread = threading.Thread(target=work, name=f"lane-{worker.lane}", daemon=True)
    thread.start()
    return thread


def _stuck(workers: Sequence[LaneWorker], patience: Mapping[str, float]) -> str:
    """The lane whose job does not come back; empty when there is none."""
    return next((one.lane for one in workers if one.busy_s > patience[one.lane]), "")


def _drain(workers: Sequence[LaneWorker], patience: Mapping[str, float]) -> None:
    """Let the jobs under way finish, but for those that are stuck."""
    for worker in workers:
        worker.end()
    while any(0 < worker.busy_s <= patience[worker.lane] for worker in workers):
        time.sleep(0.05)


def _say_goodbye(workers: Sequence[LaneWorker]) -> None:
    """For those that wait for a job too: they are left where they wait. Redis may hang."""
    ends = time.monotonic() + _GOODBYE_S
    threads = [threading.Thread(target=one.teardown, daemon=True) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
