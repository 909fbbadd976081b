"""Who is let in, and until when. Numbers are those of OWASP ASVS 5.0."""

import re
from typing import Any

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from passlib.totp import TOTP

from console.accounts.sessions import COOKIE, SECURE_COOKIE
from console.house import House
from lab.pages import pages_of
from people.accounts import add_account, change_role, disable
from people.audit import history
from store.sql import reading
from tests.fixtures.console import (
    ADMIN,
    PASSWORD,
    Browser,
    add_person,
    console_app,
    somebody,
)
from tests.fixtures.record import Clock

EMAIL = "sara@jeddah.gov.sa"
STRONG = "a lamp over the old harbour"


def cookie(client: FlaskClient, name: str = COOKIE) -> str | None:
    """What a browser's session is known by."""
    found = client.get_cookie(name)
    return None if found is None else found.value


def is_here(location: str) -> bool:
    """Whether a browser that is led there stays on this host (WHATWG URL: `\\` is as `/`)."""
    return location.startswith("/") and location[1:2] not in ("/", "\\")


def actions(house: House) -> list[str]:
    """What the audit has, the newest first."""
    with reading(house.engine) as connection:
        return [change.action for change in history(connection)]


def test_an_invitation_sets_a_password_once_asvs_6_4_1(house: House, app: Flask) -> None:
    """Whoever holds the link chooses the password, and nobody after them."""
    link, _ = add_account(
        house.engine, name="Sara", email=EMAIL, role="operator", by=ADMIN, now=house.now()
    )
    browser = Browser(app.test_client())
    assert "Sara" in browser.follow(browser.get(f"/welcome/{link}")).get_data(as_text=True)
    answer = browser.post("/welcome", password=STRONG, again=STRONG)
    assert answer.headers["Location"] == "/sign-in"
    assert browser.sign_in(EMAIL, STRONG).headers["Location"] == "/"
    again = Browser(app.test_client())
    assert again.follow(again.get(f"/welcome/{link}")).status_code == 404
    assert actions(house)[:3] == ["signed_in", "password_set", "account_added"]


def test_an_invitation_ends_after_a_day_asvs_6_4_1(house: House, app: Flask, clock: Clock) -> None:
    """A link that lies about in a mailbox opens nothing."""
    link, _ = add_account(
        house.engine, name="Sara", email=EMAIL, role="operator", by=ADMIN, now=house.now()
    )
    clock.forward(hours=25)
    browser = Browser(app.test_client())
    assert browser.follow(browser.get(f"/welcome/{link}")).status_code == 404


@pytest.mark.parametrize(
    ("password", "again"),
    [("short", "short"), ("password1234", "password1234"), (STRONG, STRONG + "s")],
)
def test_a_password_that_anybody_would_try_is_refused_asvs_6_2_4(
    house: House, app: Flask, password: str, again: str
) -> None:
    """Too short, well known, or typed in two ways: each is told, and nothing is set."""
    link, _ = add_account(
        house.engine, name="Sara", email=EMAIL, role="operator", by=ADMIN, now=house.now()
    )
    browser = Browser(app.test_client())
    browser.follow(browser.get(f"/welcome/{link}"))
    answer = browser.post("/welcome", password=password, again=again)
    assert answer.status_code == 422
    assert "text-danger" in answer.get_data(as_text=True)
    assert "password_set" not in actions(house)


def test_nobody_hears_which_addresses_have_accounts_asvs_6_3_8(house: House, app: Flask) -> None:
    """A wrong password, an unknown address and a disabled account are answered alike."""
    known = add_person(house, "known one", "operator")
    gone = add_person(house, "gone one", "operator")
    disable(house.engine, gone.id, by=ADMIN, now=house.now())
    pages = set()
    for email, password in (
        (known.email, "wrong password"),
        ("nobody@jeddah.gov.sa", PASSWORD),
        (gone.email, PASSWORD),
    ):
        answer = Browser(app.test_client()).sign_in(email, password)
        text = answer.get_data(as_text=True).replace(email, "")
        pages.add((answer.status_code, re.sub(r'name="csrf_token" value="[^"]+"', "", text)))
    assert len(pages) == 1


def test_tries_are_limited_by_account_and_address_asvs_6_3_1(house: House, app: Flask) -> None:
    """The sixth try of one account within a minute is not looked at; another account's is."""
    one, other = (add_person(house, name, "operator") for name in ("first one", "other one"))
    browser = Browser(app.test_client())
    tried = [browser.sign_in(one.email, f"wrong {number}").status_code for number in range(6)]
    assert tried == [200] * 5 + [429]
    assert browser.sign_in(one.email).status_code == 429
    assert Browser(app.test_client()).sign_in(other.email).status_code == 302


def test_a_session_has_another_number_once_somebody_signs_in_asvs_7_2_4(
    house: House, app: Flask
) -> None:
    """Who laid a session before somebody signs in is not in by it."""
    account = add_person(house, "one", "operator")
    browser = Browser(app.test_client())
    browser.get("/sign-in")
    before = cookie(browser.client)
    browser.post("/sign-in", email=account.email, password=PASSWORD)
    after = cookie(browser.client)
    assert before != after
    thief = app.test_client()
    thief.set_cookie(COOKIE, before or "")
    assert thief.get("/").status_code == 302
    assert browser.get("/").status_code == 200


def test_a_session_is_a_long_random_number_asvs_7_2_3(house: House, app: Flask) -> None:
    """128 bits at least; nothing of its owner is in it."""
    browser = somebody(app, house, "operator")
    assert re.fullmatch(r"[A-Za-z0-9_-]{40,}", cookie(browser.client) or "")


def test_signing_out_ends_the_session_in_the_store_asvs_7_4_1(house: House, app: Flask) -> None:
    """The cookie that was copied before opens nothing afterwards."""
    browser = somebody(app, house, "operator")
    kept = cookie(browser.client)
    browser.get("/me")
    browser.post("/sign-out")
    thief = app.test_client()
    thief.set_cookie(COOKIE, kept or "")
    assert thief.get("/").status_code == 302


def test_signing_out_is_no_link_asvs_3_5_3(house: House, app: Flask) -> None:
    """A picture on another's page signs nobody out."""
    browser = somebody(app, house, "operator")
    assert browser.client.get("/sign-out").status_code == 405
    assert browser.get("/").status_code == 200


def test_no_link_signs_anybody_out_asvs_3_5_3(house: House, app: Flask) -> None:
    """Another's page can lead a browser to any address: whoever is in stays in."""
    browser = somebody(app, house, "operator")
    made_up = "A" * len(invitation_of(house))
    for page in (*pages_of(app, {**dict.fromkeys(_NAMED, "1"), "invitation": made_up}),):
        browser.client.get(page.path)
        assert browser.get("/me").status_code == 200, page.rule


_NAMED = ("call_id", "turn", "reference", "name", "language")


def invitation_of(house: House) -> str:
    """Of somebody new."""
    return add_account(
        house.engine, name="Sara", email=EMAIL, role="operator", by=ADMIN, now=house.now()
    )[0]


def test_a_disabled_account_is_out_at_once_asvs_7_4_2(house: House, app: Flask) -> None:
    """Whoever is in by it is in no more."""
    account = add_person(house, "one", "operator")
    browser = Browser(app.test_client())
    browser.sign_in(account.email)
    assert browser.get("/").status_code == 200
    disable(house.engine, account.id, by=ADMIN, now=house.now())
    assert browser.get("/").status_code == 302


def test_another_role_ends_the_sessions_of_the_old_one_asvs_7_4_2(house: House, app: Flask) -> None:
    """Who was a manager this morning signs in as what they are now."""
    account = add_person(house, "one", "manager")
    browser = Browser(app.test_client())
    browser.sign_in(account.email)
    assert browser.get("/").status_code == 200
    change_role(house.engine, account.id, "auditor", by=ADMIN, now=house.now())
    assert browser.get("/").status_code == 302


def test_a_session_ends_by_idleness_asvs_7_3_1(house: House) -> None:
    """The store itself forgets it after so many seconds without a click."""
    app = console_app(house, idle_s=900)
    browser = somebody(app, house, "operator")
    key = f"hotline:console:session:{cookie(browser.client)}"
    assert 0 < int(house.redis.ttl(key)) <= 900
    house.redis.delete(key)
    assert browser.get("/").status_code == 302


def test_a_session_ends_by_age_however_busy_it_is_asvs_7_3_2(house: House) -> None:
    """So many hours after signing in one signs in again."""
    browser = somebody(console_app(house), house, "operator")
    assert browser.get("/").status_code == 200
    old = Browser(console_app(house, longest_s=-1).test_client())
    old.client.set_cookie(COOKIE, cookie(browser.client) or "")
    assert old.get("/").status_code == 302
    assert browser.get("/").status_code == 302


def test_signing_out_everywhere_ends_the_other_sessions_too_asvs_7_5_2(
    house: House, app: Flask
) -> None:
    """A browser that was left signed in somewhere is signed out from here."""
    account = add_person(house, "one", "operator")
    here, there = Browser(app.test_client()), Browser(app.test_client())
    for browser in (here, there):
        browser.sign_in(account.email)
        assert browser.get("/").status_code == 200
    here.get("/me")
    here.post("/me/sign-out-everywhere")
    assert there.get("/").status_code == 302
    assert here.get("/").status_code == 302


def test_nobody_is_in_without_a_second_factor_where_it_is_required_asvs_6_3_3(house: House) -> None:
    """After the password comes the setting up of it, and no page before; then a code each time."""
    app = console_app(house, two_factor=True)
    account = add_person(house, "one", "operator")
    browser = Browser(app.test_client())
    setting_up = browser.sign_in(account.email)
    assert "second-factor" in setting_up.headers["Location"]
    assert browser.get("/").status_code == 302
    browser.follow(setting_up)
    page = browser.post("/me/second-factor", setup="authenticator").get_data(as_text=True)
    key = re.search(r'<code dir="ltr">([^<]+)</code>', page)
    assert key is not None
    code = TOTP(key=key[1].replace("-", "").replace(" ", "")).generate().token
    assert browser.post("/sign-in/code", code=code).status_code == 302
    assert browser.get("/").status_code == 200

    again = Browser(app.test_client())
    asked = again.sign_in(account.email)
    assert again.get("/").status_code == 302
    again.follow(asked)
    refused = again.post("/sign-in/code", code=code)
    assert refused.status_code == 200, "asvs 6.5.1: a code is taken once"
    assert again.get("/").status_code == 302


def test_a_recovery_code_signs_in_once_asvs_6_5_1(house: House) -> None:
    """It stands in for the telephone that is lost; used, it is gone."""
    app = console_app(house, two_factor=True)
    account = add_person(house, "one", "operator")
    browser = Browser(app.test_client())
    browser.follow(browser.sign_in(account.email))
    page = browser.post("/me/second-factor", setup="authenticator").get_data(as_text=True)
    key = re.search(r'<code dir="ltr">([^<]+)</code>', page)
    assert key is not None
    totp = TOTP(key=key[1].replace("-", "").replace(" ", ""))
    browser.post("/sign-in/code", code=totp.generate().token)
    browser.get("/me/recovery-codes")
    made = browser.post("/me/recovery-codes", generate_new_codes="1").get_data(as_text=True)
    codes = re.findall(r"<li><code>([^<]+)</code></li>", made)
    assert len(codes) == 8
    for expected in (302, 200):
        lost = Browser(app.test_client())
        lost.follow(lost.sign_in(account.email))
        lost.get("/sign-in/recovery")
        assert lost.post("/sign-in/recovery", code=codes[0]).status_code == expected


def test_a_cookie_goes_by_tls_alone_and_to_this_host_alone_asvs_3_3_1(house: House) -> None:
    """Served by TLS the session's cookie is Secure, HttpOnly, SameSite and bound to the host."""
    client = console_app(house, secure=True).test_client()
    answer = client.get("/sign-in", base_url="https://localhost")
    (found,) = (one for one in answer.headers.getlist("Set-Cookie") if SECURE_COOKIE in one)
    assert SECURE_COOKIE.startswith("__Host-")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in found
    assert "Domain" not in found


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_signing_in_leads_to_no_other_host_asvs_3_7_2(house: House, app: Flask, back: str) -> None:
    """What a link says to come back to is a page of this house, or the first."""
    account = add_person(house, "one", "operator")
    browser = Browser(app.test_client())
    page = browser.get("/sign-in", query_string={"next": back}).get_data(as_text=True)
    assert 'name="next" value=""' in page
    answer = browser.post("/sign-in", email=account.email, password=PASSWORD, next=back)
    assert is_here(answer.headers.get("Location", "/"))
    outside = Browser(app.test_client())
    outside.get("/sign-in")
    answer = outside.post("/preferences/language", token=None, language="en", back=back)
    assert is_here(answer.headers["Location"])


def test_strangers_cost_redis_nothing(house: House, app: Flask) -> None:
    """Calls are screened by the same Redis: whoever is not in leaves no session there."""
    before = set(house.redis.scan_iter("*"))
    for _ in range(20):
        stranger = Browser(app.test_client())
        stranger.get("/sign-in")
        stranger.get("/welcome/" + "A" * 43)
        stranger.get("/nothing")
        stranger.post("/preferences/language", language="en", back="/")
    assert set(house.redis.scan_iter("*")) == before


def test_a_session_of_the_browser_that_was_changed_is_none(house: House, app: Flask) -> None:
    """It is signed; one that names somebody lets nobody in."""
    stranger = Browser(app.test_client())
    stranger.get("/sign-in")
    kept = cookie(stranger.client) or ""
    assert kept.startswith("o.")
    account = add_person(house, "one", "admin")
    for forged in (kept[:-1] + "x", "o.", "o.x.y.z", kept + "\x00", "x" * 3000, account.id):
        thief = app.test_client()
        thief.set_cookie(COOKIE, forged)
        assert thief.get("/").status_code == 302


def test_behind_tls_everybody_signs_in_without_a_referrer(house: House) -> None:
    """No page of ours sends one: the form's token and the cookie's SameSite stand for it."""
    client = console_app(house, secure=True, proxies=1).test_client()
    client.environ_base["HTTP_X_FORWARDED_PROTO"] = "https"
    account = add_person(house, "one", "operator")
    page = client.get("/sign-in").get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"csrf_token": token, "email": account.email, "password": PASSWORD}
    assert client.post("/sign-in", data=form).status_code == 302
    assert client.get("/").status_code == 200


def test_a_slow_request_does_not_undo_signing_out_asvs_7_4_1(house: House, app: Flask) -> None:
    """It was under way when its owner signed out, and ends afterwards: nobody is in by it."""
    browser = somebody(app, house, "operator")
    kept = cookie(browser.client) or ""
    with app.test_request_context("/", headers={"Cookie": f"{COOKIE}={kept}"}):
        interface: Any = app.session_interface
        slow = interface.open_session(app, request)
        browser.get("/me")
        browser.post("/sign-out")
        slow["last"] = "something"
        answer = Response()
        interface.save_session(app, slow, answer)
        assert "Set-Cookie" not in answer.headers
    thief = app.test_client()
    thief.set_cookie(COOKIE, kept)
    assert thief.get("/").status_code == 302


def test_a_made_up_field_escapes_no_limit_asvs_6_3_1(house: House, app: Flask) -> None:
    """Neither another address beside the code, nor JSON, nor other letters of the same address."""
    account = add_person(house, "one", "operator")
    browser = Browser(app.test_client())
    browser.sign_in(account.email)
    browser.get("/me/verify")
    tried = [
        browser.post("/me/verify", password="wrong", email=f"{number}@x.sa").status_code
        for number in range(6)
    ]
    assert tried == [200] * 5 + [429]
    other = add_person(house, "two", "operator")
    wide = other.email.replace("jeddah", "ｊｅｄｄａｈ")
    outside = Browser(app.test_client())
    tried = [outside.sign_in(one, "wrong").status_code for one in [other.email, wide] * 3]
    assert tried[-1] == 429
    assert app.test_client().post("/sign-in", json={"email": "x"}).status_code in (400, 415)


@pytest.mark.parametrize(("length", "status"), [(72, 302), (100, 302), (129, 422), (5000, 422)])
def test_a_long_passphrase_is_taken_or_refused_in_words_asvs_6_2_9(
    house: House, app: Flask, length: int, status: int
) -> None:
    """64 characters at least; never a fault of ours."""
    link, _ = add_account(
        house.engine, name="Sara", email=EMAIL, role="operator", by=ADMIN, now=house.now()
    )
    browser = Browser(app.test_client())
    browser.follow(browser.get(f"/welcome/{link}"))
    words = ("quiet minarets over the old harbour " * 200)[:length]
    assert browser.post("/welcome", password=words, again=words).status_code == status
    if status == 302:
        assert browser.sign_in(EMAIL, words).headers["Location"] == "/"


def test_a_session_that_ended_leads_to_the_way_in(house: House, app: Flask) -> None:
    """Whoever sends a form after that is not told of a fault."""
    browser = somebody(app, house, "operator")
    house.redis.flushall()
    assert browser.post("/me/sign-out-everywhere").headers["Location"].startswith("/sign-in")
