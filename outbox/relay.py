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
from outbox.work import Work, moments, waits
from store.sql import UtcDateTime, database_now, reading

_AT_ONCE = 500
_LONG_AGO = sa.bindparam("long_ago", type_=UtcDateTime())
_NOT_YET = sa.bindparam("not_yet", type_=UtcDateTime())


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
        given = _moments(work, database_now(connection), policy)
        asked = sa.select(work.table.c.id).where(_wanted(work)).limit(1)
        return connection.scalar(asked, given) is not None


def _relay(engine: sa.Engine, queue: Queue, policy: RelayPolicy, lane: Lane) -> int:
    room = policy.max_queued - queue.count
    claimed = _claim(engine, policy, lane, room) if room > 0 else []
    with queue.connection.pipeline() as later:
        for position, (row_id, count) in enumerate(claimed):
            try:
                enqueue(queue, lane.work, row_id, count, later)
            except redis.exceptions.RedisError:
                _release(engine, lane.work, [key for key, _ in claimed[position:]])
                raise
        later.execute()
    if claimed:
        metrics.ENQUEUED.labels(lane.work.name).inc(len(claimed))
    return len(claimed)


def _wanted(work: Work) -> sa.ColumnElement[bool]:
    queued = work.table.c.queued_at
    forgotten = sa.or_(queued.is_(None), queued <= _LONG_AGO, queued > _NOT_YET)
    return sa.and_(waits(work), forgotten)


def _moments(work: Work, now: datetime, policy: RelayPolicy) -> dict[str, datetime]:
    patience = timedelta(seconds=work.lease_s or policy.requeue_after_s)
    lately = {"long_ago": now - patience, "not_yet": now + patience}
    return moments(now, work.lease_s or policy.lease_s) | lately


def _claim(engine: sa.Engine, policy: RelayPolicy, lane: Lane, room: int) -> list[tuple[str, int]]:
    """Mark rows as queued and count it. A quiet tick reads only and takes no write lock."""
    work, table = lane.work, lane.work.table
    wanted = _wanted(work)
    with reading(engine) as connection:
        given = _moments(work, database_now(connection), policy)
        ids = connection.scalars(
            sa.select(table.c.id)
            .where(wanted, lane.wanted)
            .order_by(table.c.queued_at.is_not(None), table.c.next_attempt_at)
            .limit(room),
            given,
        ).all()
    if not ids:
        return []
    claim = (
        table.update()
        .where(table.c.id.in_(sa.bindparam("ids", expanding=True)), wanted)
        .values(queued_at=given["now"], queue_count=table.c.queue_count + 1)
        .returning(table.c.id, table.c.queue_count)
    )
    counts: dict[str, int] = {}
    with engine.begin() as connection:
        for first in range(0, len(ids), _AT_ONCE):
            some = {"ids": ids[first : first + _AT_ONCE], **given}
            counts.update((row[0], row[1]) for row in connection.execute(claim, some))
    return [(row_id, counts[row_id]) for row_id in ids if row_id in counts]


def _release(engine: sa.Engine, work: Work, ids: list[str]) -> None:
    with engine.begin() as connection:
        connection.execute(
            work.table.update().where(work.table.c.id.in_(ids)).values(queued_at=None)
        )
