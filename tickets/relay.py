"""The relay: the loop that queues what is due, and tells when deliveries are late."""

import threading
from collections.abc import Sequence

import redis
import sqlalchemy as sa
import structlog

from tickets import metrics
from tickets.dispatch import RelayPolicy, relay_once
from tickets.health import observe_health
from tickets.lanes import Lane
from tickets.outbox import count_by_state, oldest_waiting

log = structlog.get_logger()

_STATES = ("pending", "sent", "acknowledged", "failed", "dead")


def run_relay(
    engine: sa.Engine,
    connection: redis.Redis,
    policy: RelayPolicy,
    stop: threading.Event,
    lanes: Sequence[Lane],
) -> None:
    """Relay until `stop` is set. Redis or SQL being away is logged once and waited out."""
    trouble: str | None = None
    observed = alerted = False
    ticks_between = max(1, round(policy.observe_every_s / policy.interval_s))
    tick = 0
    while not stop.is_set():
        try:
            relay_once(engine, connection, policy, lanes)
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
    observe_health(engine)
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
