"""Spare reference numbers are reserved ahead, so that one can be told with the database away.

Each machine has some in a file (`tickets.spare_file`), which is kept full while the database is
there. A number is reserved in one transaction that looks at every ticket, every other number of a
ticket, and all that any machine has reserved, ever: so nobody is told one twice.
"""

import time
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
import structlog
from prometheus_client import Gauge

from outbox.periodic import Periodic
from store.sql import database_now, one_at_a_time, reading
from tickets.reference import spare_reference
from tickets.schema import reference_aliases, spare_references, tickets
from tickets.spare_file import SpareFile

log = structlog.get_logger()

SIZE = 1_000
"""So many numbers a machine has: for a report every four seconds, over an hour long."""
FILL_SECONDS = 30.0
LOOK_SECONDS = 3600.0
"""How often a file that is full is held against the database all the same."""
LEFT = Gauge(
    "hotline_spare_references",
    "Reference numbers that can be told with the database away",
    multiprocess_mode="livemin",
)
_TRIES = 10


def filling(engine: sa.Engine, file: SpareFile, size: int = SIZE) -> Periodic:
    """Keep `file` full, and show how many numbers it has."""
    fill = Fill(engine, file, size)
    return Periodic("spare_references", FILL_SECONDS, fill.round)


class Fill:
    """Fills `file` up to `size` numbers.

    Its first round, and one now and then, looks whether the numbers that are there still are this
    file's: the database, or the machine, may have come back from a backup, and a standby that has
    taken over need not know the last of them. `clock` gives monotonic seconds.
    """

    def __init__(
        self,
        engine: sa.Engine,
        file: SpareFile,
        size: int = SIZE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._file = file
        self._size = size
        self._clock = clock
        self._look_at = clock()

    def round(self) -> None:
        """Fill it once. Raises SQLAlchemyError when the database is away, and OSError."""
        there = self._file.count()
        LEFT.set(there)
        if there >= self._size and self._clock() < self._look_at:
            return
        with self._file.filling() as ours:
            if not ours:
                return
            owner = self._file.begin()
            self._file.keep(untold(self._engine, owner))
            missing = self._size - self._file.count()
            if missing > 0:
                self._file.add(reserve(self._engine, owner, missing))
                log.info("spare_references_reserved", count=missing)
        self._look_at = self._clock() + LOOK_SECONDS
        LEFT.set(self._file.count())


def reserve(
    engine: sa.Engine, owner: str, count: int, mint: Callable[[], str] = spare_reference
) -> list[str]:
    """Reserve `count` numbers that no ticket has, and nobody else, for the file `owner`.

    When this returns they are this file's for ever. Raises SQLAlchemyError when the database is
    away: then some may be lost.
    """
    with engine.begin() as connection:
        one_at_a_time(connection, spare_references.name)
        moment = database_now(connection)
        free: dict[str, None] = {}
        for _ in range(_TRIES):
            drawn = {mint() for _ in range(count - len(free))}
            free |= dict.fromkeys(drawn - _taken(connection, drawn))
            if len(free) >= count:
                break
        if free:
            connection.execute(
                spare_references.insert(), [_row(one, owner, moment) for one in free]
            )
    return list(free)


def untold(engine: sa.Engine, owner: str) -> frozenset[str]:
    """The numbers of this file by which no ticket is known. Raises SQLAlchemyError."""
    number = spare_references.c.reference
    own = sa.exists().where(tickets.c.service_request_id == number)
    other = sa.exists().where(reference_aliases.c.reference == number)
    statement = sa.select(number).where(spare_references.c.owner == owner, ~own, ~other)
    with reading(engine) as connection:
        return frozenset(connection.scalars(statement))


def _taken(connection: sa.Connection, numbers: set[str]) -> set[str]:
    columns = (
        tickets.c.service_request_id,
        reference_aliases.c.reference,
        spare_references.c.reference,
    )
    return {
        number
        for column in columns
        for number in connection.scalars(sa.select(column).where(column.in_(numbers)))
    }


def _row(reference: str, owner: str, moment: datetime) -> dict[str, object]:
    return {"reference": reference, "owner": owner, "reserved_at": moment}
