"""Where somebody is signed in: they see it, end one of it, and nobody else's."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from console.accounts.sessions import COOKIE
from console.house import House
from people.audit import history
from people.fields import Account
from store.sql import reading
from tests.fixtures.console import PASSWORD, Browser, add_person, somebody
from tests.fixtures.record import NUMBER

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0"
CHROME = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/150.0.0.0 Mobile Safari/537.36"


def signed_in(app: Flask, account: Account, program: str) -> Browser:
    """A browser of this name in which they are in."""
    browser = Browser(app.test_client())
    browser.client.environ_base["HTTP_USER_AGENT"] = program
    assert browser.sign_in(account.email).status_code == 302
    return browser


def ends(browser: Browser) -> list[str]:
    """Where the forms lead that end another session."""
    return re.findall(r'action="(/me/sessions/[0-9a-f]{16}/end)"', browser.page)


def test_somebody_sees_their_sessions_and_ends_one_asvs_7_5_2(house: House, app: Flask) -> None:
    """By browser, address and time; the other browser is out, this one is not."""
    account = add_person(house, "one", "operator")
    here, there = signed_in(app, account, FIREFOX), signed_in(app, account, CHROME)
    page = here.get("/me").text
    assert [name in page for name in ("Firefox, Windows", "Chrome, Android", "127.0.0.1")] == [
        True
    ] * 3
    number = there.client.get_cookie(COOKIE)
    assert number is not None
    assert number.value not in page
    (end,) = ends(here)
    assert here.post(end).status_code == 302
    assert there.get("/").status_code == 302
    assert here.get("/").status_code == 200
    assert ends(here) == []
    here.get("/me")
    assert "Chrome, Android" not in here.page
    with reading(house.engine) as connection:
        assert [one.who for one in history(connection, action="session_ended")] == ["one"]
    assert here.post(end).status_code == 404


def test_who_they_are_is_asked_again_before_a_session_is_ended_asvs_7_5_2(
    house: House, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever finds a browser open ends nothing without the password."""
    account = add_person(house, "one", "operator")
    here, there = signed_in(app, account, FIREFOX), signed_in(app, account, CHROME)
    here.get("/me")
    (end,) = ends(here)
    with here.client.session_transaction() as kept:
        kept["fs_paa"] -= timedelta(hours=1).total_seconds()
        kept.pop("fs_gexp", None)
    answer = here.post(end)
    assert answer.headers["Location"].startswith("/me/verify?next=")
    assert there.get("/").status_code == 200
    here.follow(answer)
    verified = here.post("/me/verify?next=%2Fme", password=PASSWORD)
    assert verified.headers["Location"].endswith("/me")
    here.follow(verified)
    assert here.post(end).status_code == 302
    assert there.get("/").status_code == 302


def test_nobody_ends_the_session_of_another_account_asvs_8_2_2(house: House, app: Flask) -> None:
    """Whose name they know all the same: it is found among one's own alone."""
    mine, theirs = add_person(house, "one", "admin"), add_person(house, "two", "operator")
    me, first = signed_in(app, mine, FIREFOX), signed_in(app, theirs, CHROME)
    second = signed_in(app, theirs, FIREFOX)
    second.get("/me")
    (end,) = ends(second)
    me.get("/me")
    assert ends(me) == []
    assert me.post(end).status_code == 404
    assert first.get("/").status_code == 200


def test_what_one_has_looked_for_is_nobody_elses_asvs_8_2_2(house: House, app: Flask) -> None:
    """A search, a number and a draft are named in addresses, and found in one's own session."""
    one, other = somebody(app, house, "supervisor"), somebody(app, house, "supervisor", "Saad")
    one.get("/calls")
    search = one.post("/calls", caller=NUMBER).headers["Location"]
    assert "search=" in search
    assert one.get(search).status_code == 200
    answer = other.get(search)
    assert answer.status_code == 422
    assert NUMBER[4:] not in answer.text
    assert other.get("/announcements/draft/ar.wav").status_code == 404


def test_an_admin_signs_somebody_out_everywhere_asvs_7_4_5(house: House, app: Flask) -> None:
    """Who has lost a telephone in which they are in asks for it."""
    account = add_person(house, "one", "operator")
    theirs, admin = signed_in(app, account, CHROME), somebody(app, house, "admin")
    admin.get("/users")
    assert admin.post(f"/users/{account.id}/sign-out").status_code == 302
    assert theirs.get("/").status_code == 302
    assert admin.get("/").status_code == 200
    with reading(house.engine) as connection:
        (line,) = history(connection, account.id, action="sessions_ended")
    assert line.who == "a admin"


def test_with_another_key_there_are_no_sessions(house: House, app: Flask) -> None:
    """All have ended by it: what Redis still has of them is nobody's, and ends by itself."""
    account = add_person(house, "one", "operator")
    signed_in(app, account, CHROME)
    here = signed_in(app, account, FIREFOX)
    here.get("/me")
    here.post("/me/sign-out-everywhere")
    again = signed_in(app, account, FIREFOX)
    again.get("/me")
    assert ends(again) == []
    for key in house.redis.keys("hotline:console:sessions:*"):
        assert 0 < int(house.redis.ttl(key)) <= 43_200


def test_sessions_that_have_ended_are_not_kept_for_ever(house: House, app: Flask) -> None:
    """Whoever signs in every day has as many as are theirs now."""
    account = add_person(house, "one", "operator")
    for _ in range(3):
        browser = signed_in(app, account, CHROME)
        browser.get("/me")
        browser.post("/sign-out")
    signed_in(app, account, CHROME)
    here = signed_in(app, account, FIREFOX)
    (key,) = house.redis.keys("hotline:console:sessions:*")
    assert house.redis.scard(key) == 2
    here.get("/me")
    assert len(ends(here)) == 1
