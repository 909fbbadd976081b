"""What is refused is told in the reader's language, and what is logged says nothing of people."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from flask import Flask

from blacklist.record.limits import Wanted
from console.faults import REFUSALS, WITH_VALUES, told, told_text
from console.house import House
from people.pins import set_pin
from people.tokens import create_token
from tests.fixtures.record import MAHA, NUMBER, SALEM
from tests.integration.console.conftest import People


def test_a_refusal_of_a_room_below_is_told_in_arabic(signed_in: People) -> None:
    """And in English to who reads that."""
    admin = signed_in("admin")
    admin.get("/users")
    told = admin.post("/users", name="x", email="none", role="operator").get_data(as_text=True)
    assert "البريد: اكتب عنواناً" in told
    admin.post("/preferences/language", language="en", back="/users")
    admin.get("/users")
    told = admin.post("/users", name="x", email="none", role="operator").get_data(as_text=True)
    assert "email: give an address" in told


def test_a_line_of_the_log_is_one_line_and_has_nothing_of_a_person_asvs_16_4_1(
    house: House, signed_in: People
) -> None:
    """Whatever is typed: line breaks, terminals' codes, numbers, addresses of e-mail."""
    browser = signed_in("supervisor")
    evil = f"x\n2026-11-30 [error] forged {NUMBER}\x1b[31m"
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    logging.getLogger().addHandler(handler)
    try:
        with structlog.testing.capture_logs() as caught:
            browser.get("/blocklist")
            browser.post("/blocklist/look", number=evil)
            browser.get("/blocklist?part=1")
            browser.post("/blocklist/look", number=NUMBER)
            browser.get("/blocklist")
            browser.follow(browser.post("/blocklist/look", number=NUMBER))
            browser.post("/blocklist/number/strike", reason=evil, note=evil)
            browser.get(f"/nothing/{evil}")
            browser.get("/sign-in")
    finally:
        logging.getLogger().removeHandler(handler)
    told = json.dumps(caught, ensure_ascii=False, default=str) + out.getvalue()
    assert NUMBER[1:] not in told
    assert "forged" not in told
    assert "@jeddah" not in told


def test_the_health_of_each_part_is_told_with_its_mend(signed_in: People) -> None:
    """What is ill stands out, and *Today* leads there."""
    browser = signed_in("operator")
    assert 'href="/parts"' in browser.get("/").get_data(as_text=True)
    page = browser.get("/parts").get_data(as_text=True)
    assert "is silent" in page
    assert "start it" in page


def refusals(house: House) -> Iterator[tuple[str, Callable[[], object]]]:
    """Messages with values of their own, and what raises each."""
    register, now = house.register, house.now()
    week: dict[str, Any] = {"reason": "abuse", "days": 7.0}
    tokens: dict[str, Any] = {"name": "x", "by": MAHA, "now": now}
    yield "997 هو رقم", lambda: register.add("997", Wanted(**week), by=MAHA)
    yield "رقم قصير", lambda: register.add("1234", Wanted(**week), by=MAHA)
    yield "الأيام: 0.0007", lambda: register.add(NUMBER, Wanted("abuse", days=900), by=MAHA)
    yield (
        "على 30 يومًا لا يضعه إلا مدير، ولا يكفي مشرف",
        lambda: register.add(NUMBER, Wanted("abuse", days=40), by=SALEM),
    )
    yield (
        "تحتاج البادئة السعودية إلى 6 خانات بعد +966",
        lambda: register.add_prefix("0501", Wanted(**week), by=MAHA),
    )
    yield (
        "لا تزيد البادئة على 14",
        lambda: register.add_prefix("+966501234567890", Wanted(**week), by=MAHA),
    )
    yield "رمز وصول بدور مسؤول النظام", lambda: create_token(house.engine, role="admin", **tokens)
    yield "رقم سري بدور مسؤول النظام", lambda: set_pin(house.engine, role="admin", **tokens)
    yield (
        "لا صلاحية باسم everything",
        lambda: create_token(house.engine, role="operator", scopes=["everything"], **tokens),
    )
    yield "اختر رقمًا آخر", lambda: set_pin(house.engine, role="operator", pin="123456", **tokens)


def test_a_refusal_is_told_in_arabic_with_its_values(house: House, app: Flask) -> None:
    """Numbers, days and roles stand in it; none is told in English."""
    with app.test_request_context(headers={"Accept-Language": "ar"}):
        for expected, refused in refusals(house):
            with pytest.raises(REFUSALS) as caught:
                refused()
            text = told(caught.value)
            assert expected in text, str(caught.value)


def test_every_message_with_values_is_told_and_none_by_the_wrong_one(app: Flask) -> None:
    """A message that is made of a text comes back as that text, whatever its values."""
    for template in WITH_VALUES:
        names = re.findall(r"%\((\w+)\)s", template)
        made = template % {name: f"<{name}>" for name in names}
        with app.test_request_context(headers={"Accept-Language": "en"}):
            assert told_text(made) == made
        with app.test_request_context(headers={"Accept-Language": "ar"}):
            text = told_text(made)
            assert re.search("[\u0600-\u06ff]", text), template
            assert all(f"<{name}>" in text for name in names), template


@pytest.mark.parametrize(
    ("page", "at", "form"),
    [
        (
            "/blocklist/prefixes",
            "/blocklist/prefixes/ask",
            {"number": "0501", "note": "as I wrote", "days": "3", "reason": "flood",
             "disposition": "warn"},
        ),
        ("/keys", "/keys/tokens", {"name": "as I wrote", "days": "9999", "role": "auditor"}),
        ("/keys", "/keys/pins", {"name": "as I wrote", "days": "9999", "role": "supervisor"}),
        ("/users", "/users", {"name": "as I wrote", "email": "none", "role": "auditor"}),
    ],
)  # fmt: skip
def test_what_was_typed_stays_where_it_is_refused(
    signed_in: People, page: str, at: str, form: dict[str, str]
) -> None:
    """In its own form, and in no other that has fields of the same names."""
    admin = signed_in("admin")
    admin.get(page)
    answer = admin.post(at, **form)
    assert answer.status_code == 422
    assert answer.text.count('value="as I wrote"') == 1
    for name in ("role", "reason", "disposition"):
        if name in form:
            assert answer.text.count(f'<option value="{form[name]}" selected') == 1, name
    assert 'value="as I wrote"' not in admin.get(page).text


def test_a_field_that_is_wrong_is_told_without_what_was_typed(signed_in: People) -> None:
    """In the reader's language: the words of the library that checks are English."""
    browser = signed_in("supervisor")
    browser.get("/blocklist/prefixes")
    wrong = {"number": "0501234", "reason": "flood", "disposition": "warn", "note": ""}
    page = browser.post("/blocklist/prefixes/ask", **wrong, days="soon").text
    assert "الأيام رقم" in page
    assert "valid number" not in page


def test_a_message_that_is_made_to_be_long_is_told_as_it_is(app: Flask) -> None:
    """Whatever it begins like: a search through all ways to read it would not end."""
    long = "it was changed since: " + "a by b (change " * 1000
    with app.test_request_context(headers={"Accept-Language": "ar"}):
        assert told_text(long) == long
