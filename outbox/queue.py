"""A lane's queue in Redis: one list, jobs that carry a row's identifier and nothing else.

The queue is a short buffer, not a store: it may vanish at any moment and is filled from SQL.
"""

import redis
from redis.client import Pipeline
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from outbox.work import Work

_FAILURE_KEPT_S = 86_400


def open_queue(connection: redis.Redis, name: str) -> Queue:
    """The queue of the lane of that name. Connects to nothing yet."""
    return Queue(name, connection=connection, serializer=JSONSerializer)


def enqueue(
    queue: Queue, work: Work, row_id: str, count: int, later: Pipeline | None = None
) -> None:
    """Put a row's work on the queue for the `count`-th time.

    Beside each job RQ writes down that there is a queue of this name. `later` is what that may wait
    for, where one trip to Redis is enough for many jobs.

    RQ's limit of a job's time is left as it is, for no worker of ours keeps it (`NoPenalty`): what
    ends an attempt before its lease is the attempt's own deadline.

    The job's id says both, so a repetition after a lost reply finds the job in place: that is
    success. A new count is a new job, whatever has become of the one before it. Raises
    redis.exceptions.RedisError when Redis is away.
    """
    try:
        queue.enqueue(
            work.function,
            row_id,
            job_id=f"{work.name}-{row_id}-{count}",
            result_ttl=0,
            failure_ttl=_FAILURE_KEPT_S,
            unique=True,
            pipeline=later,
        )
    except DuplicateJobError:
        return
