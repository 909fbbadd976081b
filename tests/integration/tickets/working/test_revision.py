"""Tickets that were there before queues were: the revision gives each its place in them."""

import sqlalchemy as sa
from alembic import command

from store.migrations import _config, upgrade
from tests.fixtures.tickets import NOW
from tests.fixtures.working import in_status, opened
from tickets.model import Ticket
from tickets.schema import ticket_departments, tickets
from tickets.working.counts import Load, by_department
from tickets.working.queue import NO_DATE, Wanted, list_queue

BEFORE = "0020"


def test_a_ticket_of_an_earlier_release_stands_in_its_queues(engine: sa.Engine) -> None:
    """By its departments and its day; and going back takes nothing of the ticket itself."""
    known = {
        "dated": opened(engine, 1, agency_responsible=("roads", "parks")),
        "undated": opened(engine, 2, target_hours=None),
        "done": in_status(engine, "fixed", 3),
    }
    with engine.begin() as connection:
        command.downgrade(_config(connection), BEFORE)
    assert "ticket_departments" not in sa.inspect(engine).get_table_names()
    upgrade(engine)
    found = list_queue(engine, Wanted(), now=NOW)
    assert {one.idempotency_key: one for one in found} == {
        one.idempotency_key: one for one in known.values()
    }
    assert places(engine) == {
        (known["dated"].idempotency_key, "roads", known["dated"].expected_datetime),
        (known["dated"].idempotency_key, "parks", known["dated"].expected_datetime),
        (known["undated"].idempotency_key, "roads", NO_DATE),
        (known["done"].idempotency_key, "roads", None),
    }
    assert due(engine, known["done"]) is None
    assert due(engine, known["undated"]) == NO_DATE
    assert by_department(engine, NOW) == {"roads": Load(2, 0), "parks": Load(1, 0)}


def places(engine: sa.Engine) -> set[tuple[object, ...]]:
    """Every ticket's place in every department's queue."""
    columns = ticket_departments.c
    asked = sa.select(columns.ticket_id, columns.department, columns.due_at)
    with engine.connect() as connection:
        return {tuple(row) for row in connection.execute(asked)}


def due(engine: sa.Engine, ticket: Ticket) -> object:
    """Until when, as the database has it."""
    its = tickets.c.idempotency_key == ticket.idempotency_key
    with engine.connect() as connection:
        return connection.scalar(sa.select(tickets.c.due_at).where(its))
