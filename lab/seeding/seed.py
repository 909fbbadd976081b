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
"""Calls of one transaction: what is made of them stands in memory together."""
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
    """Write the rows of the plan; yields how many calls are written, again and again.

    Raises SeedRefused, SQLAlchemyError: then what was yielded is written.
    """
    with reading(engine) as connection:
        taken = frozenset(connection.scalars(sa.select(tickets.c.service_request_id)))
    of_calls = CallRows(engine.dialect, city.flow)
    opened = TicketRows(engine.dialect, plan, city.services, city.areas.values(), taken)
    ways = DeliveryRows(engine.dialect, plan)
    measured: dict[str, Measured] = {}
    made, written = calls_of(plan, city.flow), 0
    while some := list(islice(made, _AT_ONCE)):
        with bulk_connection(engine) as connection, connection.begin():
            found = opened.write(connection, [call for call in some if call.opens])
            ways.write(connection, found.values())
            references = {place: ticket.reference for place, ticket in found.items()}
            of_calls.write(connection, some, references)
            with_events = [call for call in some if call.place >= plan.calls - plan.events]
            of_calls.write_events(connection, with_events)
        measured |= {one.number: one for one in _measured(some)}
        written += len(some)
        yield written
    write_measures(engine, tuple(deque(measured.values(), MOST)), plan)
    _settle(engine)
    yield written


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
