"""How a destination does as a whole: what every ticket would meet is said once, of it.

A page of maintenance, a wrong secret or a gateway that hangs is no fault of the ticket that met it
first. After some such failures in a row, whichever tickets they met, the destination is ill; the
first answer about a ticket makes it well.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from store.sql import reading
from tickets import metrics
from tickets.destination import PushResult
from tickets.schema import destinations

log = structlog.get_logger()

Change = Literal["ill", "well"]
ILL_AFTER = 3
"""Failures in a row."""


@dataclass(frozen=True, slots=True)
class Health:
    """A destination that has failed at some time; `failures` in a row, 0 when it does well.

    `failing_since` (UTC), `last_status` and `last_error` are of the failures of now, or of those
    before it was well.
    """

    name: str
    failures: int
    failing_since: datetime | None
    last_status: int | None
    last_error: str | None

    @property
    def ill(self) -> bool:
        """Whether it is worth a human's look."""
        return self.failures >= ILL_AFTER

    def __str__(self) -> str:
        if not self.ill:
            return f"{self.name} does well"
        return f"{self.name}: {self.failures} attempts in a row failed, the last: {self.last_error}"


def note_failure(
    connection: sa.Connection, name: str, status: int | None, error: str | None, now: datetime
) -> Change | None:
    """Count what every ticket would have met; "ill" when these have just become too many."""
    kind = postgresql if connection.dialect.name == "postgresql" else sqlite
    columns = destinations.c
    fresh = {"failing_since": now, "last_status": status, "last_error": error}
    statement = (
        kind.insert(destinations)
        .values(name=name, failures=1, **fresh)
        .on_conflict_do_update(
            index_elements=[columns.name],
            set_=fresh
            | {
                "failures": columns.failures + 1,
                "failing_since": sa.case((columns.failures == 0, now), else_=columns.failing_since),
            },
        )
        .returning(columns.failures)
    )
    return "ill" if connection.execute(statement).scalar_one() == ILL_AFTER else None


def note_answer(connection: sa.Connection, name: str) -> Change | None:
    """The destination has said something about a ticket; "well" when it was ill until now."""
    failing = sa.and_(destinations.c.name == name, destinations.c.failures > 0)
    before = connection.scalar(sa.select(destinations.c.failures).where(failing))
    if before is None:
        return None
    connection.execute(destinations.update().where(failing).values(failures=0))
    return "well" if before >= ILL_AFTER else None


def tell_health(name: str, change: Change, result: PushResult) -> None:
    """Log it, once a change."""
    if change == "ill":
        log.error("destination_ill", destination=name, status=result.status, error=result.error)
    else:
        log.warning("destination_well", destination=name)


def read_health(engine: sa.Engine) -> list[Health]:
    """Every destination that has ever failed, by name."""
    columns = [destinations.c[field.name] for field in fields(Health)]
    with reading(engine) as connection:
        rows = connection.execute(sa.select(*columns).order_by(destinations.c.name))
        return [Health(**row._mapping) for row in rows]


def observe_health(engine: sa.Engine) -> None:
    """Set the gauges."""
    for one in read_health(engine):
        metrics.ILL.labels(one.name).set(one.ill)
