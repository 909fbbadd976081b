"""Lists come in pages by keys: whatever comes or goes meanwhile, nothing is lost or given twice."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from blacklist.index import RedisIndex
from blacklist.record.entries import list_entries
from blacklist.record.limits import Wanted
from store.sql import reading
from tests.fixtures.record import MAHA, Clock, register_on
from tests.integration.api.conftest import Ask

NUMBERS = [f"+9665012345{n:02}" for n in range(7)]


def pages(ask: Ask, first: str) -> Iterator[list[dict[str, Any]]]:
    """Every page, each by the link of the one before."""
    path: str | None = first
    while path is not None:
        answer = ask("GET", path)
        assert answer.status_code == 200, answer.text
        assert isinstance(answer.json, list)
        yield answer.json
        link = re.fullmatch(r"<[^?]*(\?[^>]*)>; rel=\"next\"", answer.headers.get("Link", ""))
        path = None if link is None else first.partition("?")[0] + link[1]


def test_the_next_page_begins_behind_the_last_item_of_this_one(ask: Ask) -> None:
    """An entry that is lifted while somebody reads moves none of the others out of sight."""
    for days, number in enumerate(NUMBERS, start=1):
        body = {"number": number, "reason": "abuse", "days": days}
        assert ask("POST", json=body).status_code == 201
    seen: list[str] = []
    for page in pages(ask, "?limit=2"):
        seen += [entry["subject"] for entry in page]
        ask("DELETE", f"/{seen[0]}")
    assert seen == NUMBERS


def test_a_filter_goes_with_the_link(ask: Ask) -> None:
    """The next page is of the same list."""
    for days, number in enumerate(NUMBERS[:3], start=1):
        ask("POST", json={"number": number, "reason": "abuse", "days": days})
    ask("PUT", f"/{NUMBERS[5]}/allow", json={"days": 2})
    found = [entry["kind"] for page in pages(ask, "?limit=1&kind=number") for entry in page]
    assert found == ["number"] * 3


def test_the_history_of_a_number_is_told_in_pages(ask: Ask) -> None:
    """The newest first; behind the last page there is no link."""
    for _ in range(3):
        ask("POST", json={"number": NUMBERS[0], "reason": "abuse", "days": 1})
        ask("DELETE", f"/{NUMBERS[0]}")
    told = list(pages(ask, f"/{NUMBERS[0]}/history?limit=4"))
    assert [len(page) for page in told] == [4, 2]
    ids = [change["id"] for page in told for change in page]
    assert ids == sorted(ids, reverse=True)


def test_what_has_no_end_comes_last_whatever_the_database(
    any_engine: sa.Engine, index: RedisIndex, clock: Clock
) -> None:
    """Databases differ in where they put NULL, and pages must not."""
    register = register_on(any_engine, index, clock)
    register.allow(NUMBERS[0], by=MAHA)
    register.allow(NUMBERS[1], by=MAHA)
    register.add(NUMBERS[2], Wanted("abuse", 3), by=MAHA)
    now = clock.now + timedelta(minutes=1)
    found: list[str] = []
    after = None
    with reading(any_engine) as connection:
        while page := list_entries(connection, now, limit=1, after=after):
            found += [entry.subject for entry in page]
            after = page[-1].until, page[-1].id
    assert found[0] == NUMBERS[2]
    assert sorted(found[1:]) == NUMBERS[:2]
