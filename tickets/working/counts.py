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
    is_late = sa.func.sum(sa.case((due_at < now, 1), else_=0))
    to_do = sa.select(sa.true(), status, how_many, is_late).where(due_at.is_not(None))
    ended = sa.select(sa.false(), status, how_many, sa.literal(0)).where(
        due_at.is_(None), table.c.status_datetime >= ended_since
    )
    with reading(engine) as connection:
        asked = sa.union_all(to_do.group_by(status), ended.group_by(status))
        rows = connection.execute(asked).all()
    here = {name: count for open_, name, count, _ in rows if open_}
    gone = {name: count for open_, name, count, _ in rows if not open_}
    return Statuses(_in_order(here), sum(late for *_, late in rows), _in_order(gone))


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
