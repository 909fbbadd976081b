"""The queue: whose tickets, in which order, a page at a time; and how many there are."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.fixtures.statements import explained
from tests.fixtures.tickets import NOW
from tests.fixtures.working import (
    DEPARTMENTS,
    PEOPLE,
    SERVICES,
    in_status,
    office_of,
    opened,
    work,
)
from tickets.model import OPEN_STATUSES, STATUSES, Ticket
from tickets.open import withdraw_ticket
from tickets.schema import reference_aliases, ticket_departments, tickets
from tickets.working.assigning import assign
from tickets.working.counts import Load, by_department, by_status, by_sub_municipality
from tickets.working.queue import NO_DATE, Order, Wanted, is_overdue, list_queue, place_of
from tickets.working.status import set_status

AFTER = NOW + timedelta(days=10)
"""When all that was promised is late."""
ORDERS: Sequence[Order] = ("newest", "most_overdue")


def shown(engine: sa.Engine, order: Order = "newest", **wanted: Any) -> list[str]:
    """The numbers of the calls whose tickets are on the first page."""
    now = wanted.pop("now", NOW)
    found = list_queue(engine, Wanted(**wanted), now=now, order=order)
    return [ticket.origin.split(":")[1] for ticket in found]


def minutes(number: int) -> dict[str, Any]:
    """So many minutes later."""
    return {"now": NOW + timedelta(minutes=number)}


def some(engine: sa.Engine) -> None:
    """Six tickets that differ in all that a queue goes by; 1 is the oldest."""
    opened(engine, 1, **minutes(1), sub_municipality="THW", target_hours=72)
    opened(engine, 2, **minutes(2), sub_municipality="MTR", target_hours=1)
    opened(engine, 3, **minutes(3), service_code="LT_OUT", agency_responsible=("lighting",))
    opened(engine, 4, **minutes(4), agency_responsible=("roads", "lighting"), target_hours=None)
    in_status(engine, "fixed", 5, **minutes(5))
    ticket = in_status(engine, "for_triage", 6, **minutes(6), target_hours=2)
    assign(
        office_of(engine),
        work(ticket),
        departments=["parks"],
        person="omar",
        known=DEPARTMENTS,
        people=PEOPLE,
    )


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, "654321"),
        ({"state": "open"}, "64321"),
        ({"state": "closed"}, "5"),
        ({"state": "overdue", "now": NOW + timedelta(hours=3)}, "62"),
        ({"department": "roads"}, "5421"),
        ({"department": "lighting"}, "43"),
        ({"department": "parks"}, "6"),
        ({"department": "roads", "state": "open"}, "421"),
        ({"department": "roads", "state": "closed"}, "5"),
        ({"department": "roads", "state": "overdue", "now": AFTER}, "21"),
        ({"department": "roads", "status": "open"}, "421"),
        ({"department": "roads", "sub_municipality": "MTR"}, "2"),
        ({"department": "roads", "assigned_to": "omar"}, ""),
        ({"department": "parks", "assigned_to": "omar", "state": "open"}, "6"),
        ({"department": "lighting", "unassigned": True, "state": "open"}, "43"),
        ({"sub_municipality": "THW"}, "1"),
        ({"service_code": "LT_OUT"}, "3"),
        ({"status": "for_triage"}, "6"),
        ({"assigned_to": "omar"}, "6"),
        ({"unassigned": True, "state": "open"}, "4321"),
        ({"department": "lighting", "service_code": "RD_HOLE"}, "4"),
        ({"department": "harbour"}, ""),
        ({"reference": "572400002"}, ""),
    ],
)
def test_the_queue_has_what_was_asked_for_newest_first(
    engine: sa.Engine, wanted: dict[str, Any], numbers: str
) -> None:
    """All that is given must hold."""
    some(engine)
    assert shown(engine, **wanted) == list(numbers)


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, "26134"),
        ({"state": "overdue", "now": AFTER}, "2613"),
        ({"department": "roads"}, "214"),
        ({"sub_municipality": "MTR"}, "2"),
        ({"assigned_to": "omar"}, "6"),
        ({"state": "closed"}, ""),
        ({"status": "fixed"}, ""),
    ],
)
def test_the_most_overdue_stands_first_and_what_is_promised_nothing_last(
    engine: sa.Engine, wanted: dict[str, Any], numbers: str
) -> None:
    """In this order there is only what is still to be done."""
    some(engine)
    assert shown(engine, "most_overdue", **wanted) == list(numbers)


def test_a_ticket_is_found_by_any_of_its_numbers(engine: sa.Engine) -> None:
    """Somebody may have been told the other one."""
    ticket, _ = opened(engine, 1), opened(engine, 2)
    other = {"reference": "572400002", "ticket_id": ticket.idempotency_key}
    with engine.begin() as connection:
        connection.execute(reference_aliases.insert(), other)
    for number in (ticket.service_request_id, "572400002"):
        assert shown(engine, reference=number) == ["1"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("department", ["", "roads"])
def test_pages_have_each_ticket_once_whatever_comes_meanwhile(
    engine: sa.Engine, order: Order, department: str
) -> None:
    """Also where many are of one moment, and while new ones are opened and old ones end."""
    for number in range(20):
        opened(engine, number, **minutes(number // 7), target_hours=None if number % 5 else 72)
    seen: list[Ticket] = []
    after = None
    while True:
        wanted = Wanted(department=department)
        page = list_queue(engine, wanted, now=NOW, order=order, limit=3, after=after)
        if not page:
            break
        seen += page
        after = place_of(page[-1], order)
        opened(engine, 100 + len(seen), now=NOW + timedelta(days=1), target_hours=1)
    old = [ticket for ticket in seen if int(ticket.origin.split(":")[1]) < 100]
    assert len({ticket.idempotency_key for ticket in old}) == len(old) == 20
    places = [place_of(ticket, order) for ticket in seen]
    assert places == sorted(places, reverse=order == "newest")


@pytest.mark.parametrize("status", STATUSES)
def test_the_database_knows_of_every_status_whether_it_is_open(
    engine: sa.Engine, status: str
) -> None:
    """What the queues go by is kept by the database itself, and says the same as the program."""
    ticket = in_status(engine, status)
    with engine.connect() as connection:
        due = connection.scalars(sa.select(tickets.c.due_at)).one()
        theirs = connection.scalars(sa.select(ticket_departments.c.due_at)).one()
    assert due == theirs == (ticket.expected_datetime if ticket.is_open else None)
    assert shown(engine, state="open") == (["1"] if status in OPEN_STATUSES else [])
    assert is_overdue(ticket, AFTER) == (status in OPEN_STATUSES)


def test_the_database_keeps_a_tickets_queues_as_it_changes(engine: sa.Engine) -> None:
    """Whoever writes it: an earlier release knows nothing of queues."""
    ticket = opened(engine, agency_responsible=("roads", "parks"), target_hours=None)
    assert due_of(engine) == {"roads": NO_DATE, "parks": NO_DATE}
    with engine.begin() as connection:
        change = tickets.update().values(agency_responsible=["parks", "lands"], status="cancelled")
        connection.execute(change)
    assert due_of(engine) == {"parks": None, "lands": None}
    with engine.begin() as connection:
        connection.execute(tickets.update().values(status="reopen", expected_datetime=AFTER))
    assert due_of(engine) == {"parks": AFTER, "lands": AFTER}
    with engine.begin() as connection:
        connection.execute(tickets.update().values(agency_responsible=[], description="x"))
    assert due_of(engine) == {}
    assert shown(engine, state="open") == ["1"]
    with engine.begin() as connection:
        connection.execute(tickets.update().values(agency_responsible=["parks"]))
        unconfirmed = {"attributes": {"unconfirmed": True}, "status": "open"}
        connection.execute(tickets.update().values(unconfirmed))
    assert withdraw_ticket(engine, ticket.service_request_id)
    assert due_of(engine) == {}


def due_of(engine: sa.Engine) -> dict[str, Any]:
    """Until when, by the departments of the one ticket there is."""
    with engine.connect() as connection:
        columns = ticket_departments.c
        rows = connection.execute(sa.select(columns.department, columns.due_at))
        return {row.department: row.due_at for row in rows}


def test_what_is_open_is_counted_by_department_and_sub_municipality(engine: sa.Engine) -> None:
    """What has two counts in both; late is what was promised for a moment before now."""
    some(engine)
    now = NOW + timedelta(hours=3)
    assert by_department(engine, now) == {
        "roads": Load(3, 1),
        "lighting": Load(2, 0),
        "parks": Load(1, 1),
    }
    assert list(by_department(engine, now)) == ["roads", "lighting", "parks"]
    assert by_sub_municipality(engine, now) == {
        "THW": Load(1, 0),
        "MTR": Load(1, 1),
        None: Load(3, 1),
    }


def test_tickets_are_counted_by_status(engine: sa.Engine) -> None:
    """What is open in all, and what has ended since the morning, in the order of work."""
    some(engine)
    found = by_status(engine, AFTER, NOW)
    assert (found.open, found.overdue) == ({"open": 4, "for_triage": 1}, 4)
    assert list(found.open) == ["open", "for_triage"]
    assert found.ended == {"fixed": 1}
    assert by_status(engine, NOW, AFTER).ended == {}
    assert by_status(engine, NOW, AFTER).overdue == 0


def test_nothing_is_counted_where_there_is_nothing(engine: sa.Engine) -> None:
    """On the first day."""
    assert (by_department(engine, NOW), by_sub_municipality(engine, NOW)) == ({}, {})
    assert by_status(engine, NOW, NOW).open == {}


def test_a_ticket_that_ends_leaves_the_counts(engine: sa.Engine) -> None:
    """And comes back when it is opened again."""
    office = office_of(engine)
    ticket = set_status(office, work(opened(engine)), "investigating", SERVICES)
    ended = set_status(office, work(ticket), "fixed", SERVICES)
    assert by_department(engine, NOW) == {}
    assert by_status(engine, NOW, NOW).ended == {"fixed": 1}
    set_status(office, work(ended), "reopen", SERVICES)
    assert by_department(engine, NOW) == {"roads": Load(1, 0)}


def test_what_has_ended_lately_comes_last_ended_first(engine: sa.Engine) -> None:
    """Those of a status or a department too, and page by page; nothing that ended before."""
    for number, status in enumerate(("fixed", "fixed", "cancelled", "fixed"), 1):
        ended = in_status(engine, status, number)
        its = tickets.c.idempotency_key == ended.idempotency_key
        with engine.begin() as connection:
            at = NOW + timedelta(minutes=number)
            connection.execute(tickets.update().where(its).values(status_datetime=at))
    opened(engine, 5)
    since: dict[str, Any] = {"ended_since": NOW + timedelta(minutes=2)}
    lasts = shown(engine, "ended_last", **since)
    assert lasts == ["4", "3", "2"]
    assert shown(engine, "ended_last", **since, status="fixed") == ["4", "2"]
    assert shown(engine, "ended_last", **since, department="roads") == lasts
    assert shown(engine, "ended_last", **since, department="parks") == []
    wanted, after, seen = Wanted(**since), None, []
    while page := list_queue(engine, wanted, now=NOW, order="ended_last", limit=1, after=after):
        seen += page
        after = place_of(page[-1], "ended_last")
    assert [ticket.origin.split(":")[1] for ticket in seen] == lasts
    with pytest.raises(ValueError, match="ended_since"):
        shown(engine, "ended_last")


def test_what_has_ended_lately_is_found_along_its_index(engine: sa.Engine) -> None:
    """However much has ended before."""
    opened(engine, 1)
    narrow: Sequence[dict[str, Any]] = ({}, {"status": "fixed"}, {"department": "roads"})
    with explained(engine) as plans:
        for one in narrow:
            wanted = Wanted(ended_since=NOW, **one)
            list_queue(engine, wanted, now=NOW, order="ended_last", after=(NOW, "x"))
    assert len(plans) == len(narrow)
    for plan in plans:
        assert "Seq Scan" not in plan
        assert "SCAN tickets" not in plan


@pytest.mark.parametrize("order", ORDERS)
def test_no_page_goes_through_all_tickets(engine: sa.Engine, order: Order) -> None:
    """Each queue is read along an index; and in the order of days none is sorted first."""
    opened(engine, 1)
    with explained(engine) as plans:
        for narrow in QUEUES:
            list_queue(engine, Wanted(**narrow), now=NOW, order=order, after=(NOW, "x"))
    assert len(plans) == len(QUEUES)
    for plan in plans:
        assert "Seq Scan" not in plan
        assert "SCAN tickets" not in plan
        assert order != "newest" or not ("Sort" in plan or "TEMP B-TREE" in plan), plan


QUEUES: Sequence[dict[str, Any]] = (
    *({}, {"department": "roads"}, {"sub_municipality": "THW"}, {"service_code": "RD_HOLE"}),
    *({"status": "open"}, {"assigned_to": "omar"}, {"department": "roads", "state": "overdue"}),
    *({"state": "overdue"}, {"state": "open"}, {"department": "roads", "state": "open"}),
    *({"department": "roads", "assigned_to": "omar"}, {"department": "roads", "status": "open"}),
)


def test_counting_reads_no_ticket(engine: sa.Engine) -> None:
    """All that is counted stands in indexes: of what is open, and of what has ended since."""
    in_status(engine, "fixed", 1)
    with explained(engine) as plans:
        by_status(engine, NOW, NOW)
        by_department(engine, NOW)
    assert len(plans) == 2
    for plan in plans:
        assert "Seq Scan" not in plan
        assert " USING INDEX " not in plan, plan
        assert "Index Scan" not in plan, plan


def test_what_cannot_be_is_not_looked_for(engine: sa.Engine) -> None:
    """An end among what is open, and the other way round."""
    in_status(engine, "fixed", 1)
    opened(engine, 2)
    for state, status in (("open", "fixed"), ("overdue", "fixed"), ("closed", "open")):
        for order in ORDERS:
            assert shown(engine, order, state=state, status=status, now=AFTER) == []
