"""Opening a ticket: one transaction, once per origin."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError

from hotline.settings import load_settings
from tests.fixtures.house import house_of
from tests.fixtures.tickets import NOW, new_ticket, python_process, wait_until
from tickets.model import Ticket, to_wire
from tickets.open import (
    CONFIRMED_WITHIN_S,
    find_ticket,
    list_tickets,
    open_ticket,
    withdraw_ticket,
    withdraw_unnamed,
)
from tickets.outbox import list_deliveries
from tickets.reference import is_reference
from tickets.schema import deliveries, tickets


def test_a_ticket_and_its_outbox_are_there_when_the_number_is_told(any_engine: sa.Engine) -> None:
    """What open_ticket returns can be found by its number, with a delivery per destination."""
    ticket = open_ticket(any_engine, new_ticket(), destinations=["backoffice", "archive"], now=NOW)
    assert is_reference(ticket.service_request_id)
    assert find_ticket(any_engine, ticket.service_request_id) == ticket
    assert ticket.expected_datetime == NOW + timedelta(hours=72)
    assert ticket.address_string == "7421, 23218"
    rows = list_deliveries(any_engine, reference=ticket.service_request_id)
    assert sorted(row.destination for row in rows) == ["archive", "backoffice"]
    assert {row.state for row in rows} == {"pending"}


def test_a_ticket_is_confirmed_by_the_key_that_is_told_after_the_end(any_engine: sa.Engine) -> None:
    """The back office is told of it when nobody can confirm it any more, and then once."""
    left = new_ticket(attributes={"unconfirmed": True, "flow": "940@1"})
    first = open_ticket(any_engine, left, destinations=["backoffice"], now=NOW)
    (row,) = list_deliveries(any_engine)
    assert row.next_attempt_at - row.created_at == timedelta(seconds=CONFIRMED_WITHIN_S)
    sent = new_ticket(attributes={"flow": "940@1"})
    for new in (sent, left, sent):
        ticket = open_ticket(any_engine, new, destinations=["backoffice"], now=NOW)
        assert ticket.service_request_id == first.service_request_id
        assert ticket.attributes == {"flow": "940@1"}
        assert find_ticket(any_engine, ticket.service_request_id) == ticket
    assert len(list_deliveries(any_engine)) == 1


def test_an_unconfirmed_ticket_takes_what_the_second_knows_besides(any_engine: sa.Engine) -> None:
    """The caller's hang-up and whom they talked to are told by two processes, in either order."""
    left = new_ticket(attributes={"unconfirmed": True, "flow": "940@1"})
    talked = new_ticket(attributes={"unconfirmed": True, "transferred_to": "operators"})
    for new in (left, talked, left):
        ticket = open_ticket(any_engine, new, destinations=["backoffice"], now=NOW)
    (kept,) = list_tickets(any_engine)
    assert kept == ticket
    assert kept.attributes == {**left.attributes, **talked.attributes}


def test_a_ticket_that_is_confirmed_at_the_same_moment_is_not_taken_back(
    any_engine: sa.Engine,
) -> None:
    """Whoever is quicker: what the one who confirms is told is there."""
    left = new_ticket(attributes={"unconfirmed": True})
    for _ in range(30):
        first = open_ticket(any_engine, left, destinations=["backoffice"], now=NOW)
        barrier = threading.Barrier(2)

        def withdraw(reference: str, meet: threading.Barrier) -> None:
            meet.wait(10)
            withdraw_ticket(any_engine, reference)

        def confirm(meet: threading.Barrier) -> Ticket:
            meet.wait(10)
            return open_ticket(any_engine, new_ticket(), destinations=["backoffice"], now=NOW)

        with ThreadPoolExecutor(2) as pool:
            confirmed = pool.submit(confirm, barrier)
            pool.submit(withdraw, first.service_request_id, barrier).result(20)
        assert list_tickets(any_engine) == [confirmed.result()]
        assert len(list_deliveries(any_engine)) == 1
        with any_engine.begin() as connection:
            connection.execute(deliveries.delete())
            connection.execute(tickets.delete())


def test_an_unconfirmed_ticket_is_taken_back_until_somebody_is_told_of_it(
    any_engine: sa.Engine,
) -> None:
    """Neither it nor its deliveries are left; its event may open another."""
    new = new_ticket(attributes={"unconfirmed": True})
    first = open_ticket(any_engine, new, destinations=["backoffice", "sms"], now=NOW)
    assert withdraw_ticket(any_engine, first.service_request_id)
    assert withdraw_ticket(any_engine, first.service_request_id)
    assert (list_tickets(any_engine), list_deliveries(any_engine)) == ([], [])
    second = open_ticket(any_engine, new, destinations=["backoffice", "sms"], now=NOW)
    with any_engine.begin() as connection:
        statement = deliveries.update().where(deliveries.c.destination == "sms")
        connection.execute(statement.values(queued_at=NOW))
    assert not withdraw_ticket(any_engine, second.service_request_id)
    assert len(list_deliveries(any_engine)) == 2
    sent = open_ticket(any_engine, new_ticket("call:c2:1"), destinations=["backoffice"], now=NOW)
    assert not withdraw_ticket(any_engine, sent.service_request_id)


def test_what_a_call_does_not_name_is_taken_back_if_it_is_unconfirmed(
    any_engine: sa.Engine,
) -> None:
    """What it names, what its caller has sent and what another call has left stay."""
    left = {"unconfirmed": True}
    made = [
        open_ticket(any_engine, new, destinations=["backoffice"], now=NOW).service_request_id
        for new in (
            new_ticket("call:c1:1", call_id="c1", attributes=left),
            new_ticket("call:c1:2", call_id="c1", attributes=left),
            new_ticket("call:c1:3", call_id="c1"),
            new_ticket("call:c2:1", call_id="c2", attributes=left),
        )
    ]
    assert withdraw_unnamed(any_engine, "c1", made[:1]) == [made[1]]
    stay = {ticket.service_request_id for ticket in list_tickets(any_engine)}
    assert stay == {made[0], *made[2:]}


def test_a_failure_between_ticket_and_outbox_leaves_neither(sqlite_engine: sa.Engine) -> None:
    """When the outbox cannot be written the ticket does not exist either."""
    with sqlite_engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON deliveries "
            "BEGIN SELECT RAISE(ROLLBACK, 'disk full'); END"
        )
    with pytest.raises((IntegrityError, OperationalError, RuntimeError)):
        open_ticket(sqlite_engine, new_ticket(), destinations=["backoffice"], now=NOW)
    assert list_tickets(sqlite_engine) == []
    assert list_deliveries(sqlite_engine) == []


def test_the_same_origin_under_eight_threads_is_one_ticket(any_engine: sa.Engine) -> None:
    """An event that is told again, also at the same moment, opens nothing new."""
    barrier = threading.Barrier(8)

    def opened(_: int) -> str:
        barrier.wait()
        ticket = open_ticket(any_engine, new_ticket(), destinations=["backoffice"], now=NOW)
        return ticket.service_request_id

    with ThreadPoolExecutor(8) as pool:
        references = set(pool.map(opened, range(8)))
    assert len(references) == 1
    assert len(list_tickets(any_engine)) == 1
    assert len(list_deliveries(any_engine)) == 1


def test_a_reference_that_is_taken_is_replaced(any_engine: sa.Engine) -> None:
    """A collision of random numbers is invisible to the caller."""
    first = open_ticket(any_engine, new_ticket(), destinations=[], now=NOW)
    numbers = iter([first.service_request_id, first.service_request_id, "572400002"])
    second = open_ticket(
        any_engine, new_ticket("call:c2:1"), destinations=[], now=NOW, mint=lambda: next(numbers)
    )
    assert second.service_request_id == "572400002"


def test_a_moment_without_a_zone_is_refused(engine: sa.Engine) -> None:
    """A naive datetime means an hour nobody can name."""
    naive = datetime(2026, 11, 24, 9, 0)  # noqa: DTZ001 - it is what is shown
    with pytest.raises(ValueError, match="time zone"):
        open_ticket(engine, new_ticket(), destinations=[], now=naive)


def test_listing_filters_and_is_newest_first(any_engine: sa.Engine) -> None:
    """Tickets are found by call, phone, service and status."""
    for number in range(3):
        later = NOW + timedelta(minutes=number)
        open_ticket(any_engine, new_ticket(f"call:c{number}:1"), destinations=[], now=later)
    other = new_ticket("call:x:1", call_id="x", phone="+966500000000", service_code="LT_OUT")
    open_ticket(any_engine, other, destinations=[], now=NOW)
    assert [t.origin for t in list_tickets(any_engine, phone="+966501234567")] == [
        "call:c2:1",
        "call:c1:1",
        "call:c0:1",
    ]
    assert [t.origin for t in list_tickets(any_engine, service_code="LT_OUT")] == ["call:x:1"]
    assert list_tickets(any_engine, status="closed") == []


_OPENER = """
import sys
from datetime import UTC, datetime
from store.database import make_engine
from tests.fixtures.tickets import new_ticket
from tickets.open import open_ticket
engine = make_engine(sys.argv[1])
print("ready", flush=True)
for number in range(100):
    open_ticket(engine, new_ticket(f"call:{sys.argv[2]}:{number}"),
                destinations=["backoffice"], now=datetime.now(UTC))
print("done", flush=True)
"""


def test_two_processes_open_tickets_at_once(any_engine: sa.Engine, any_url: str) -> None:
    """Writers of several processes wait for each other and never meet "database is locked"."""
    with (
        python_process(_OPENER, any_url, "a") as one,
        python_process(_OPENER, any_url, "b") as two,
    ):
        assert one.wait(timeout=60) == 0
        assert two.wait(timeout=60) == 0
    assert len(list_tickets(any_engine, limit=500)) == 200
    assert len(list_deliveries(any_engine, limit=500)) == 200


_KILLED = """
import sys
from datetime import UTC, datetime
from store.database import make_engine
from tests.fixtures.tickets import new_ticket
from tickets.open import open_ticket
engine = make_engine(sys.argv[1])
number = 0
while True:
    ticket = open_ticket(engine, new_ticket(f"call:k:{number}"),
                         destinations=["backoffice"], now=datetime.now(UTC))
    print(ticket.service_request_id, flush=True)
    number += 1
"""


def test_what_was_told_before_kill_9_is_kept(engine: sa.Engine, database_url: str) -> None:
    """Every number that left the process before it was killed has its ticket and its outbox row."""
    with python_process(_KILLED, database_url) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(20)]
        process.kill()
        told += process.stdout.read().split()
    wait_until(lambda: process.poll() is not None, "the process is gone")
    for reference in told:
        if is_reference(reference):
            assert find_ticket(engine, reference) is not None
            assert len(list_deliveries(engine, reference=reference)) == 1
    assert len(list_deliveries(engine, limit=10_000)) == len(list_tickets(engine, limit=10_000))


def test_a_ticket_is_of_the_jurisdiction_of_the_settings(database_url: str, tmp_path: Path) -> None:
    """Another city's house sends its own `jurisdiction_id` (Open311 GeoReport v2)."""
    environ = {
        "DATABASE_URL": database_url,
        "HOTLINE_STATE_DIR": str(tmp_path),
        "HOTLINE_JURISDICTION": "makkah.gov.sa",
    }
    with closing(house_of(load_settings(environ))) as house:
        opened = house.open_ticket()(new_ticket(), NOW)
        assert to_wire(opened)["jurisdiction_id"] == "makkah.gov.sa"
