"""Lanes: what may be slow by itself has a queue of its own, and is worked on by itself.

A gateway that hangs holds whoever waits for it. On one queue it would hold the tickets of a back
office that answers at once; on a lane of its own it holds its own messages.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from outbox.work import Work


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
