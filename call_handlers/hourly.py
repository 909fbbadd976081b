"""What is counted of calls, hour by hour; of hours that are over it is kept.

Figures are never added to. They are made of the calls of an hour when somebody asks for them: so a
call that is written twice, or by two processes, counts once, and who leads calls has nothing to do
with it. Once an hour is over for `SETTLED_S`, what was counted is kept. Who writes anything of a
call that began longer ago than `FRESH_S` throws away what is kept of its hour, in the transaction
of the call: it is counted anew by whoever asks next.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from call_handlers.schema import call_hours, calls
from store.sql import database_now, one_at_a_time, reading

log = structlog.get_logger()

HOUR = timedelta(hours=1)
SETTLED_S = 900.0
FRESH_S = 300.0
"""Less than `SETTLED_S` by as much as the clocks of two machines may differ (s)."""
ANSWERED = ("completed", "transferred", "voicemail")
"""How calls come out in which the caller got what they called for, or somebody who gives it."""
GIVEN_UP = "abandoned"
STEP_S = 5
"""Lengths of calls are told apart to so many seconds."""
_LONGEST = 3600 // STEP_S
_LOCK = "call_hours"
_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class HourFigures:
    """Of the calls that began in one hour, how many came to what.

    `dispositions` has those that go on under "", `choices` the last choice in the main menu.
    `lengths` are of calls that have ended, by their length in steps of `STEP_S`.
    """

    begins: datetime
    dispositions: Mapping[str, int]
    choices: Mapping[str, int]
    lengths: Mapping[int, int]

    @property
    def calls(self) -> int:
        """How many calls began."""
        return sum(self.dispositions.values())

    @property
    def answered(self) -> int:
        """How many came to something."""
        return sum(self.dispositions.get(name, 0) for name in ANSWERED)

    @property
    def given_up(self) -> int:
        """How many callers hung up before they had what they called for."""
        return self.dispositions.get(GIVEN_UP, 0)


def hours_of(engine: sa.Engine, begins: Sequence[datetime]) -> tuple[HourFigures, ...]:
    """The figures of these hours, one after another (UTC). Raises SQLAlchemyError."""
    if not begins:
        return ()
    with reading(engine) as connection:
        found = _kept(connection, begins)
        missing = [one for one in begins if one not in found]
        settled = _settled(missing, datetime.now(UTC))
        if settled:  # and by the clock of all
            settled = _settled(settled, database_now(connection))
        fresh = [one for one in missing if one not in settled]
        found |= _counted(connection, fresh)
    found |= _keep(engine, settled)
    return tuple(found[one] for one in begins)


def forget_hours(connection: sa.Connection, began: Iterable[datetime]) -> None:
    """Have the hours counted anew in which these calls began; something of them was written.

    It is the last that a transaction does. Raises SQLAlchemyError.
    """
    moments = sorted(began)
    if not moments:
        return
    # Who counts an hour to keep it waits for us, or we for them: they would not see what we write.
    one_at_a_time(connection, _LOCK)
    column = call_hours.c.begins
    within = sa.and_(column > moments[0] - HOUR, column <= moments[-1])
    connection.execute(call_hours.delete().where(within))


def _settled(hours: Sequence[datetime], now: datetime) -> list[datetime]:
    return [one for one in hours if one + HOUR + timedelta(seconds=SETTLED_S) <= now]


def _kept(connection: sa.Connection, begins: Sequence[datetime]) -> dict[datetime, HourFigures]:
    column = call_hours.c.begins
    rows = connection.execute(
        sa.select(call_hours).where(column >= begins[0], column <= begins[-1])
    )
    return {row.begins: _figures(row.begins, row.figures) for row in rows}


def _keep(engine: sa.Engine, begins: Sequence[datetime]) -> dict[datetime, HourFigures]:
    """Count these hours and keep what was counted, where the database takes it."""
    if not begins:
        return {}
    try:
        with engine.begin() as connection:
            one_at_a_time(connection, _LOCK)
            found = _counted(connection, begins)
            insert = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert
            kept = insert(call_hours)
            connection.execute(
                kept.on_conflict_do_update(
                    index_elements=[call_hours.c.begins], set_={"figures": kept.excluded.figures}
                ),
                [{"begins": one.begins, "figures": _told(one)} for one in found.values()],
            )
            return found
    except SQLAlchemyError as error:  # a database that is read-only, or that somebody holds
        log.warning("hours_not_kept", error=type(error).__name__)
    with reading(engine) as connection:
        return _counted(connection, begins)


def _counted(connection: sa.Connection, begins: Sequence[datetime]) -> dict[datetime, HourFigures]:
    """Count the calls of these hours."""
    if not begins:
        return {}
    first, last = begins[0], begins[-1] + HOUR
    started, ended = (_seconds(connection, calls.c[at]) for at in ("started_at", "ended_at"))
    hour = (started - int(first.timestamp())) // _HOUR_S
    counted = (
        sa.select(
            hour, calls.c.disposition, calls.c.choice, (ended - started) // STEP_S, sa.func.count()
        )
        .where(calls.c.started_at >= first, calls.c.started_at < last)
        .group_by(sa.text("1, 2, 3, 4"))
    )
    dispositions, choices, lengths = ({one: Counter[Any]() for one in begins} for _ in range(3))
    for number, disposition, choice, length, count in connection.execute(counted):
        at = first + number * HOUR
        if at not in dispositions:
            continue  # of an hour between these, which is kept
        dispositions[at][disposition] += count
        choices[at][choice] += count
        if length is not None:
            lengths[at][min(max(length, 0), _LONGEST)] += count
    return {one: HourFigures(one, dispositions[one], choices[one], lengths[one]) for one in begins}


def _seconds(connection: sa.Connection, moment: sa.Column[Any]) -> sa.ColumnElement[int]:
    """Whole seconds since the epoch."""
    if connection.dialect.name == "sqlite":
        return sa.cast(sa.func.strftime("%s", moment), sa.BigInteger)
    return sa.cast(sa.func.floor(sa.extract("epoch", moment)), sa.BigInteger)


def _told(hour: HourFigures) -> dict[str, Any]:
    lengths = {str(length): count for length, count in hour.lengths.items()}
    return {"dispositions": hour.dispositions, "choices": hour.choices, "lengths": lengths}


def _figures(begins: datetime, told: Mapping[str, Any]) -> HourFigures:
    lengths = {int(length): count for length, count in told["lengths"].items()}
    return HourFigures(begins, told["dispositions"], told["choices"], lengths)
