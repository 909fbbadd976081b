"""What is done in a page is heard by the next call: a real FastAGI server, a browser, one house."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from hotline.bootstrap import Services
from hotline.console.wiring import house_of, make_console
from hotline.settings import Settings
from lab.callers.asterisk_model import Act, HangUp, Listening, Press
from lab.callers.fake_asterisk import FakeAsterisk
from people.person import Role
from places.announcing import not_over
from tests.browser.conftest import Desks
from tests.faults.conftest import ear, settings, sounds
from tests.fixtures.chromium import served
from tests.fixtures.reporter import Ear
from tests.fixtures.tickets import new_ticket
from tests.fixtures.whole_stack import parts_of, with_redis
from tickets.open import open_ticket

__all__ = ["ear", "settings", "sounds"]
NUMBER = "+966551234567"


@dataclass
class Line:
    """The hotline, and the desks of its console."""

    services: Services
    asterisk: FakeAsterisk
    ear: Ear
    desks: Desks
    files: list[str] = field(default_factory=list)

    def heard(self, **keys: str) -> list[str]:
        """What a new call hears, by names of prompts: `files` has all.

        The caller presses the key of each question that is named, and else hangs up.
        """
        heard: list[str] = []

        def caller(listening: Listening) -> Act:
            now = self.ear.prompts(listening.files)
            heard.extend(now)
            self.files.extend(listening.files)
            wanted = [keys[name] for name in now if name in keys]
            return Press(wanted[-1]) if wanted else HangUp()

        self.files.clear()
        lived = self.asterisk.call(caller, number=NUMBER)
        self.files.extend(lived.last_heard)
        return [*heard, *self.ear.prompts(lived.last_heard)]

    def at_desk(self, role: Role) -> Page:
        """A window of somebody of this role."""
        return self.desks(role, "en")


@pytest.fixture
def line(
    settings: Callable[..., Settings], redis_url: str, ear: Ear, chromium: Browser
) -> Iterator[Line]:
    """A FastAGI server as a process, and a console on the same stores."""
    with parts_of(settings(**with_redis(redis_url))) as parts:
        parts.start("agi-1")
        with closing(Services(parts.settings)) as services, served(make_console(services)) as at:
            desks = Desks(chromium, house_of(services), at)
            yield Line(services, FakeAsterisk(parts.agi[:1]), ear, desks)
            desks.close()


def test_a_number_that_is_blocked_in_the_page_hears_so_with_its_very_next_call(line: Line) -> None:
    """And once it is lifted there, the menu again."""
    assert "blocked_notice" not in line.heard()
    page = line.at_desk("supervisor")
    page.goto("/blocklist")
    page.locator("#look").fill("055 123 4567")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Restrict", exact=True).click()
    expect(page.get_by_role("status")).to_be_visible()
    assert line.heard()[0] == "blocked_notice"
    page.get_by_role("button", name="Lift the restriction").click()
    expect(page.get_by_role("button", name="Lift the restriction")).to_have_count(0)
    assert "blocked_notice" not in line.heard()


def test_a_status_that_is_changed_in_the_page_is_heard_in_the_follow_up_call(line: Line) -> None:
    """By whoever reported it, from the number that it was reported from."""
    services = line.services
    new = new_ticket(phone=NUMBER, reported_from=NUMBER)
    ticket = open_ticket(services.engine(), new, destinations=["backoffice"], now=datetime.now(UTC))
    ways = {"language": "1", "main": "4", "follow_up": "1"}
    assert "status.OPEN" in line.heard(**ways)
    page = line.at_desk("operator")
    page.goto(f"/tickets/{ticket.service_request_id}")
    page.locator("#status").select_option("in_progress")
    page.get_by_role("button", name="Change the status").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert "status.IN_PROGRESS" in line.heard(**ways)


def test_an_announcement_that_is_put_on_the_air_is_heard_by_the_next_call(line: Line) -> None:
    """Before the menu; taken off the air, it is gone."""
    page = line.at_desk("supervisor")
    page.goto("/announcements")
    page.locator("#template").select_option(index=1)
    page.get_by_role("button", name="Hear it").click()
    page.get_by_role("button", name="Put it on the air").click()
    expect(page.get_by_role("status")).to_be_visible()
    services = line.services
    (said,) = not_over(services.engine(), datetime.now(UTC))
    sound = f"/{services.texts.maker.stem_of(('ar', said.texts['ar']))}"
    assert "main" in line.heard(language="1")
    assert [file for file in line.files if file.endswith(sound)]
    page.get_by_role("button", name="Take it off the air").click()
    expect(page.get_by_role("button", name="Take it off the air")).to_have_count(0)
    assert "main" in line.heard(language="1")
    assert [file for file in line.files if file.endswith(sound)] == []
