"""What is due in SQL and not on its queue, put there: lane by lane.

New tickets, retries whose moment has come, work of dead workers and everything that an emptied
Redis has lost are the same here: due, free, and not queued lately.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
import sqlalchemy as sa
from rq import Queue

from outbox import metrics
from outbox.lanes import Lane
from outbox.periodic import Periodic
from outbox.queue import enqueue, open_queue
from outbox.work import Work, due, free
from store.sql import database_now, reading


@dataclass(frozen=True, slots=True)
class RelayPolicy:
    """How the relay works. All in seconds but `max_queued`.

    Above `max_queued` jobs a lane's queue is full and the rest waits in SQL, so that a long outage
    never fills Redis. `lease_s` is the workers' own. What was queued and not begun is queued
    again after `requeue_after_s`: a repeated job finds nothing to do. Work that has a lease of its
    own goes by that in both.
    """

    interval_s: float = 1.0
    requeue_after_s: float = 13.0
    lease_s: float = 14.0
    max_queued: int = 200


def relaying(
    engine: sa.Engine, connection: redis.Redis, policy: RelayPolicy, lanes: Sequence[Lane]
) -> Periodic:
    """The relay, for a process that runs it."""
    return Periodic(
        "relay", policy.interval_s, lambda: relay_once(engine, connection, policy, lanes)
    )


def relay_once(
    engine: sa.Engine, connection: redis.Redis, policy: RelayPolicy, lanes: Sequence[Lane]
) -> int:
    """Queue what is due now on each of `lanes`, each as far as it has room; how many rows.

    Raises redis.exceptions.RedisError or sqlalchemy.exc.SQLAlchemyError when one of them is away;
    what was not queued is due again at once.
    """
    busy = {lane.work for lane in lanes if _anything(engine, policy, lane.work)}
    queues = [(lane, open_queue(connection, lane.name)) for lane in lanes if lane.work in busy]
    return sum(_relay(engine, queue, policy, lane) for lane, queue in queues)


def _anything(engine: sa.Engine, policy: RelayPolicy, work: Work) -> bool:
    """Whether a row of any lane waits: most rounds find none, and ask once for all of them."""
    with reading(engine) as connection:
        wanted = _wanted(work, database_now(connection), policy)
        return connection.scalar(sa.select(work.table.c.id).where(wanted).limit(1)) is not None


def _relay(engine: sa.Engine, queue: Queue, policy: RelayPolicy, lane: Lane) -> int:
    room = policy.max_queued - queue.count
    claimed = _claim(engine, policy, lane, room) if room > 0 else []
    for position, (row_id, count) in enumerate(claimed):
        try:
            enqueue(queue, lane.work, row_id, count)
        except redis.exceptions.RedisError:
            _release(engine, lane.work, [key for key, _ in claimed[position:]])
            raise
    if claimed:
        metrics.ENQUEUED.labels(lane.work.name).inc(len(claimed))
    return len(claimed)


def _wanted(work: Work, now: datetime, policy: RelayPolicy) -> sa.ColumnElement[bool]:
    queued = work.table.c.queued_at
    patience = timedelta(seconds=work.lease_s or policy.requeue_after_s)
    forgotten = sa.or_(queued.is_(None), queued <= now - patience, queued > now + patience)
    return sa.and_(due(work, now), free(work, now, work.lease_s or policy.lease_s), forgotten)


def _claim(engine: sa.Engine, policy: RelayPolicy, lane: Lane, room: int) -> list[tuple[str, int]]:
    """Mark rows as queued and count it. A quiet tick reads only and takes no write lock."""
    work, table = lane.work, lane.work.table
    with reading(engine) as connection:
        now = database_now(connection)
        ids = connection.scalars(
            sa.select(table.c.id)
            .where(_wanted(work, now, policy), lane.wanted)
            .order_by(table.c.queued_at.is_not(None), table.c.next_attempt_at)
            .limit(room)
        ).all()
    if not ids:
        return []
    claimed: list[tuple[str, int]] = []
    with engine.begin() as connection:
        for row_id in ids:
            count = connection.execute(
                table.update()
                .where(table.c.id == row_id, _wanted(work, now, policy))
                .values(queued_at=now, queue_count=table.c.queue_count + 1)
                .returning(table.c.queue_count)
            ).scalar_one_or_none()
            if count is not None:
                claimed.append((row_id, count))
    return claimed


def _release(engine: sa.Engine, work: Work, ids: list[str]) -> None:
    with engine.begin() as connection:
        connection.execute(
            work.table.update().where(work.table.c.id.in_(ids)).values(queued_at=None)
        )
