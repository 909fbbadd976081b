"""Signing in by the city's own provider of identities: a small real one, over a real socket."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask import Flask

from console.house import House, Provider
from people.accounts import disable, list_accounts
from people.person import Role
from store.sql import reading
from tests.fixtures.console import ADMIN, Browser, add_person, console_app
from tests.fixtures.processes import free_tcp_port, wait_until

ROLES: dict[str, Role] = {"940-desk": "operator", "940-leads": "supervisor"}


class City:
    """The provider, as a test has it."""

    def __init__(self, address: str) -> None:
        self.address = address

    def has(self, subject: str, **claims: Any) -> None:
        """Somebody is known there, by these claims from now on."""
        found = {"email": f"{subject}@jeddah.gov.sa", "name": subject.title(), **claims}
        httpx.put(f"{self.address}/users/{subject}", json=found, trust_env=False).raise_for_status()

    def leads_back(self, location: str, subject: str) -> str:
        """Somebody signs in there; where their browser is led then."""
        answer = httpx.post(location, data={"sub": subject}, trust_env=False)
        assert answer.status_code in (302, 303), answer.text
        return answer.headers["Location"]


@pytest.fixture(scope="module")
def city() -> Iterator[City]:
    """A provider that is running, in a process of its own."""
    port = free_tcp_port()
    command = (sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        wait_until(lambda: _answers(address), 60.0, "the provider answers")
        yield City(address)
    finally:
        process.terminate()
        process.wait(20)


def _answers(address: str) -> bool:
    try:
        found = httpx.get(f"{address}/.well-known/openid-configuration", trust_env=False)
    except httpx.HTTPError:
        return False
    return found.status_code == 200


@pytest.fixture
def app(house: House, city: City) -> Flask:
    """The console of a city that has a provider; a second factor is asked for by that."""
    provider = Provider(city.address, "console", "a secret", ROLES)
    return console_app(house, two_factor=True, provider=provider)


def sign_in(app: Flask, city: City, subject: str) -> tuple[Browser, Any]:
    """A browser that goes to the provider and comes back; and the answer to that."""
    browser = Browser(app.test_client())
    answer = browser.get("/sign-in/provider")
    back = urlsplit(city.leads_back(answer.headers["Location"], subject))
    return browser, browser.get(f"{back.path}?{back.query}")


def test_somebody_of_a_group_is_in_with_its_role(app: Flask, house: House, city: City) -> None:
    """The first time makes the account; there is no password to it."""
    city.has("sara", groups=["everybody", "940-desk"])
    browser, answer = sign_in(app, city, "sara")
    assert answer.headers["Location"] == "/"
    assert browser.get("/").status_code == 200
    assert browser.get("/users").status_code == 403
    with reading(house.engine) as connection:
        (account,) = list_accounts(connection)
    assert (account.name, account.role) == ("Sara", "operator")
    assert Browser(app.test_client()).sign_in(account.email, "").status_code == 200


def test_the_role_follows_the_groups_at_each_sign_in(app: Flask, house: House, city: City) -> None:
    """Whoever is in two has the role that decides more; another role ends older sessions."""
    city.has("amal", groups=["940-desk"])
    first, _ = sign_in(app, city, "amal")
    city.has("amal", groups=["940-desk", "940-leads"])
    second, _ = sign_in(app, city, "amal")
    with reading(house.engine) as connection:
        (account,) = list_accounts(connection)
    assert account.role == "supervisor"
    assert first.get("/").status_code == 302
    assert second.get("/").status_code == 200


@pytest.mark.parametrize("groups", [[], ["everybody"], "940-desk ", None, {"940-desk": 1}])
def test_nobody_without_a_group_is_let_in(
    app: Flask, house: House, city: City, groups: object
) -> None:
    """They are told so, and no account is made."""
    city.has("badr", groups=groups)
    browser, answer = sign_in(app, city, "badr")
    assert answer.status_code == 403
    assert browser.get("/").status_code == 302
    with reading(house.engine) as connection:
        assert list_accounts(connection) == []


def test_an_address_that_an_account_has_already_is_not_taken_over(
    app: Flask, house: House, city: City
) -> None:
    """Whoever claims an admin's address at the provider is not that admin."""
    account = add_person(house, "hind", "manager")
    city.has("other", groups=["940-desk"], email=account.email, name="Somebody")
    _, answer = sign_in(app, city, "other")
    assert answer.status_code == 403


def test_a_disabled_account_stays_out(app: Flask, house: House, city: City) -> None:
    """Whatever the provider says of it."""
    city.has("nada", groups=["940-desk"])
    sign_in(app, city, "nada")
    add_person(house, "an admin", "admin")
    with reading(house.engine) as connection:
        (found,) = (one for one in list_accounts(connection) if one.name == "Nada")
    disable(house.engine, found.id, by=ADMIN, now=house.now())
    browser, answer = sign_in(app, city, "nada")
    assert answer.status_code == 403
    assert browser.get("/").status_code == 302


def _stale(query: dict[str, list[str]]) -> dict[str, list[str]]:
    return {**query, "state": ["of another browser"]}


def _forged(query: dict[str, list[str]]) -> dict[str, list[str]]:
    return {**query, "code": ["made up"]}


def _error(query: dict[str, list[str]]) -> dict[str, list[str]]:
    return {"error": ["access_denied"], "state": query["state"]}


def test_whoever_the_provider_puts_out_is_out(app: Flask, house: House, city: City) -> None:
    """At once, and by no password of their own: none can be set."""
    city.has("layla", groups=["940-desk"])
    first, _ = sign_in(app, city, "layla")
    assert first.get("/me/password").status_code == 404
    first.get("/me")
    form = {"new_password": "x" * 20, "new_password_confirm": "x" * 20}
    assert first.post("/me/password", **form).status_code == 404
    city.has("layla", groups=[])
    _, answer = sign_in(app, city, "layla")
    assert answer.status_code == 403
    assert first.get("/").status_code == 302


@pytest.mark.parametrize("changed", [_stale, _forged, _error, lambda _query: {}])
def test_what_comes_back_and_is_not_ours_lets_nobody_in(
    app: Flask, city: City, changed: Callable[[dict[str, list[str]]], dict[str, list[str]]]
) -> None:
    """Another's state, a made-up code, an error, nothing at all: back to the way in, told."""
    city.has("sara", groups=["940-desk"])
    browser = Browser(app.test_client())
    answer = browser.get("/sign-in/provider")
    back = urlsplit(city.leads_back(answer.headers["Location"], "sara"))
    query = changed(parse_qs(back.query))
    answer = browser.get(back.path, query_string={name: one[0] for name, one in query.items()})
    assert answer.headers["Location"] == "/sign-in"
    assert "alert-danger" in browser.follow(answer).get_data(as_text=True)
    assert browser.get("/").status_code == 302


def test_a_provider_that_is_away_is_told_and_passwords_go_on(house: House) -> None:
    """The way in says so; whoever has a password uses it."""
    away = Provider("http://127.0.0.1:9", "console", "a secret", ROLES)
    app = console_app(house, provider=away)
    browser = Browser(app.test_client())
    answer = browser.follow(browser.get("/sign-in/provider"))
    assert "alert-danger" in answer.get_data(as_text=True)
    account = add_person(house, "hind", "operator")
    assert browser.sign_in(account.email).headers["Location"] == "/"


def test_without_a_provider_there_is_no_such_way(house: House) -> None:
    """No link and no page."""
    browser = Browser(console_app(house).test_client())
    assert "sign-in/provider" not in browser.get("/sign-in").get_data(as_text=True)
    assert browser.get("/sign-in/provider").status_code == 404
