"""Every page, for everybody who may open it, in both languages and both themes."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page as Window
from playwright.sync_api import expect

from console.house import House
from console.pages import PAGES
from lab.pages import Page as Shown
from lab.pages import pages_of
from people.permissions import allows
from people.person import ACCOUNT_ROLES, Role
from people.tokens import create_token
from tests.browser.conftest import Desks
from tests.fixtures.chromium import barriers, picture
from tests.fixtures.console import somebody
from tests.fixtures.full_record import full_record
from tests.fixtures.record import MAHA, NUMBER
from tests.integration.seeding.test_seed import CITY

LOOKS = [(language, theme) for language in ("ar", "en") for theme in ("light", "dark")]


@pytest.fixture
def shown(app: Flask, house: House) -> list[Shown]:
    """Every page of the console, with something on it, and whose it is."""
    by = somebody(app, house, "admin", "Whoever asks first")
    found = []
    for page in list(pages_of(app, full_record(house, CITY))):
        outside = page.permission == "public"
        answer = (app.test_client() if outside else by.client).get(page.path)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            found.append(page)
    assert len(found) > 20
    return found


def of_number(page: Window) -> None:
    """Open the page of a number: one types it, so it has no address of its own."""
    page.goto("/blocklist")
    page.locator("#look").fill(NUMBER)
    page.keyboard.press("Enter")
    page.wait_for_url("**/blocklist/number*")


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_no_page_has_a_barrier(shown: list[Shown], desk: Desks, language: str, theme: str) -> None:
    """axe-core finds nothing against WCAG 2.2 AA on any page; pictures are kept."""
    found = {}
    outside, inside = desk(None, language, theme), desk("admin", language, theme)
    for one in shown:
        page = outside if one.permission == "public" else inside
        answer = page.goto(one.path)
        assert answer is not None
        assert answer.status == 200, one.rule
        found[one.rule] = barriers(page)
        name = re.sub("[^a-z]+", "-", one.rule).strip("-") or "today"
        picture(page, f"{name}-{language}-{theme}")
    outside.goto("/nothing-here")
    found["nothing"] = barriers(outside)
    of_number(inside)
    found["number"] = barriers(inside)
    assert {rule: faults for rule, faults in found.items() if faults} == {}


@pytest.mark.parametrize("width", [360, 768])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_no_page_is_wider_than_its_window(
    shown: list[Shown], desk: Desks, language: str, width: int
) -> None:
    """On a telephone and on a tablet: only tables are moved sideways, each within itself."""
    page = desk("admin", language)
    page.set_viewport_size({"width": width, "height": 900})
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    found = {}
    for one in shown:
        if one.permission != "public":
            page.goto(one.path)
            found[one.rule] = page.evaluate(over)
    of_number(page)
    found["number"] = page.evaluate(over)
    assert {rule: pixels for rule, pixels in found.items() if pixels > 0} == {}


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
def test_every_page_of_a_role_opens_without_a_fault(
    app: Flask, shown: list[Shown], desk: Desks, role: Role
) -> None:
    """Its menu has its own pages and no others; no script fails and no policy is broken.

    Each leads nowhere that it may not go.
    """
    page = desk(role)
    with app.test_request_context():
        its = [app.url_for(one.endpoint) for one in PAGES if allows(role, one.permission)]
    page.goto("/")
    links = page.locator("header nav a")
    assert [one.get_attribute("href") for one in links.all()] == its
    closed = {one.path for one in shown if not opens(role, one.permission)}
    for one in shown:
        if one.permission == "public" or one.path in closed:
            continue
        answer = page.goto(one.path)
        assert answer is not None
        assert answer.status == 200, one.rule
        assert page.locator("h1").count() == 1, one.rule
        leads = {link.get_attribute("href") for link in page.locator("a[href^='/']").all()}
        assert leads & closed == set(), one.rule
    of_number(page)
    assert page.locator("h1").count() == 1


def opens(role: Role, permission: str) -> bool:
    """Whether this role opens a page of this right."""
    everybodys = permission in ("own", "public")
    return everybodys or allows(role, permission)  # type: ignore[arg-type]  # a right of the table


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


def _weighed(page: Window) -> list[int]:
    """What comes to this window from now on, in bytes, a request each."""
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(_bytes(request)))
    return sizes


def _bytes(request: object) -> int:
    told = request.sizes()  # type: ignore[attr-defined]  # Playwright's request
    return int(told["responseBodySize"] + told["responseHeadersSize"])
