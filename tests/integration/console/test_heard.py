"""What is done to a ticket in the page is heard in the next call about it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.calls import CALLER, House, open_house
from tests.fixtures.console import Browser, console_app, console_house, somebody
from tests.fixtures.record import Clock
from tests.integration.calls.test_follow_up import followed, given
from tickets.model import Ticket


@pytest.fixture
def line(tmp_path: Path, redis_url: str) -> Iterator[House]:
    """The house that answers calls."""
    with open_house(tmp_path, redis_url) as opened:
        yield opened


@pytest.fixture
def browser(line: House, redis_url: str) -> Iterator[Browser]:
    """Somebody at a console on the same database."""
    clock = Clock()
    clock.now = line.clock.moment()
    with console_house(line.engine, redis_url, clock) as house:
        yield somebody(console_app(house), house, "operator")


def done(browser: Browser, ticket: Ticket, what: str, **form: str) -> None:
    """Send one form of the ticket's page."""
    path = f"/tickets/{ticket.service_request_id}"
    browser.get(path)
    (version,) = set(re.findall(r'name="version" value="([0-9]+)"', browser.page))
    assert browser.post(f"{path}/{what}", version=version, **form).status_code == 302


def test_a_status_that_is_changed_in_the_page_is_heard_in_the_follow_up_call(
    line: House, browser: Browser
) -> None:
    """At once, and step by step to its end, which a caller may have opened again."""
    ticket = given(line, "1")
    for status in ("investigating", "action_scheduled", "fixed"):
        done(browser, ticket, "status", status=status)
        call = followed(line, ticket.service_request_id, caller="+966559876543")
        assert call.session.answers["ticket_status"] == status
    call = followed(line, ticket.service_request_id, "2", caller=CALLER)
    assert call.turn.prompts[0].key == "ticket_reopened"
    browser.get(f"/tickets/{ticket.service_request_id}")
    assert "أعيد فتحه" in browser.page
