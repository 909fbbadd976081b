"""What is refused is told in the reader's language, and what is logged says nothing of people."""

import io
import json
import logging

import structlog

from console.house import House
from tests.fixtures.record import NUMBER
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
