"""Who waits for an operator, in a browser: the figure is live, and what is not known is told."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from call_handlers.people_line.waiting import Told, Waiting
from carriers.queue import Operators, QueueState
from console.house import House
from tests.browser.conftest import Desks
from tests.fixtures.chromium import barriers, picture

NAMES = {"en": "Waiting in the queue", "ar": "ينتظرون في الطابور"}
UNKNOWN = {"en": "not known", "ar": "غير معروف"}


@pytest.fixture
def known() -> list[Waiting]:
    """What is known of those who wait; the last counts."""
    return [Waiting((Told("Asterisk 10.0.0.7"),))]


@pytest.fixture
def house(house: House, known: list[Waiting]) -> House:
    """A console that tells it."""
    return replace(house, waiting=lambda: known[-1])


@pytest.mark.parametrize(("language", "theme"), [("ar", "dark"), ("en", "light")])
def test_the_figure_is_live_and_has_no_barrier(
    desk: Desks, known: list[Waiting], language: str, theme: str
) -> None:
    """From not known to three who wait, on a page that nobody touches; axe-core finds nothing."""
    page = desk("operator", language, theme)
    page.goto("/")
    figure = page.locator("#calls-now .figure", has_text=NAMES[language]).locator("dd")
    expect(figure).to_have_text(UNKNOWN[language])
    expect(page.locator("#calls-now bdi")).to_have_text("Asterisk 10.0.0.7")
    picture(page, f"today-unknown-{language}-{theme}")
    assert barriers(page) == []
    known.append(Waiting((Told("Asterisk 10.0.0.7", QueueState(3, 40, Operators(2, 0))),)))
    expect(figure).to_have_text("3", timeout=30_000)
    expect(page.locator("#calls-now bdi")).to_have_count(0)
    picture(page, f"today-waiting-{language}-{theme}")
    assert barriers(page) == []
