"""Every page, for everybody who may open it, in both languages and both themes."""

import pytest
from flask import Flask

from console.pages import PAGES
from tests.browser.conftest import Desks
from tests.fixtures.chromium import barriers, picture

LOOKS = [(language, theme) for language in ("ar", "en") for theme in ("light", "dark")]
OPEN = ("/sign-in", "/nothing-here")
OWN = ("/me", "/me/password", "/me/second-factor")


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
        inside.goto(path)
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


def test_the_first_page_is_light(desk: Desks) -> None:
    """At most 150 kB over the wire for somebody who comes for the first time."""
    page = desk(None)
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(_bytes(request)))
    page.goto("/sign-in", wait_until="networkidle")
    assert len(sizes) > 3
    assert sum(sizes) <= 150_000, sum(sizes)


def _bytes(request: object) -> int:
    told = request.sizes()  # type: ignore[attr-defined]  # Playwright's request
    return int(told["responseBodySize"] + told["responseHeadersSize"])
