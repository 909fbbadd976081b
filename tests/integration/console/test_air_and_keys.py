"""Announcements, tokens, PINs, accounts and the audit, as pages."""

import re
from datetime import timedelta

from console.house import House
from people.accounts import list_accounts
from people.pins import person_of_pin
from people.tokens import holder
from places.announcing import not_over
from places.on_air import ON_AIR_KEY, on_air
from store.sql import reading
from tests.integration.console.conftest import People

LINK = re.compile(r'<code class="link" dir="ltr">([^<]+)</code>')


def test_an_announcement_is_heard_first_and_then_by_the_next_call(
    house: House, signed_in: People
) -> None:
    """Nothing is on the air before; afterwards it stands in the key that calls read."""
    browser = signed_in("supervisor")
    browser.get("/announcements")
    until = (house.now() + timedelta(hours=2)).astimezone(house.zone)
    form = {"text-en": "Roads are flooded.", "template": "rain", "starts": ""}
    browser.follow(browser.post("/announcements/hear", until=f"{until:%Y-%m-%dT%H:%M}", **form))
    assert not_over(house.engine, house.now()) == []
    sound = browser.client.get("/announcements/draft/en.wav")
    assert b"flooded" in sound.data
    browser.follow(browser.post("/announcements"))
    (one,) = not_over(house.engine, house.now())
    assert one.texts["en"] == "Roads are flooded."
    told = on_air(house.redis.get(ON_AIR_KEY), house.now().timestamp())
    assert [texts["en"] for texts in told] == ["Roads are flooded."]
    browser.post(f"/announcements/{one.id}/end")
    assert not_over(house.engine, house.now()) == []
    assert house.redis.get(ON_AIR_KEY) is None


def test_an_announcement_needs_a_text_and_an_end(house: House, signed_in: People) -> None:
    """Each is told on the page."""
    browser = signed_in("supervisor")
    browser.get("/announcements")
    assert browser.post("/announcements/hear", until="2030-01-01T10:00").status_code == 422
    browser.post("/announcements/hear", until="soon", **{"text-en": "Rain."})
    browser.get("/announcements")
    assert browser.post("/announcements").status_code == 422
    assert not_over(house.engine, house.now()) == []


def test_a_token_is_shown_once_and_ended_at_once(house: House, signed_in: People) -> None:
    """The list never has it."""
    browser = signed_in("manager")
    browser.get("/keys")
    page = browser.post("/keys/tokens", name="office", role="receiver", days="30")
    (token,) = LINK.findall(page.get_data(as_text=True))
    assert token not in browser.get("/keys").get_data(as_text=True)
    with reading(house.engine) as connection:
        person = holder(connection, token, house.now())
    assert person is not None
    assert person.role == "receiver"
    (name,) = re.findall(r'action="/keys/tokens/(\w+)/end"', browser.page)
    browser.post(f"/keys/tokens/{name}/end")
    with reading(house.engine) as connection:
        assert holder(connection, token, house.now()) is None


def test_a_pin_is_shown_once_and_is_good(house: House, signed_in: People) -> None:
    """What is keyed is the person's number and the PIN."""
    browser = signed_in("manager")
    browser.get("/keys")
    page = browser.post("/keys/pins", name="Amal", role="operator", days="30")
    (keyed,) = LINK.findall(page.get_data(as_text=True))
    person = person_of_pin(house.engine, keyed, house.now())
    assert person is not None
    assert person.name == "Amal"
    for form in ({"name": "", "role": "operator", "days": "30"}, {"name": "B", "role": "x"}):
        assert browser.post("/keys/pins", **form).status_code == 422


def test_an_admin_makes_accounts_and_is_told_what_is_wrong(house: House, signed_in: People) -> None:
    """A name or address that another has is refused; the last admin stays one."""
    browser = signed_in("admin")
    browser.get("/users")
    page = browser.post("/users", name="Sara", email="Sara@Jeddah.gov.sa", role="operator")
    (link,) = LINK.findall(page.get_data(as_text=True))
    assert link.startswith("http://127.0.0.1/welcome/")
    for form in (
        {"name": "SARA", "email": "other@jeddah.gov.sa", "role": "operator"},
        {"name": "Other", "email": "sara@jeddah.gov.sa", "role": "operator"},
        {"name": "Other", "email": "no address", "role": "operator"},
        {"name": "Other", "email": "other@jeddah.gov.sa", "role": "receiver"},
    ):
        assert browser.post("/users", **form).status_code == 422, form
    with reading(house.engine) as connection:
        every = {one.name: one for one in list_accounts(connection)}
    assert every.keys() == {"Sara", "a admin"}
    last = every["a admin"].id
    assert browser.post(f"/users/{last}/disable").status_code == 409
    assert browser.post(f"/users/{last}/role", role="operator").status_code == 409
    assert browser.post("/users/nobody/disable").status_code == 404


def test_the_audit_tells_who_what_and_from_where(house: House, signed_in: People) -> None:
    """Narrowed by person without a name in the address."""
    admin = signed_in("admin")
    admin.get("/users")
    admin.post("/users", name="Sara", email="sara@jeddah.gov.sa", role="operator")
    auditor = signed_in("auditor")
    auditor.get("/audit")
    page = auditor.post("/audit", who="a admin", subject="").get_data(as_text=True)
    assert "127.0.0.1" in page
    assert "a auditor" not in page.split("<tbody>")[1]
