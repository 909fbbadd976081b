"""Every page, for everybody who may open it, in both languages and both themes."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from console.house import House
from console.pages import PAGES
from people.permissions import allows
from people.person import ACCOUNT_ROLES, Role
from people.tokens import create_token
from tests.browser.conftest import Desks
from tests.fixtures.chromium import barriers, picture
from tests.fixtures.record import MAHA

LOOKS = [(language, theme) for language in ("ar", "en") for theme in ("light", "dark")]
OPEN = ("/sign-in", "/nothing-here")
OWN = ("/parts", "/me", "/me/password", "/me/second-factor")


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_no_page_has_a_barrier(app: Flask, desk: Desks, language: str, theme: str) -> None:
    """axe-core finds nothing against WCAG 2.2 AA on any page; pictures are kept."""
    found = {}
    outside = desk(None, language, theme)
    for path in OPEN:
        outside.goto(path)
        found[path] = barriers(outside)
    inside = desk("admin", language, theme)
    with app.test_request_context():
        every = [app.url_for(page.endpoint) for page in PAGES]
    for path in (*every, *OWN):
        answer = inside.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        found[path] = barriers(inside)
        name = path.strip("/").replace("/", "-") or "today"
        picture(inside, f"{name}-{language}-{theme}")
    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_page_is_of_its_language_and_direction(desk: Desks, language: str) -> None:
    """Arabic from right to left; the reader changes it with one button, and it stays so."""
    page = desk("operator", language)
    root = page.locator("html")
    assert root.get_attribute("lang") == language
    assert root.get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    other = "en" if language == "ar" else "ar"
    page.locator(f"footer button[value={other}]").click()
    page.goto("/me")
    assert page.locator("html").get_attribute("lang") == other


def test_the_keyboard_alone_signs_in(desk: Desks) -> None:
    """Tab and Enter reach everything; the first stop leads past the menu."""
    page = desk("operator")
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_pages_work_without_scripts(desk: Desks) -> None:
    """Signing in, moving about and the choice of a theme need none."""
    page = desk("admin", scripts=False)
    page.goto("/users")
    assert page.locator("h1").inner_text()
    page.locator("footer button[value=dark]").click()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


@pytest.mark.parametrize("role", ACCOUNT_ROLES)
def test_every_page_of_a_role_opens_without_a_fault(app: Flask, desk: Desks, role: Role) -> None:
    """Its menu has its own pages and no others; no script fails and no policy is broken."""
    page = desk(role)
    with app.test_request_context():
        its = [app.url_for(one.endpoint) for one in PAGES if allows(role, one.permission)]
    page.goto("/")
    links = page.locator("header nav a")
    assert [one.get_attribute("href") for one in links.all()] == its
    for path in its:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert page.locator("h1").count() == 1, path


def test_the_api_is_tried_from_its_page(house: House, desk: Desks) -> None:
    """With a token that is typed, and with nothing else of the reader's."""
    token, _ = create_token(house.engine, name="x", role="operator", by=MAHA, now=house.now())
    page = desk("manager", "en")
    page.goto("/api")
    one = page.locator("details", has=page.locator("code", has_text="GET /api/v1/blacklist/audit"))
    one.locator("summary").click()
    for typed, status in (("", "401"), (token, "403")):
        page.locator("#token").fill(typed)
        one.locator("button").click()
        expect(one.locator(".answer")).to_contain_text(status)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_first_pages_are_light(desk: Desks, language: str) -> None:
    """At most 150 kB over the wire each, for somebody who comes for the first time."""
    first: tuple[tuple[Role | None, str], ...] = ((None, "/sign-in"), ("supervisor", "/"))
    for role, path in first:
        page = desk(role, language)
        page.goto("/nothing-here")
        sizes = _weighed(page)
        page.context.new_cdp_session(page).send("Network.clearBrowserCache")
        page.goto(path)
        page.wait_for_function("document.fonts.status === 'loaded'")
        assert len(sizes) > 3
        assert 0 < sum(sizes) <= 150_000, (path, sum(sizes))


def _weighed(page: Page) -> list[int]:
    """What comes to this window from now on, in bytes, a request each."""
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(_bytes(request)))
    return sizes


def _bytes(request: object) -> int:
    told = request.sizes()  # type: ignore[attr-defined]  # Playwright's request
    return int(told["responseBodySize"] + told["responseHeadersSize"])
