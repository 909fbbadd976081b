"""How many tickets are to be done, whose they are, and how many are late: for the day's page.

What is counted is what is open, along an index that has nothing else: years of tickets that are
done cost nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store.sql import reading
from tickets.model import STATUSES
from tickets.schema import ticket_departments as theirs
from tickets.schema import tickets as table


@dataclass(frozen=True, slots=True)
class Load:
    """What is still to be done, and how much of it is late."""

    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Statuses:
    """How many open tickets have each status, how many are late, and how many have ended.

    `ended` is by status, since the moment that was asked for.
    """

    open: Mapping[str, int]
    overdue: int
    ended: Mapping[str, int]


def by_department(engine: sa.Engine, now: datetime) -> dict[str, Load]:
    """By department, the one with most open tickets first; one that has two counts in both.

    `now` is aware, here and below. Raises SQLAlchemyError.
    """
    return _loads(engine, theirs.c.department, theirs.c.due_at, now)


def by_sub_municipality(engine: sa.Engine, now: datetime) -> dict[str | None, Load]:
    """The same by sub-municipality; None of tickets that say none."""
    return _loads(engine, table.c.sub_municipality, table.c.due_at, now)


def by_status(engine: sa.Engine, now: datetime, ended_since: datetime) -> Statuses:
    """By status; ended are those whose status became theirs at `ended_since` (aware) or later."""
    status, due_at, how_many = table.c.status, table.c.due_at, sa.func.count()
    here = sa.select(sa.literal("open"), status, how_many).where(due_at.is_not(None))
    # What is not late yet is counted by itself: a look at the day of each ticket costs as much
    # again as to count them.
    later = sa.select(sa.literal("later"), sa.literal(""), how_many).where(due_at >= now)
    ended = sa.select(sa.literal("ended"), status, how_many).where(
        due_at.is_(None), table.c.status_datetime >= ended_since
    )
    counted: dict[str, dict[str, int]] = {"open": {}, "later": {}, "ended": {}}
    with reading(engine) as connection:
        asked = sa.union_all(here.group_by(status), later, ended.group_by(status))
        for what, name, count in connection.execute(asked):
            counted[what][name] = count
    late = sum(counted["open"].values()) - counted["later"][""]
    return Statuses(_in_order(counted["open"]), late, _in_order(counted["ended"]))


def _loads(
    engine: sa.Engine, whose: sa.Column[Any], due_at: sa.Column[Any], now: datetime
) -> dict[Any, Load]:
    how_many, late = sa.func.count(), sa.func.sum(sa.case((due_at < now, 1), else_=0))
    asked = sa.select(whose, how_many, late).where(due_at.is_not(None)).group_by(whose)
    with reading(engine) as connection:
        rows = connection.execute(asked.order_by(how_many.desc(), whose)).all()
    return {name: Load(count, overdue) for name, count, overdue in rows}


def _in_order(found: Mapping[str, int]) -> dict[str, int]:
    """In the order in which a ticket goes through them."""
    return {status: found[status] for status in STATUSES if status in found}
