"""Which tickets a day's list has: those that its destination was to be told of, and the open ones.

A ticket is given as it is when the list is made.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from store.fields import record_of
from store.sql import reading
from tickets.model import CLOSED_STATUSES, OPENED, Ticket
from tickets.schema import deliveries
from tickets.schema import tickets as table

MOST_ROWS = 5000
"""Of each list: some hundreds of kilobytes, which every mailbox takes."""


@dataclass(frozen=True, slots=True)
class DayList:
    """The tickets of a day and those that are open. `cut`: there are more than are listed."""

    day: date
    told: tuple[Ticket, ...]
    open: tuple[Ticket, ...]
    cut: bool


def day_list(engine: sa.Engine, destination: str, day: date, zone: ZoneInfo) -> DayList:
    """The list of `day` in this zone. Raises SQLAlchemyError."""
    begin, end = day_bounds(day, zone)
    to = deliveries.c.destination == destination
    made = sa.and_(deliveries.c.created_at >= begin, deliveries.c.created_at < end)
    told = _tickets(sa.select(deliveries.c.ticket_id).where(to, made))
    opened = sa.select(deliveries.c.ticket_id).where(
        to, deliveries.c.event == OPENED, deliveries.c.created_at < end
    )
    still_open = _tickets(opened).where(table.c.status.not_in(CLOSED_STATUSES))
    with reading(engine) as connection:
        found = [
            tuple(record_of(Ticket, row) for row in connection.execute(asked))
            for asked in (told, still_open)
        ]
    cut = any(len(rows) > MOST_ROWS for rows in found)
    return DayList(day, found[0][:MOST_ROWS], found[1][:MOST_ROWS], cut)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the day begins and when the next one does."""
    begin = datetime.combine(day, time(), zone)
    return begin, datetime.combine(day + timedelta(days=1), time(), zone)


def _tickets(keys: sa.Select[tuple[str]]) -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(table)
        .where(table.c.idempotency_key.in_(keys))
        .order_by(table.c.requested_datetime, table.c.idempotency_key)
        .limit(MOST_ROWS + 1)
    )
