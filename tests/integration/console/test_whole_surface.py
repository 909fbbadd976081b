"""What holds for every answer of the console, by numbers of OWASP ASVS 5.0 (level 2)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from console.access import permission_of
from console.house import House
from lab.pages import Page, pages_of
from people.audit import history
from store.sql import reading
from tests.fixtures.console import PASSWORD, Browser, add_person, console_app, somebody
from tests.fixtures.full_record import full_record
from tests.fixtures.record import NUMBER
from tests.integration.console.conftest import People
from tests.integration.seeding.test_seed import CITY

OTHERS = "https://evil.example"
STRONG = "a lamp over the old harbour"


@pytest.fixture
def every(app: Flask, house: House) -> list[Page]:
    """Every page, with something on it."""
    return list(pages_of(app, full_record(house, CITY)))


@pytest.fixture
def answers(app: Flask, every: list[Page], house: House) -> list[tuple[str, TestResponse]]:
    """What an admin is answered for each, asked from another's page; and errors besides."""
    client = somebody(app, house, "admin", "Whoever").client
    asked: list[tuple[str, TestResponse]] = []
    pages = (page.path for page in every if page.permission != "public")
    paths = [*pages, "/sign-in", "/healthz", "/readyz", "/nothing", "/static/x", "/api/v1/tickets"]
    for path in [*paths, "/openapi.json", "/preferences/theme"]:
        asked.append((path, client.get(path, headers={"Origin": OTHERS})))
    return asked


def test_no_answer_is_shared_with_another_origin_asvs_3_4_2(
    answers: list[tuple[str, TestResponse]],
) -> None:
    """Whatever page asks: no script of it reads ours."""
    for path, answer in answers:
        assert "Access-Control-Allow-Origin" not in answer.headers, path
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin", path


def test_no_answer_is_taken_for_another_kind_asvs_3_4_4(
    answers: list[tuple[str, TestResponse]],
) -> None:
    """Each says what it is, with its characters where it is text (4.1.1)."""
    for path, answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        kind = answer.headers.get("Content-Type", "")
        assert kind or not answer.data, path
        if not kind.startswith("text/event-stream"):  # which is always UTF-8
            assert not kind.startswith("text/") or "charset=utf-8" in kind, path


def test_no_answer_tells_others_where_its_reader_was_asvs_3_4_5(
    answers: list[tuple[str, TestResponse]],
) -> None:
    """No referrer goes to anybody."""
    assert {answer.headers["Referrer-Policy"] for _, answer in answers} == {"no-referrer"}


def test_no_answer_stands_in_anothers_frame_asvs_3_4_6(
    answers: list[tuple[str, TestResponse]],
) -> None:
    """Nobody is led to press a button that they do not see."""
    for path, answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe-" not in policy, path


def test_no_page_is_kept_by_the_browser_asvs_14_3_2(
    answers: list[tuple[str, TestResponse]],
) -> None:
    """What is of callers is not on a disk afterwards."""
    for path, answer in answers:
        assert "no-store" in answer.headers["Cache-Control"], path


def test_every_page_of_who_is_in_has_the_way_out_asvs_7_4_4(
    answers: list[tuple[str, TestResponse]],
) -> None:
    """On each page, at the same place."""
    pages = [
        (path, answer.get_data(as_text=True))
        for path, answer in answers
        if answer.mimetype == "text/html" and answer.status_code == 200
    ]
    assert len(pages) > 15
    for path, page in pages:
        if not path.startswith("/sign-in"):
            assert 'action="/sign-out"' in page, path


def test_cookies_are_bound_to_the_host_and_closed_to_scripts_asvs_3_3_3(house: House) -> None:
    """All of them: Secure (3.3.1), SameSite (3.3.2), `__Host-`, HttpOnly (3.3.4)."""
    client = console_app(house, secure=True).test_client()
    at = {"base_url": "https://localhost"}
    found = cookies(client.get("/sign-in", **at))
    page = client.get("/sign-in", **at).get_data(as_text=True)
    (token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page))
    for name, chosen in (("language", "en"), ("theme", "dark")):
        form = {name: chosen, "csrf_token": token}
        found |= cookies(client.post(f"/preferences/{name}", data=form, **at))
    assert set(found) == {"__Host-hotline", "__Host-language", "__Host-theme"}
    for cookie in found.values():
        for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert part in cookie, cookie
        assert "Domain" not in cookie
    kept = client.get("/sign-in", **at).get_data(as_text=True)
    assert 'lang="en"' in kept
    assert 'data-bs-theme="dark"' in kept


def cookies(answer: TestResponse) -> dict[str, str]:
    """What it lays in the browser, by name."""
    laid = answer.headers.getlist("Set-Cookie")
    return {one.partition("=")[0]: one for one in laid}


def test_the_api_takes_nothing_that_a_form_can_send_asvs_3_5_2(app: Flask, house: House) -> None:
    """Another's page can send a form without asking; the cookie that comes along is nothing."""
    browser = somebody(app, house, "admin")
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain"):
        answer = browser.client.post(
            "/api/v1/blacklist",
            data=f'{{"number": "{NUMBER}", "reason": "flood"}}',
            content_type=kind,
            headers={"Origin": OTHERS},
        )
        assert answer.status_code == 401, kind
    assert house.register.list() == []


def test_another_password_ends_the_other_sessions_asvs_7_4_3(house: House, app: Flask) -> None:
    """Whoever had the old one is out; who changed it stays."""
    account = add_person(house, "one", "operator")
    here, there = Browser(app.test_client()), Browser(app.test_client())
    for browser in (here, there):
        browser.sign_in(account.email)
        assert browser.get("/").status_code == 200
    here.get("/me/password")
    form = {"password": PASSWORD, "new_password": STRONG, "new_password_confirm": STRONG}
    assert here.post("/me/password", **form).status_code == 302
    assert there.get("/").status_code == 302
    assert here.get("/").status_code == 200


@pytest.mark.parametrize("page", ["/me/password", "/me/second-factor", "/me/recovery-codes"])
def test_how_one_signs_in_is_changed_by_who_has_just_shown_who_they_are_asvs_7_5_1(
    house: House, app: Flask, page: str
) -> None:
    """A browser that stands open changes nothing of it: the password is asked for."""
    browser = somebody(app, house, "operator")
    with browser.client.session_transaction() as kept:
        kept["fs_paa"] -= timedelta(hours=1).total_seconds()
        kept.pop("fs_gexp", None)
    answer = browser.get(page)
    if page == "/me/password":  # which asks for the old one itself
        assert 'name="password"' in answer.text
        form = {"password": "no", "new_password": STRONG, "new_password_confirm": STRONG}
        assert browser.post(page, **form).status_code != 302
        assert Browser(app.test_client()).sign_in("a.operator@jeddah.gov.sa").status_code == 302
        return
    assert answer.status_code == 302
    assert "/me/verify" in answer.headers["Location"]


def test_who_signs_out_leaves_nothing_in_the_browser_asvs_14_3_1(house: House, app: Flask) -> None:
    """No page that was kept is seen by going back."""
    browser = somebody(app, house, "operator")
    browser.get("/me")
    answer = browser.post("/sign-out")
    assert '"cache"' in answer.headers["Clear-Site-Data"]
    assert "Clear-Site-Data" not in browser.get("/sign-in").headers


def test_what_is_hidden_in_a_page_is_refused_below_it_too_asvs_8_3_1(
    app: Flask, house: House, signed_in: People
) -> None:
    """A form that somebody makes up is decided where the change is made."""
    operator = signed_in("operator")
    operator.get("/me")
    forms = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or set())
        and permission_of(app, rule.endpoint).endswith((".change", ".restrict", ".approve"))
    ]
    assert len(forms) > 15
    for path in forms:
        made_up = re.sub("<[^>]+>", "1", path)
        assert operator.post(made_up, name="x", role="admin", number=NUMBER).status_code == 403
    with reading(house.engine) as connection:
        done = {one.action for one in history(connection, made_by="a operator")}
    assert done <= {"signed_in", "password_set"}


def test_who_is_refused_stands_in_the_log_asvs_16_3_2(signed_in: People) -> None:
    """Which page, which role and which right, and nothing of a person."""
    operator = signed_in("operator", "Noura Al Harbi")
    with capture_logs() as logs:
        assert operator.get("/users").status_code == 403
    (line,) = [one for one in logs if one["event"] == "console_refused"]
    assert (line["page"], line["role"], line["needs"]) == ("users.show", "operator", "users.read")
    assert "Noura" not in str(line)


def test_a_fault_says_nothing_of_itself_asvs_16_5_1(
    app: Flask, signed_in: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500, in both languages, and no word of what went wrong."""

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError(f"SELECT secret FROM {NUMBER}")

    browser: FlaskClient = signed_in("operator").client
    monkeypatch.setitem(app.view_functions, "calls.show", broken)
    app.testing = False
    answer = browser.get("/calls")
    assert answer.status_code == 500
    told = answer.get_data(as_text=True)
    assert "SELECT" not in told
    assert "RuntimeError" not in told
    assert NUMBER not in told


def test_a_download_has_a_name_of_ours_asvs_5_4_1(
    app: Flask, house: House, every: list[Page]
) -> None:
    """Nothing that somebody typed is in the name of a file."""
    client = somebody(app, house, "admin", "Whoever").client
    names = [
        client.get(page.path).headers["Content-Disposition"]
        for page in every
        if page.rule.endswith(("/vcon", "/export"))
    ]
    assert len(names) == 2
    for name in names:
        assert re.fullmatch(r'attachment; filename="[0-9a-z.]+"', name), name
