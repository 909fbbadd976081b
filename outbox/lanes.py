"""Lanes: what may be slow by itself has a queue of its own, and is worked on by itself.

A gateway that hangs holds whoever waits for it. On one queue it would hold the tickets of a back
office that answers at once; on a lane of its own it holds its own messages.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from outbox.work import Work
from tickets.lease import DELIVERIES
from tickets.open import BACKOFFICE

MAIN_QUEUE = "deliveries"
"""The queue of tickets for the back office, by the name that it has had from the first release."""


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """Some rows of one kind of work: those that meet `rows`, or all. `name` is its queue's."""

    name: str
    work: Work
    rows: sa.ColumnElement[bool] | None = None

    @property
    def wanted(self) -> sa.ColumnElement[bool]:
        """The condition of a row to be on this lane."""
        return sa.true() if self.rows is None else self.rows


def delivery_lanes(destinations: Iterable[str]) -> tuple[Lane, ...]:
    """A lane for each destination.

    On the back office's are also rows whose destination is not there any more: it is quick to say.
    """
    to = DELIVERIES.table.c.destination
    others = tuple(dict.fromkeys(name for name in destinations if name != BACKOFFICE))
    main = Lane(MAIN_QUEUE, DELIVERIES, to.not_in(others) if others else None)
    return main, *(Lane(f"{MAIN_QUEUE}-{name}", DELIVERIES, to == name) for name in others)
