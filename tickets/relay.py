"""The relay: finds work that is due in SQL and not on the queue, and puts it there.

It is the only scheduler. New tickets, retries whose moment has come, work of dead workers and
everything that an emptied Redis has lost are the same to it: due, free, and not queued lately.
"""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
import sqlalchemy as sa
import structlog
from rq import Queue

from tickets import metrics
from tickets.lease import DELIVERIES
from tickets.outbox import count_by_state, oldest_waiting
from tickets.queue import enqueue
from tickets.schema import database_now, reading
from tickets.work import Work, due, free

log = structlog.get_logger()

_STATES = ("pending", "sent", "acknowledged", "failed", "dead")


@dataclass(frozen=True, slots=True)
class RelayPolicy:
    """How the relay works. All in seconds but `max_queued`.

    Above `max_queued` jobs the queue is full and the rest waits in SQL, so that a long outage
    never fills Redis. `lease_s` is the workers' own. What was queued and not begun is queued
    again after `requeue_after_s`: a repeated job finds nothing to do.
    """

    interval_s: float = 1.0
    requeue_after_s: float = 13.0
    lease_s: float = 14.0
    max_queued: int = 200
    alert_after_s: float = 300.0
    observe_every_s: float = 15.0


def relay_once(
    engine: sa.Engine,
    queue: Queue,
    policy: RelayPolicy,
    works: Sequence[Work] = (DELIVERIES,),
) -> int:
    """Queue what is due now, of each of `works` in their order; the number of rows queued.

    Raises redis.exceptions.RedisError or sqlalchemy.exc.SQLAlchemyError when one of them is away;
    what was not queued is due again at once.
    """
    room = policy.max_queued - queue.count
    queued = 0
    for work in works:
        if room - queued > 0:
            queued += _relay(engine, queue, policy, work, room - queued)
    return queued


def _relay(engine: sa.Engine, queue: Queue, policy: RelayPolicy, work: Work, room: int) -> int:
    claimed = _claim(engine, policy, work, room)
    # A job is cut off before its lease ends: it must not run beside its own repetition.
    timeout_s = max(1, math.ceil(policy.lease_s) - 1)
    for position, (row_id, count) in enumerate(claimed):
        try:
            enqueue(queue, work, row_id, count, timeout_s=timeout_s)
        except redis.exceptions.RedisError:
            _release(engine, work, [key for key, _ in claimed[position:]])
            raise
    if claimed:
        metrics.ENQUEUED.labels(work.name).inc(len(claimed))
    return len(claimed)


def run_relay(
    engine: sa.Engine,
    queue: Queue,
    policy: RelayPolicy,
    stop: threading.Event,
    works: Sequence[Work] = (DELIVERIES,),
) -> None:
    """Relay until `stop` is set. Redis or SQL being away is logged once and waited out."""
    trouble: str | None = None
    observed = alerted = False
    ticks_between = max(1, round(policy.observe_every_s / policy.interval_s))
    tick = 0
    while not stop.is_set():
        try:
            relay_once(engine, queue, policy, works)
            if tick % ticks_between == 0 or not observed:
                alerted = observe(engine, policy, alerted=alerted)
                observed = True
            if trouble is not None:
                log.info("relay_recovered", after=trouble)
                trouble = None
        except Exception as error:  # it outlives whatever is away: the next round tries again
            name = type(error).__name__
            if name != trouble:
                log.error("relay_waits", error=name)
            trouble = name
        tick += 1
        stop.wait(policy.interval_s)


def observe(engine: sa.Engine, policy: RelayPolicy, *, alerted: bool) -> bool:
    """Set the gauges; log once when the oldest delivery waits too long. Whether it does."""
    counts = count_by_state(engine)
    for state in _STATES:
        metrics.DELIVERIES.labels(state).set(counts.get(state, 0))
    age = oldest_waiting(engine)
    metrics.OLDEST_WAITING.set(age or 0.0)
    late = age is not None and age > policy.alert_after_s
    if late and not alerted:
        waiting = sum(counts.get(state, 0) for state in ("pending", "sent", "failed"))
        log.error("deliveries_late", oldest_s=round(age or 0.0), waiting=waiting)
    return late


def _wanted(work: Work, now: datetime, policy: RelayPolicy) -> sa.ColumnElement[bool]:
    queued = work.table.c.queued_at
    patience = timedelta(seconds=policy.requeue_after_s)
    forgotten = sa.or_(queued.is_(None), queued <= now - patience, queued > now + patience)
    return sa.and_(due(work, now), free(work, now, policy.lease_s), forgotten)


def _claim(engine: sa.Engine, policy: RelayPolicy, work: Work, room: int) -> list[tuple[str, int]]:
    """Mark rows as queued and count it. A quiet tick reads only and takes no write lock."""
    table = work.table
    with reading(engine) as connection:
        now = database_now(connection)
        ids = connection.scalars(
            sa.select(table.c.id)
            .where(_wanted(work, now, policy))
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
