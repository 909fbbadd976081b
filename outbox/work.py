"""Work that waits in a table: which rows are due, which are held, and how one is taken.

A row is work when its table has `id`, `state`, `attempts` and the `waiting_columns`. The relay
queues what is due, a worker takes it.

A lease is a moment and a token. It is free when there is none, when its moment has passed, and
when its moment lies further ahead than a lease can last: then the clock has been set back, and
waiting for that moment would hold the row for as long as the clock was wrong.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from store.sql import UtcDateTime

CUT_OFF = "its last attempt was cut off, and none is left"
"""Said of work that is given up because nothing came of the last attempt that began."""
LONGEST_WAIT = timedelta(hours=1)
"""No `next_attempt_at` lies further ahead than this unless the clock was set back, of work that
does not say since when it waits."""


def waiting_columns() -> list[sa.Column[Any]]:
    """The columns by which a row waits, beside its own `id`, `state` and `attempts`."""
    return [
        sa.Column("next_attempt_at", UtcDateTime, nullable=False),
        sa.Column("queued_at", UtcDateTime),
        sa.Column("queue_count", sa.Integer, nullable=False),
        sa.Column("lease_token", sa.String(32)),
        sa.Column("lease_until", UtcDateTime),
    ]


@dataclass(frozen=True, eq=False)
class Work:
    """One kind of work: its table, the states in which a row waits, and the job that does it.

    `name` begins the identifiers of its jobs: letters only. `lease_s` is how long an attempt holds
    a row where that is longer than the house's attempts take; None: as long as theirs.

    `since` is when a row began to wait: it may wait for days then, and one that has begun to wait
    in the future is due, because the clock was set back. `early` is true of a row that is not to
    wait any longer. `ready` is what must hold of it besides.
    """

    name: str
    table: sa.Table
    open_states: tuple[str, ...]
    function: str
    lease_s: float | None = None
    since: sa.ColumnElement[datetime] | None = None
    early: sa.ColumnElement[bool] | None = None
    ready: sa.ColumnElement[bool] | None = None

    @cached_property
    def holding(self) -> sa.Executable:
        """What holds a row, made once: to make such words takes longer than what they do."""
        values = {"lease_token": _TOKEN, "lease_until": _LEASE_ENDS, "queued_at": None}
        held = self.table.update().where(self.table.c.id == _ROW, waits(self))
        return held.values(values).returning(self.table)


def _moment(name: str) -> sa.BindParameter[datetime]:
    return sa.bindparam(name, type_=UtcDateTime())


_ROW = sa.bindparam("row_id", type_=sa.String())
_TOKEN = sa.bindparam("its_token", type_=sa.String())
_NOW, _SET_BACK, _LEASE_ENDS = _moment("now"), _moment("set_back"), _moment("lease_ends")


def moments(now: datetime, lease_s: float) -> dict[str, datetime]:
    """What `waits` asks for, of an attempt that holds a row for `lease_s` seconds."""
    ends = now + timedelta(seconds=lease_s)
    return {"now": now, "set_back": now + LONGEST_WAIT, "lease_ends": ends}


def waits(work: Work) -> sa.ColumnElement[bool]:
    """The condition that a row waits for an attempt and nobody holds it, at the moments given."""
    return sa.and_(_due(work), _free(work))


def _free(work: Work) -> sa.ColumnElement[bool]:
    until = work.table.c.lease_until
    return sa.or_(until.is_(None), until <= _NOW, until > _LEASE_ENDS)


def _due(work: Work) -> sa.ColumnElement[bool]:
    columns, now = work.table.c, _NOW
    at = columns.next_attempt_at
    set_back = at > _SET_BACK if work.since is None else work.since > now
    reasons = [at <= now, set_back]
    if work.early is not None:
        reasons.append(work.early.is_(True))
    conditions = [columns.state.in_(work.open_states), sa.or_(*reasons)]
    return sa.and_(*conditions, *(() if work.ready is None else (work.ready,)))


def hold_row(
    connection: sa.Connection, work: Work, row_id: str, now: datetime, lease_s: float
) -> sa.Row[Any] | None:
    """Hold the row for `lease_s` seconds; all its columns, None when it is done, not due, or held.

    Nothing is counted yet: `begin_attempt` or `give_up` follows in the same transaction.
    """
    given = {"row_id": row_id, "its_token": secrets.token_hex(16), **moments(now, lease_s)}
    return connection.execute(work.holding, given).one_or_none()


def begin_attempt(
    connection: sa.Connection, work: Work, row_id: str, repeated_at: datetime, **values: object
) -> None:
    """Count the attempt that begins on a row that is held.

    It counts now, and is repeated at `repeated_at`, as if it were cut off already: a worker that is
    killed, or whose job is, settles nothing.
    """
    change = {"attempts": work.table.c.attempts + 1, "next_attempt_at": repeated_at, **values}
    connection.execute(work.table.update().where(work.table.c.id == row_id).values(change))


def give_up(connection: sa.Connection, work: Work, row_id: str, error: str) -> None:
    """A dead letter of a row that is held, and all of whose attempts have begun."""
    change = {"state": "dead", "last_error": error, "lease_token": None, "lease_until": None}
    connection.execute(work.table.update().where(work.table.c.id == row_id).values(change))
