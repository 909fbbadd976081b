"""Who may open what, by the one table of permissions. Numbers are those of OWASP ASVS 5.0."""

import re
from collections import defaultdict

import pytest
from flask import Flask

from console.access import permission_of
from console.house import House
from console.masking import masked
from people.audit import history
from people.permissions import PERMISSIONS, allows
from people.person import ACCOUNT_ROLES, Role
from store.sql import reading
from tests.fixtures.console import Browser, console_app
from tests.fixtures.record import MAHA, NUMBER
from tests.integration.console.conftest import People


def views(app: Flask) -> dict[tuple[str, str], str]:
    """Every view that is not for everybody: its method and path, and the right that it needs."""
    found = {}
    for rule in app.url_map.iter_rules():
        mark = permission_of(app, rule.endpoint)
        if mark in ("public", "own"):
            continue
        path = re.sub(r"<int[^>]*>", "1", rule.rule)
        path = re.sub(r"<[^>]*>", "nobody", path)
        for method in (rule.methods or set()) & {"GET", "POST"}:
            found[method, path] = mark
    return found


@pytest.mark.parametrize("role", ACCOUNT_ROLES)
def test_a_role_opens_what_is_its_own_and_nothing_else_asvs_8_2_1(
    app: Flask, signed_in: People, role: Role
) -> None:
    """Every view, asked by every role: 403 exactly where the table says no."""
    browser, wrong = signed_in(role), defaultdict(list)
    for (method, path), needed in views(app).items():
        if method == "GET":
            answer = browser.client.get(path)
        else:
            browser.get("/me")
            answer = browser.post(path)
        refused = answer.status_code == 403
        if refused == allows(role, needed):  # type: ignore[arg-type]  # a right of the table
            wrong[needed].append(f"{method} {path}: {answer.status_code}")
        assert answer.status_code < 500, f"{method} {path}"
    assert wrong == {}


def test_nobody_opens_anything_without_signing_in_asvs_8_2_1(app: Flask, outside: Browser) -> None:
    """Each view leads to the way in, and changes nothing."""
    outside.get("/sign-in")
    for method, path in views(app):
        answer = outside.client.get(path) if method == "GET" else outside.post(path)
        assert answer.status_code == 302, f"{method} {path}"
        assert answer.headers["Location"].startswith("/sign-in"), f"{method} {path}"
        outside.get("/sign-in")


def test_every_right_is_needed_by_something_or_is_of_the_api(app: Flask) -> None:
    """A right that nothing asks for would only look like one."""
    of_pages = set(views(app).values())
    assert of_pages <= set(PERMISSIONS)


def test_a_form_without_its_token_changes_nothing_asvs_3_5_1(app: Flask, signed_in: People) -> None:
    """Another's page can send forms, and has no token; nor is one of another session good."""
    browser, other = signed_in("admin"), signed_in("supervisor")
    browser.get("/me")
    stolen = browser.page.split('name="csrf_token" value="')[1].split('"')[0]
    for method, path in views(app):
        if method == "POST":
            assert browser.post(path, token="").status_code == 400, path
    other.get("/me")
    assert other.post("/blocklist/look", token=stolen, number=NUMBER).status_code == 400


def test_every_answer_carries_what_browsers_keep_to_asvs_3_4_3(
    outside: Browser, signed_in: People
) -> None:
    """No inline script, no other origin, no frame (3.4.6), no sniffing (3.4.4), no referrer."""
    for answer in (outside.get("/sign-in"), outside.get("/nothing"), signed_in("admin").get("/")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer.headers["Cache-Control"], "asvs 14.3.2"


def test_browsers_come_by_tls_for_a_year_asvs_3_4_1(house: House) -> None:
    """Said where they come by TLS, and nowhere else."""
    client = console_app(house, secure=True).test_client()
    answer = client.get("/sign-in", base_url="https://localhost")
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_another_host_is_not_answered(outside: Browser) -> None:
    """A name that somebody points at us serves no page of ours under it."""
    assert outside.client.get("/sign-in", headers={"Host": "evil.example"}).status_code == 400


def test_an_address_that_a_client_claims_is_not_believed_asvs_4_1_3(
    app: Flask, house: House
) -> None:
    """Without a proxy of ours `X-Forwarded-For` is anybody's text; with one it is believed."""
    for proxies, expected in ((0, "127.0.0.1"), (1, "203.0.113.9")):
        browser = People(console_app(house, proxies=proxies), house)("admin", f"behind {proxies}")
        browser.get("/me")
        browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = "203.0.113.9"
        browser.post("/users", name=f"x {proxies}", email=f"x{proxies}@b.sa", role="operator")
        with reading(house.engine) as connection:
            assert history(connection)[0].origin == expected


def test_numbers_are_masked_for_who_does_not_need_them_asvs_8_2_3(
    house: House, signed_in: People
) -> None:
    """An operator sees the last two digits, and more once it is written down that they looked."""
    house.register.allow(NUMBER, by=MAHA)
    operator, supervisor = signed_in("operator"), signed_in("supervisor")
    assert NUMBER not in operator.get("/blocklist").get_data(as_text=True)
    assert masked(NUMBER) in operator.page
    assert NUMBER in supervisor.get("/blocklist").get_data(as_text=True)
    operator.follow(operator.post("/blocklist/look", number=NUMBER))
    assert NUMBER not in operator.page
    operator.post("/blocklist/number/reveal")
    assert NUMBER in operator.page
    with reading(house.engine) as connection:
        looked = history(connection, NUMBER)[0]
    assert (looked.action, looked.who) == ("number_revealed", "a operator")


def test_no_number_stands_in_an_address_asvs_14_2_1(house: House, signed_in: People) -> None:
    """Looking one up leads to an address that has none of its digits, nor has any link."""
    house.register.allow(NUMBER, by=MAHA)
    browser = signed_in("manager")
    browser.get("/blocklist")
    answer = browser.post("/blocklist/look", number=NUMBER)
    assert answer.headers["Location"].startswith("/blocklist/number?of=")
    assert not any(one.isdigit() and len(one) > 3 for one in answer.headers["Location"].split("="))
    browser.follow(answer)
    addresses = re.findall(r'(?:href|action|src)="([^"]*)"', browser.page)
    assert len(addresses) > 10
    assert [one for one in addresses if NUMBER[1:] in one] == []
