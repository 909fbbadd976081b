"""Makes the rows of a plan and writes them, many at once."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import sqlalchemy as sa

from call_handlers.schema import call_events, calls
from ivr.flow import Flow
from lab.seeding.blocked import MOST, Measured, write_measures
from lab.seeding.call_rows import CallRows
from lab.seeding.calls import MADE_HERE, Call, calls_of
from lab.seeding.delivery_rows import DeliveryRows
from lab.seeding.plan import Plan, SeedRefused
from lab.seeding.ticket_rows import TicketRows
from store.bulk import bulk_connection
from store.sql import reading
from tickets.catalogue import Service, SubMunicipality
from tickets.schema import deliveries, delivery_attempts, tickets

_AT_ONCE = 10_000
"""Calls of which all that is made stands in memory together."""
_COMMITTED = 100_000
"""Calls of one transaction: ids come in no order, so each one writes most of the indexes anew."""
_CACHE_KB = 256_000
_GROWN = (calls, call_events, tickets, deliveries, delivery_attempts)


@dataclass(frozen=True, slots=True)
class City:
    """What calls and tickets are about: the menu, the services, the parts of the city."""

    flow: Flow
    services: Mapping[str, Service]
    areas: Mapping[str, SubMunicipality]


def made_before(engine: sa.Engine, *, add: bool) -> int:
    """How many calls of an earlier seeding there are.

    Raises SeedRefused where there are others beside them, unless rows shall be added to those.
    """
    ours = calls.c.provider_id.startswith(MADE_HERE, autoescape=True)
    with reading(engine) as connection:
        others = connection.scalar(sa.select(calls.c.id).where(~ours).limit(1))
        if others is not None and not add:
            raise SeedRefused(
                "this database holds calls that were not made here: name another one by "
                "DATABASE_URL, or say --add to have made-up calls among the true ones"
            )
        found = connection.scalar(sa.select(sa.func.count()).select_from(calls).where(ours))
    return int(found or 0)


def seed(engine: sa.Engine, plan: Plan, city: City) -> Iterator[int]:
    """Write the rows of the plan; yields how many calls are made, again and again.

    Meanwhile nobody else can write on SQLite. Raises SeedRefused, SQLAlchemyError: then what was
    made since the last `_COMMITTED` calls is not there.
    """
    with reading(engine) as connection:
        taken = frozenset(connection.scalars(sa.select(tickets.c.service_request_id)))
    writer = _Writer(engine.dialect, plan, city, taken)
    made, written = calls_of(plan, city.flow), 0
    with bulk_connection(engine, _CACHE_KB) as connection:
        while written < plan.calls:
            with connection.begin():
                for some in _pieces(islice(made, _COMMITTED)):
                    writer.write(connection, some)
                    written += len(some)
                    yield written
    write_measures(engine, tuple(deque(writer.measured.values(), MOST)), plan)
    _settle(engine)
    yield written


class _Writer:
    """Writes calls with all that belongs to them. `measured` has who met a measure."""

    def __init__(self, dialect: sa.Dialect, plan: Plan, city: City, taken: frozenset[str]) -> None:
        self._plan = plan
        self._calls = CallRows(dialect, city.flow)
        self._tickets = TicketRows(dialect, plan, city.services, city.areas.values(), taken)
        self._ways = DeliveryRows(dialect, plan)
        self.measured: dict[str, Measured] = {}

    def write(self, connection: sa.Connection, some: list[Call]) -> None:
        """Write these calls, one at least."""
        found = self._tickets.write(connection, [call for call in some if call.opens])
        self._ways.write(connection, found.values())
        references = {place: ticket.reference for place, ticket in found.items()}
        self._calls.write(connection, some, references)
        first = self._plan.calls - self._plan.events
        self._calls.write_events(connection, [call for call in some if call.place >= first])
        self.measured |= {one.number: one for one in _measured(some)}


def _pieces(calls: Iterator[Call]) -> Iterator[list[Call]]:
    while some := list(islice(calls, _AT_ONCE)):
        yield some


def _measured(some: list[Call]) -> Iterator[Measured]:
    for call in some:
        if call.e164 is not None and call.verdict != "allow":
            yield Measured(call.e164, call.verdict, call)


def _settle(engine: sa.Engine) -> None:
    """Have PostgreSQL know of its tables what autovacuum tells it a minute later."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in _GROWN:
                connection.exec_driver_sql(f"VACUUM (ANALYZE) {table.name}")
