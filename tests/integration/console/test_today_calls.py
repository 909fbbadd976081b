"""Today's figures of calls: what they say, where they lead, and what they cost."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from call_handlers.records import Record, write_records
from console.house import House
from tests.fixtures.console import Browser
from tests.fixtures.record import RIYADH, Clock
from tests.fixtures.statements import MOST_OF_A_PAGE, asked_of
from tests.integration.calls.test_records import FACTS
from tests.integration.console.conftest import People


def write(house: House, *calls: Record) -> None:
    """Write calls."""
    write_records(house.engine, calls)


def call(number: int, began: datetime, seconds: int = 60, **changes: Any) -> Record:
    """A call that began at this moment; one of no seconds goes on."""
    started_ms = int(began.timestamp() * 1000)
    facts = replace(FACTS, call_id=f"{number:032}", started_ms=started_ms)
    if not seconds:
        return Record(facts)
    ended_ms = started_ms + seconds * 1000
    return replace(Record(facts, ended_ms=ended_ms, disposition="completed"), **changes)


def at_noon(clock: Clock) -> datetime:
    """It is noon in Riyadh, of the day before: the hours of the morning are over for good."""
    clock.now = (datetime.now(RIYADH) - timedelta(days=1)).replace(hour=12, minute=30)
    return clock.now


def test_the_first_page_tells_of_todays_calls(
    house: House, clock: Clock, signed_in: People
) -> None:
    """How many, what came of them, what was chosen, and when."""
    noon = at_noon(clock)
    write(
        house,
        call(1, noon - timedelta(hours=3), choice="leave_report"),
        call(2, noon - timedelta(hours=3), disposition="abandoned"),
        call(3, noon - timedelta(minutes=5), seconds=0),
        call(4, noon - timedelta(hours=13), choice="inquiry"),
    )
    browser = signed_in("operator")
    browser.post("/preferences/language", language="en")
    page = browser.get("/").get_data(as_text=True)
    figures = {name: _figure(page, name) for name in ("In progress", "Calls today", "Answered")}
    assert figures == {"In progress": "1", "Calls today": "3", "Answered": "1"}
    assert ">Report</a></th>" in page
    assert ">Inquiry</a></th>" not in page  # that was yesterday
    assert page.count("data-begins=") == 13


def _figure(page: str, name: str) -> str:
    after = page[page.index(f">{name}</a></dt>") :]
    return after[after.index("<dd>") + 4 : after.index("</dd>")]


def test_a_figure_leads_to_its_calls(house: House, clock: Clock, signed_in: People) -> None:
    """And no further: to those of today that came out so."""
    noon = at_noon(clock)
    early, late = noon - timedelta(hours=13), noon - timedelta(hours=1)
    write(house, call(1, late, disposition="abandoned"), call(2, late), call(3, early))
    browser = signed_in("operator")
    browser.post("/preferences/language", language="en")
    browser.get("/")
    for name, found in (("Calls today", {1, 2}), ("Answered", {2}), ("Given up", {1})):
        link = _before(browser.page, f">{name}</a></dt>")
        listed = browser.client.get(link).get_data(as_text=True)
        assert {number for number in (1, 2, 3) if f"/calls/{number:032}" in listed} == found, name
    links = re.findall(r'<a href="(/calls\?(?:choice|since)=[^"]*)"', browser.page)
    behind = set()
    for link in links:
        listed = browser.client.get(link.replace("&amp;", "&")).get_data(as_text=True)
        behind.add(frozenset(n for n in (1, 2, 3) if f"/calls/{n:032}" in listed))
    assert {frozenset({1, 2}), frozenset()} <= behind, "one is of their hour, others of none"
    assert not any(3 in numbers for numbers in behind)


def _before(page: str, text: str) -> str:
    """The address of the link whose end this is."""
    return page[: page.index(text)].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")


def test_what_is_live_comes_as_one_event_and_ends(
    house: House, clock: Clock, signed_in: People
) -> None:
    """So nobody who looks holds a thread; each line of the event is a line of the page."""
    write(house, call(1, at_noon(clock) - timedelta(minutes=5), seconds=0))
    answer = signed_in("auditor").get("/today/live")
    assert answer.mimetype == "text/event-stream"
    lines = answer.get_data(as_text=True).splitlines()
    assert lines[0].startswith("retry: ")
    assert all(line.startswith("data: ") for line in lines[1:-1])
    assert lines[-1] == ""
    assert "<dd>1</dd>" in answer.get_data(as_text=True)


def test_a_page_that_asks_by_itself_keeps_no_session_alive_asvs_7_3_1(
    house: House, signed_in: People
) -> None:
    """An open page is no reader: who has gone home is signed out."""
    browser = signed_in("operator")
    browser.get("/")
    (session,) = house.redis.keys("hotline:console:session:*")
    house.redis.expire(session, 100)
    assert browser.get("/today/live").status_code == 200
    assert house.redis.ttl(session) <= 100
    browser.get("/")
    assert house.redis.ttl(session) > 100


def test_who_is_out_gets_no_event(outside: Browser) -> None:
    """401, which the page tells; a reader without scripts is led to sign in."""
    live = {"Accept": "text/html, text/event-stream"}
    assert outside.get("/today/live", headers=live).status_code == 401
    assert outside.get("/today/live").status_code == 302


def test_the_first_page_takes_few_questions(house: House, clock: Clock, signed_in: People) -> None:
    """Also when nobody has looked before, and however many calls there were."""
    noon = at_noon(clock)
    write(house, *(call(number, noon - timedelta(minutes=number)) for number in range(300)))
    browser = signed_in("manager")
    for _ in range(2):
        with asked_of(house.engine) as asked:
            assert browser.get("/").status_code == 200
        assert len(asked) <= MOST_OF_A_PAGE


def test_the_page_is_told_when_the_record_is_away(
    house: House, signed_in: People, clock: Clock
) -> None:
    """503, in both languages; nothing of the error."""
    browser = signed_in("operator")
    with house.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE call_hours RENAME TO gone"))
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "call_hours" not in answer.get_data(as_text=True)
