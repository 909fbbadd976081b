"""Looking for calls a page at a time: a page costs no more among a million calls than among few.

An index leads to what is looked for, newest first. Where more is asked than it knows of, at most
`LOOKED_THROUGH` of the calls that it leads to are looked through for one page: a page may have few
calls then, or none, and tells where the next one goes on.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from call_handlers.fields import CallRecord
from call_handlers.history import NEWEST, newest
from call_handlers.schema import calls
from call_handlers.wanted import Wanted, each, of_time
from store.fields import record_of
from store.sql import beyond, reading

LOOKED_THROUGH = 5_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_ID = 32
_MOMENT = re.compile("[0-9a-f]{1,14}")


class Place(NamedTuple):
    """Where a page ends: behind this call, or before this moment where `id` is empty."""

    started_at: datetime
    id: str

    def __str__(self) -> str:
        """The place as a cursor: nothing in it says more than where it is."""
        return f"{(self.started_at - _EPOCH) // timedelta(microseconds=1):x}.{self.id}"

    @classmethod
    def of(cls, cursor: str) -> "Place":
        """The place that `str` gave. Raises ValueError for a text that is none."""
        moment, dot, call_id = cursor.partition(".")
        known = _MOMENT.fullmatch(moment) and call_id.isascii() and len(call_id) <= _LONGEST_ID
        if not dot or not known:
            raise ValueError("the cursor is none of ours: begin at the first page")
        return cls(_EPOCH + timedelta(microseconds=int(moment, 16)), call_id)


@dataclass(frozen=True, slots=True)
class CallsPage:
    """Some calls, newest first. `next` is where the next page goes on, None behind the last."""

    calls: tuple[CallRecord, ...]
    next: Place | None

    @property
    def looked_back_to(self) -> datetime | None:
        """Up to when was looked where that was no reason to stop; None where the page is full."""
        return self.next.started_at if self.next is not None and not self.next.id else None


def find_calls(
    engine: sa.Engine, wanted: Wanted, *, limit: int = 50, after: Place | None = None
) -> CallsPage:
    """At most `limit` of the calls that are wanted, from `after` on. Raises SQLAlchemyError."""
    asked = list(each(wanted))
    lead = next((condition for indexed, condition in asked if indexed), None)
    others = [condition for _, condition in asked if condition is not lead]
    led = [*of_time(wanted), *(() if lead is None else (lead,))]
    if after is not None:
        led.append(beyond(NEWEST, after, falling=True))
    with reading(engine) as connection:
        edge = _edge(connection, led) if others else None
        within = () if edge is None else (calls.c.started_at >= edge,)
        rows = connection.execute(newest(limit + 1, *led, *others, *within)).all()
    found = tuple(record_of(CallRecord, row) for row in rows[:limit])
    if len(rows) > limit:
        return CallsPage(found, Place(found[-1].started_at, found[-1].id))
    return CallsPage(found, None if edge is None else Place(edge, ""))


def _edge(connection: sa.Connection, led: Sequence[sa.ColumnElement[bool]]) -> datetime | None:
    """When the last of so many calls began that are looked through; None where there are fewer."""
    order = calls.c.started_at.desc()
    places = sa.select(calls.c.started_at).where(*led).order_by(order)
    moment: datetime | None = connection.scalar(places.offset(LOOKED_THROUGH - 1).limit(1))
    return moment
