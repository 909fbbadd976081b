"""A lane's queue in Redis: one list, jobs that carry a row's identifier and nothing else.

The queue is a short buffer, not a store: it may vanish at any moment and is filled from SQL.
"""

import redis
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from outbox.work import Work

_FAILURE_KEPT_S = 86_400


def open_queue(connection: redis.Redis, name: str) -> Queue:
    """The queue of the lane of that name. Connects to nothing yet."""
    return Queue(name, connection=connection, serializer=JSONSerializer)


def enqueue(queue: Queue, work: Work, row_id: str, count: int, *, timeout_s: int) -> None:
    """Put a row's work on the queue for the `count`-th time; its job is cut off after `timeout_s`.

    The job's id says both, so a repetition after a lost reply finds the job in place: that is
    success. A new count is a new job, whatever has become of the one before it. Raises
    redis.exceptions.RedisError when Redis is away.
    """
    try:
        queue.enqueue(
            work.function,
            row_id,
            job_id=f"{work.name}-{row_id}-{count}",
            job_timeout=timeout_s,
            result_ttl=0,
            failure_ttl=_FAILURE_KEPT_S,
            unique=True,
        )
    except DuplicateJobError:
        return
