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
from tickets.circuit import UNGATED, asked_for_peace, close_circuit, open_circuit
from tickets.destination import PushResult
from tickets.schema import destinations

log = structlog.get_logger()

Change = Literal["ill", "well", "disabled"]
_MOST_TOLD = 400
ILL_AFTER = 3
"""Failures in a row."""


@dataclass(frozen=True, slots=True)
class Health:
    """A destination that has failed at some time; `failures` in a row, 0 when it does well.

    `failing_since` (UTC), `last_status` and `last_error` are of the failures of now, or of those
    before it was well. Before `open_until` nothing is tried; nothing at all since `disabled_at`.
    """

    name: str
    failures: int
    failing_since: datetime | None
    last_status: int | None
    last_error: str | None
    open_until: datetime | None = None
    disabled_at: datetime | None = None

    @property
    def ill(self) -> bool:
        """Whether it is worth a human's look."""
        return self.failures >= ILL_AFTER or self.disabled_at is not None

    @property
    def state(self) -> str:
        """In a word: `well`, `ill`, `left alone` for a while, or `disabled`."""
        if self.disabled_at is not None:
            return "disabled"
        if self.ill:
            return "ill"
        return "well" if self.open_until is None else "left alone"

    def __str__(self) -> str:
        if self.disabled_at is not None:
            return f"{self.name} wants no more tickets: `hotline destinations enable {self.name}`"
        if not self.ill:
            return f"{self.name} does well"
        return f"{self.name}: {self.failures} attempts in a row failed, the last: {self.last_error}"


def note_failure(
    connection: sa.Connection, name: str, result: PushResult, now: datetime
) -> Change | None:
    """Count what every ticket would have met; "ill" when these have just become too many.

    Then its circuit opens, and also where it asks for peace.
    """
    kind = postgresql if connection.dialect.name == "postgresql" else sqlite
    columns = destinations.c
    error = result.error[:_MOST_TOLD] if result.error else None
    fresh = {"failing_since": now, "last_status": result.status, "last_error": error}
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
        .returning(columns.failures, columns.failing_since)
    )
    row = connection.execute(statement).one()
    if name not in UNGATED and (row.failures >= ILL_AFTER or result.retry_after_s):
        open_circuit(connection, name, now, row.failing_since, result.retry_after_s)
    return "ill" if row.failures == ILL_AFTER else None


_STANDING = sa.select(
    destinations.c.failures, destinations.c.open_until, destinations.c.failing_since
).where(destinations.c.name == sa.bindparam("name"))


def left_alone(connection: sa.Connection, name: str) -> bool | None:
    """Whether its circuit is open; None where it has done well all the time."""
    row = connection.execute(_STANDING, {"name": name}).one_or_none()
    if row is None or (row.failures == 0 and row.open_until is None):
        return None
    return row.open_until is not None


def note_answer(connection: sa.Connection, name: str, now: datetime) -> Change | None:
    """The destination has said something about a ticket; "well" when it was ill until now.

    What was under way when it asked for peace says nothing against that.
    """
    row = connection.execute(_STANDING.with_for_update(), {"name": name}).one_or_none()
    if row is None or asked_for_peace(row.open_until, row.failing_since, now):
        return None
    if row.open_until is not None:
        close_circuit(connection, name, now, row.failing_since)
    elif row.failures:
        its = destinations.c.name == name
        connection.execute(destinations.update().where(its).values(failures=0))
    return "well" if row.failures >= ILL_AFTER else None


def tell_health(name: str, change: Change, result: PushResult) -> None:
    """Log it, once a change."""
    if change == "disabled":
        log.critical("destination_disabled", destination=name, status=result.status)
    elif change == "ill":
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
