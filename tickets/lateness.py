"""Whether tickets wait too long: an alarm that stands outside everything that it watches.

Every process that delivers looks by itself, in a loop of its own: whichever part of the way has
stopped, another one tells.
"""

import sqlalchemy as sa
import structlog

from outbox.periodic import Periodic
from tickets import metrics
from tickets.health import observe_health
from tickets.outbox import count_by_state, oldest_waiting

log = structlog.get_logger()

LATE_S = 300.0
EVERY_S = 15.0
_STATES = ("pending", "sent", "acknowledged", "failed", "dead")


def late_alarm(engine: sa.Engine) -> Periodic:
    """The alarm, for every process that delivers."""
    return Periodic("late_alarm", EVERY_S, LateAlarm(engine).look)


class LateAlarm:
    """Tells once when the oldest delivery waits for more than `late_s`, and again the next time."""

    def __init__(self, engine: sa.Engine, late_s: float = LATE_S) -> None:
        self._engine = engine
        self._late_s = late_s
        self._told = False

    def look(self) -> bool:
        """Set the gauges; whether the oldest delivery is late. Raises SQLAlchemyError."""
        observe_health(self._engine)
        counts = count_by_state(self._engine)
        for state in _STATES:
            metrics.DELIVERIES.labels(state).set(counts.get(state, 0))
        age = oldest_waiting(self._engine)
        metrics.OLDEST_WAITING.set(age or 0.0)
        late = age is not None and age > self._late_s
        if late and not self._told:
            waiting = sum(counts.get(state, 0) for state in ("pending", "sent", "failed"))
            log.error("deliveries_late", oldest_s=round(age or 0.0), waiting=waiting)
        self._told = late
        return late
