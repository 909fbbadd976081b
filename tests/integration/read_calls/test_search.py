"""Calls are found by what people know of them, a page at a time, and quickly among very many."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from call_handlers.records import Record, write_records
from call_handlers.search import LOOKED_THROUGH, CallsPage, Place, find_calls
from call_handlers.wanted import IN_PROGRESS, Wanted
from lab.seeding.plan import Plan
from lab.seeding.seed import seed
from store.sql import reading
from tests.fixtures.statements import asked_of
from tests.integration.calls.test_records import FACTS
from tests.integration.seeding.test_seed import CITY
from tickets.model import Address, NewTicket
from tickets.open import open_ticket

START = datetime.fromtimestamp(FACTS.started_ms / 1000, UTC)
NUMBER = "+966501234567"


def call(number: int, minutes: float = 0, ended: bool = True, **changes: Any) -> Record:
    """A call that began so many minutes after the first; what is no fact of it is of its record."""
    facts = {name: changes.pop(name) for name in set(changes) & set(FACTS.__slots__)}
    started_ms = FACTS.started_ms + int(minutes * 60_000)
    made = replace(FACTS, call_id=f"{number:032}", started_ms=started_ms, **facts)
    usual: dict[str, Any] = {"disposition": "completed", "last_node": "goodbye"} if ended else {}
    return replace(Record(made, ended_ms=started_ms + 9000 if ended else 0), **(usual | changes))


def ids(page: CallsPage) -> list[int]:
    """Their numbers."""
    return [int(one.id) for one in page.calls]


def pages(engine: sa.Engine, wanted: Wanted, limit: int) -> Iterator[CallsPage]:
    """One page after another."""
    after: Place | None = None
    while True:
        page = find_calls(engine, wanted, limit=limit, after=after)
        yield page
        if page.next is None:
            return
        after = Place.of(str(page.next))


SOME = [
    call(1),
    call(2, 1, disposition="failed", last_node="confirm"),
    call(3, 2, e164="+966112223334", caller="0112223334", verdict="warn"),
    call(4, 3, e164=None, caller="", withheld=True, channel="twilio"),
    call(5, 4, e164=None, caller='"><script>', verdict="block", disposition="blocked"),
    call(6, 5, ended=False),
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), [6, 5, 4, 3, 2, 1]),
        (Wanted(caller="0501234567"), [6, 2, 1]),
        (Wanted(caller="٠٥٠ ١٢٣ ٤٥٦٧"), [6, 2, 1]),
        (Wanted(caller="00966 50 123 4567"), [6, 2, 1]),
        (Wanted(caller="withheld"), [4]),
        (Wanted(caller='"><script>'), [5]),
        (Wanted(caller="%"), []),
        (Wanted(disposition="failed"), [2]),
        (Wanted(disposition="completed"), [4, 3, 1]),
        (Wanted(disposition=IN_PROGRESS), [6]),
        (Wanted(verdict="warn"), [3]),
        (Wanted(verdict="allow"), [6, 4, 2, 1]),
        (Wanted(node="confirm"), [2]),
        (Wanted(channel="twilio"), [4]),
        (Wanted(since=START + timedelta(minutes=4)), [6, 5]),
        (Wanted(until=START + timedelta(minutes=1)), [1]),
        (Wanted(caller=NUMBER, disposition="failed", node="confirm"), [2]),
        (Wanted(caller=NUMBER, verdict="block"), []),
        (Wanted(disposition="completed", channel="twilio", until=START), []),
        (Wanted(reference="123456782"), []),
    ],
)
def test_all_that_is_asked_must_hold(
    any_engine: sa.Engine, wanted: Wanted, found: list[int]
) -> None:
    """In whatever writing a number is asked for, with indexes for it or without."""
    write_records(any_engine, SOME)
    page = find_calls(any_engine, wanted)
    assert (ids(page), page.next) == (found, None)


def test_a_call_is_found_by_the_number_of_its_ticket(any_engine: sa.Engine) -> None:
    """Which is all that a citizen has of it; the ticket knows its call."""
    write_records(any_engine, SOME)
    place = Address(building_number="7421", postal_code="23218")
    new = NewTicket(origin="call:3:1", service_code="RD_HOLE", call_id=f"{3:032}", address=place)
    ticket = open_ticket(any_engine, new, destinations=[], now=START)
    assert ids(find_calls(any_engine, Wanted(reference=ticket.service_request_id))) == [3]
    other = Wanted(reference=ticket.service_request_id, verdict="allow")
    assert ids(find_calls(any_engine, other)) == []


def test_pages_have_every_call_once_whatever_comes_meanwhile(any_engine: sa.Engine) -> None:
    """Also of calls that began in the same moment."""
    write_records(any_engine, [call(number, minutes=number // 3) for number in range(20)])
    seen: list[int] = []
    for page in pages(any_engine, Wanted(), limit=6):
        seen += ids(page)
        write_records(any_engine, [call(100 + len(seen), 99)])
    assert seen == sorted(range(20), reverse=True)


def test_one_page_looks_through_no_more_than_so_many(any_engine: sa.Engine) -> None:
    """It says up to when it has looked, and the next one goes on there: nothing is left out."""
    several = LOOKED_THROUGH * 2 + 100
    list(seed(any_engine, Plan(several, 0, 30, 1, 0, START), CITY))
    old = call(1, minutes=-60 * 24 * 30, channel="test")
    write_records(any_engine, [old])
    found = list(pages(any_engine, Wanted(channel="test"), limit=10))
    assert [ids(page) for page in found] == [[], [], [1]]
    looked = [page.looked_back_to for page in found]
    assert looked[2] is None
    assert looked[0] is not None
    assert looked[1] is not None
    assert START > looked[0] > looked[1]


def test_every_search_is_led_by_an_index(any_engine: sa.Engine) -> None:
    """A page reads as many rows as it shows, or looks through, and no table as a whole."""
    list(seed(any_engine, Plan(20_000, 2_000, 30, 1, 0, START), CITY))
    searches = [
        Wanted(),
        Wanted(caller=_most_frequent(any_engine)),
        Wanted(caller="withheld"),
        Wanted(caller="19999"),
        Wanted(caller="nobody"),
        Wanted(disposition="blocked"),
        Wanted(disposition="completed"),
        Wanted(disposition=IN_PROGRESS),
        Wanted(verdict="warn"),
        Wanted(verdict="allow", channel="test"),
        Wanted(node="operator"),
        Wanted(node="nowhere"),
        Wanted(reference="123456782"),
        Wanted(since=START - timedelta(days=9), until=START - timedelta(days=8)),
    ]
    for wanted in searches:
        with asked_of(any_engine) as asked:
            find_calls(any_engine, wanted)
        for statement, values in asked:
            read = _rows_read(any_engine, statement, values)
            assert read <= LOOKED_THROUGH + 100, (wanted, statement)


def _most_frequent(engine: sa.Engine) -> str:
    with reading(engine) as connection:
        often = "SELECT e164 FROM calls WHERE e164 IS NOT NULL GROUP BY e164 ORDER BY count(*) DESC"
        return str(connection.scalar(sa.text(f"{often} LIMIT 1")))


def _rows_read(engine: sa.Engine, statement: str, values: Any) -> int:
    """How many rows of tables and indexes an answer takes; on SQLite whether it takes all."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            steps = [row[3] for row in plan if not row[3].endswith("(id=?)")]
            return sum(10**6 for step in steps if _takes_all(step, one=len(steps) < len(plan)))
        told = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
        found = connection.exec_driver_sql(told, values).scalar_one()
    (plan,) = found if isinstance(found, list) else json.loads(found)
    return _read_by(plan["Plan"])


def _takes_all(step: str, *, one: bool) -> bool:
    """A scan in the order of an index ends with the page; a sort has read all but `one` call."""
    scans = step.startswith("SCAN") and "USING" not in step
    return scans or (not one and "TEMP B-TREE FOR ORDER BY" in step)


def _read_by(step: dict[str, Any]) -> int:
    left_out = step.get("Rows Removed by Filter", 0)
    here = (
        (step["Actual Rows"] + left_out) * step["Actual Loops"]
        if "Scan" in step["Node Type"]
        else 0
    )
    return int(here) + sum(_read_by(one) for one in step.get("Plans", []))


@pytest.mark.parametrize(
    "cursor", ["", "x", "12", "zz.1", "1.é", "f" * 40 + ".", "-1.", "1." + "a" * 40]
)
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    """Whoever made it up is told so; nothing is asked of the database."""
    with pytest.raises(ValueError, match="cursor"):
        Place.of(cursor)


def test_a_cursor_says_where_a_page_ended() -> None:
    """To the microsecond, and nothing of who called."""
    place = Place(datetime(2026, 11, 30, 9, 40, 1, 23, UTC), "a" * 32)
    assert Place.of(str(place)) == place
    before = Place(place.started_at, "")
    assert Place.of(str(before)) == before
