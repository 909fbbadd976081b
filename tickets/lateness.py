"""Whether tickets wait too long: an alarm that stands outside everything that it watches.

Every process that delivers looks by itself, in a loop of its own: whichever part of the way has
stopped, another one tells.
"""

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa
import structlog

from outbox.periodic import Periodic
from tickets import metrics
from tickets.circuit import OPEN_STATES
from tickets.health import observe_health
from tickets.outbox import Backlog, backlog, oldest_waiting

log = structlog.get_logger()

LATE_S = 300.0
EVERY_S = 15.0
_STATES = (*OPEN_STATES, "dead")


def late_alarm(engine: sa.Engine) -> Periodic:
    """The alarm, for every process that delivers."""
    return Periodic("late_alarm", EVERY_S, LateAlarm(engine).look)


class LateAlarm:
    """Tells once when the oldest delivery waits for more than `late_s`, and again the next time."""

    def __init__(self, engine: sa.Engine, late_s: float = LATE_S) -> None:
        self._engine = engine
        self._late_s = late_s
        self._told = False
        self._seen: set[str] = set()

    def look(self) -> bool:
        """Set the gauges; whether the oldest delivery is late. Raises SQLAlchemyError."""
        observe_health(self._engine)
        counts = self._observe(backlog(self._engine))
        age = oldest_waiting(self._engine)
        metrics.OLDEST_WAITING.set(age or 0.0)
        late = age is not None and age > self._late_s
        if late and not self._told:
            waiting = sum(counts[state] for state in OPEN_STATES)
            log.error("deliveries_late", oldest_s=round(age or 0.0), waiting=waiting)
        self._told = late
        return late

    def _observe(self, rows: Sequence[Backlog]) -> Counter[str]:
        """Set the gauges of what is not delivered; how many of each state."""
        counts: Counter[str] = Counter()
        waiting: Counter[str] = Counter()
        dead: Counter[str] = Counter()
        oldest: dict[str, float] = {}
        for row in rows:
            counts[row.state] += row.count
            (dead if row.state == "dead" else waiting)[row.destination] += row.count
            if row.state != "dead":
                oldest[row.destination] = max(row.oldest_s, oldest.get(row.destination, 0.0))
        for state in _STATES:
            metrics.DELIVERIES.labels(state).set(counts[state])
        self._seen |= waiting.keys() | dead.keys()
        for name in self._seen:
            metrics.WAITING.labels(name).set(waiting[name])
            metrics.OLDEST.labels(name).set(oldest.get(name, 0.0))
            metrics.DEAD_NOW.labels(name).set(dead[name])
        return counts
