"""No page asks much of the database, whatever it shows: those of every role, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from console.house import House
from lab.own_postgres import own_database
from lab.pages import NothingToShow, pages_of
from people.permissions import allows
from people.person import ACCOUNT_ROLES
from store.database import make_engine
from store.migrations import upgrade
from tests.fixtures.console import Browser
from tests.fixtures.databases import lay_migrated
from tests.fixtures.full_record import full_record
from tests.fixtures.record import NUMBER
from tests.fixtures.statements import Counts
from tests.integration.console.conftest import People
from tests.integration.seeding.test_seed import CITY

NOT_BY_ITSELF = {"/blocklist/number": 302, "/announcements/draft/<language>.wav": 404}
"""What a page needs that somebody has looked up, or typed, before."""


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A migrated database of each kind."""
    if request.param == "sqlite":
        made = make_engine(lay_migrated(tmp_path / "hotline.db"))
        yield made
        made.dispose()
        return
    with own_database(request.getfixturevalue("postgres_server")) as url:
        made = make_engine(url)
        upgrade(made)
        yield made
        made.dispose()


def test_every_page_takes_few_questions(
    house: House, app: Flask, counts: Counts, signed_in: People
) -> None:
    """By whichever role it is opened; the first page also after hours in which nobody looked."""
    every = list(pages_of(app, full_record(house, CITY)))
    outside = Browser(app.test_client())
    for role in reversed(ACCOUNT_ROLES):
        browser = signed_in(role)
        for page in every:
            if page.permission == "public":
                assert outside.get(page.path).status_code < 500, page.rule
            elif page.permission == "own":
                assert browser.get(page.path).status_code < 500, page.rule
            elif allows(role, page.permission):  # type: ignore[arg-type]  # a right, then
                expected = NOT_BY_ITSELF.get(page.rule, 200)
                assert browser.get(page.path).status_code == expected, page.rule
        look_up(browser)
    assert {f"GET {page.rule}" for page in every} <= counts.keys()
    assert counts["GET /"] > 1


def look_up(browser: Browser) -> None:
    """Open what a number leads to: its page, and its calls."""
    for path, form in (("/blocklist", "/blocklist/look"), ("/calls", "/calls")):
        browser.get(path)
        found = browser.post(form, **{"number": NUMBER, "caller": NUMBER})
        assert browser.follow(found).status_code == 200


def test_a_page_of_which_there_is_no_example_is_told(app: Flask) -> None:
    """Whoever adds one gives an example of what it shows."""
    with pytest.raises(NothingToShow, match="invitation"):
        list(pages_of(app, {}))
