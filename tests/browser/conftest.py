"""Fixtures of the tests in a browser: Chromium, and a console with people at their desks."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from console.house import House
from people.person import Role
from tests.fixtures.chromium import chromium_program, running_chromium, served, sign_in
from tests.fixtures.console import PASSWORD, add_person
from tests.fixtures.tickets import database_url, engine
from tests.integration.console.conftest import app, clock, counted, house

__all__ = ["app", "clock", "counted", "database_url", "engine", "house"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser."""
    if chromium_program() is None:
        pytest.skip("Chromium is not installed: `make setup` as root on Debian")
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where it is served."""
    with served(app) as found:
        yield found


class Desks:
    """Opens windows, each with cookies of its own, in which somebody of a role is signed in."""

    def __init__(self, chromium: Browser, house: House, address: str) -> None:
        self._chromium, self._house, self._address = chromium, house, address
        self._opened: list[Page] = []

    def __call__(
        self, role: Role | None, language: str = "ar", theme: str = "light", *, scripts: bool = True
    ) -> Page:
        """A window of somebody with this role; of nobody for None. It fails on any script error."""
        context = self._chromium.new_context(
            base_url=self._address,
            locale={"ar": "ar-SA", "en": "en-GB"}[language],
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=scripts,
            viewport={"width": 1280, "height": 900},
        )
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
        page.on("console", _no_refusal)
        if role is not None:
            name = f"{role} {len(self._opened)}"
            account = add_person(self._house, name, role)
            sign_in(page, self._address, account.email, PASSWORD)
        self._opened.append(page)
        return page

    def close(self) -> None:
        """Close the windows."""
        for page in self._opened:
            page.context.close()


def _no_refusal(message: object) -> None:
    text = str(getattr(message, "text", ""))
    assert "Content Security Policy" not in text, text


@pytest.fixture
def desk(chromium: Browser, house: House, address: str) -> Iterator[Desks]:
    """Opens windows."""
    desks = Desks(chromium, house, address)
    yield desks
    desks.close()
