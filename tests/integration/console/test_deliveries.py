"""The page of deliveries: how destinations stand, what was given up, what helps."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from console.house import House
from console.pages.deliveries import ON_A_PAGE
from console.ticket_room import NotBuilt
from people.audit import history
from people.fields import Change
from people.person import ROLES, Role
from store.sql import database_now, reading
from tests.fixtures.console import console_app, somebody, ticket_room
from tests.fixtures.scripted_destination import TAKEN, Office, Scripted
from tests.integration.console.conftest import People
from tickets.destination import Destination, PushResult
from tickets.outbox import Delivery, list_deliveries
from tickets.schema import deliveries

REFUSED = PushResult("refused", 422, "HTTP 422 <b>", answer="<script>no such road")


def given_up(house: House, *names: str) -> list[Delivery]:
    """A ticket that each of these has refused."""
    office = Office(house.engine, **{name: [REFUSED] for name in names})
    office.open()
    office.deliver()
    return list_deliveries(house.engine, state="dead")


def audit(house: House) -> list[Change]:
    """What it says of deliveries and destinations, newest first."""
    with reading(house.engine) as connection:
        found = history(connection)
    return [line for line in found if line.action.startswith(("deliver", "destination"))]


def references(page: str) -> list[str]:
    """The tickets in the list, in its order."""
    return re.findall(r'href="/tickets/([0-9]{9})#deliveries"', page)


def test_each_destination_stands_with_what_it_lacks(house: House, signed_in: People) -> None:
    """One that is there no more too; what it has said stands as text."""
    (first, second) = given_up(house, "backoffice", "old")
    browser = signed_in("operator")
    assert browser.get("/deliveries").status_code == 200
    assert references(browser.page) == [first.service_request_id] * 2
    assert "/deliveries?list=dead&amp;to=old" in browser.page
    assert "HTTP 422 &lt;b&gt;" in browser.page
    browser.get("/deliveries?to=old")
    assert references(browser.page) == [second.service_request_id]
    assert browser.get("/deliveries?list=none&to=%27").status_code == 200
    assert browser.get("/deliveries?after=x").status_code == 400


def test_what_waits_and_what_was_given_up_go_on_over_pages(house: House, signed_in: People) -> None:
    """Each once."""
    office = Office(house.engine, backoffice=[TAKEN])
    for _ in range(ON_A_PAGE + 2):
        office.open()
    found = list_deliveries(house.engine, limit=1000)
    with house.engine.begin() as connection:
        now = database_now(connection)
        for number, one in enumerate(found):
            its = deliveries.update().where(deliveries.c.id == one.id)
            connection.execute(its.values(next_attempt_at=now + timedelta(seconds=number)))
    browser = signed_in("operator")
    for which, state in (("waiting", "pending"), ("dead", "dead")):
        with house.engine.begin() as connection:
            connection.execute(deliveries.update().values(state=state))
        browser.get(f"/deliveries?list={which}")
        seen = references(browser.page)
        (following,) = re.findall(r'rel="next" href="([^"]+)"', browser.page)
        browser.get(following.replace("&amp;", "&"))
        seen += references(browser.page)
        assert len(seen) == len(set(seen)) == ON_A_PAGE + 2


def test_one_delivery_is_tried_again_from_the_list_and_from_its_ticket(
    house: House, signed_in: People
) -> None:
    """Once: what is on its way needs no more."""
    (dead,) = given_up(house, "backoffice")
    browser = signed_in("supervisor")
    browser.get(f"/tickets/{dead.service_request_id}")
    path = f"/deliveries/{dead.id}/retry"
    assert f'action="{path}"' in browser.page
    browser.get("/deliveries")
    answer = browser.post(path, list="dead", to="backoffice")
    assert answer.headers["Location"] == "/deliveries?list=dead&to=backoffice"
    assert list_deliveries(house.engine)[0].state == "pending"
    browser.get("/deliveries")
    assert browser.post(path).status_code == 409
    browser.get("/deliveries")
    assert browser.post("/deliveries/x/retry").status_code == 404
    assert [line.action for line in audit(house)] == ["delivery_retried"]
    with house.engine.begin() as connection:
        connection.execute(deliveries.update().values(state="dead"))
    browser.get(f"/tickets/{dead.service_request_id}")
    answer = browser.post(path, ticket=dead.service_request_id)
    assert answer.headers["Location"] == f"/tickets/{dead.service_request_id}"


def test_all_that_one_destination_refused_is_tried_again(house: House, signed_in: People) -> None:
    """And nothing of another's."""
    given_up(house, "backoffice", "crm")
    browser = signed_in("supervisor")
    browser.get("/deliveries")
    assert browser.post("/destinations/crm/retry").status_code == 302
    states = {one.destination: one.state for one in list_deliveries(house.engine)}
    assert states == {"backoffice": "dead", "crm": "pending"}
    assert audit(house)[0].details == {"destination": "crm", "deliveries": 1}


def test_a_destination_is_disabled_and_enabled(house: House, signed_in: People) -> None:
    """One of the file, by a manager, who is named."""
    browser = signed_in("manager")
    browser.get("/deliveries")
    assert browser.post("/destinations/nowhere/disable").status_code == 404
    browser.get("/deliveries")
    assert browser.post("/destinations/backoffice/disable").status_code == 302
    browser.get("/deliveries")
    assert 'action="/destinations/backoffice/enable"' in browser.page
    assert browser.post("/destinations/backoffice/disable").status_code == 409
    browser.get("/deliveries")
    assert browser.post("/destinations/backoffice/enable").status_code == 302
    browser.get("/deliveries")
    assert browser.post("/destinations/backoffice/enable").status_code == 409
    assert [line.who for line in audit(house)] == ["a manager"] * 2


class Trying:
    """A console whose one destination answers as it is told."""

    def __init__(self, house: House, result: PushResult) -> None:
        self.desk = Scripted("backoffice", [result])
        known: dict[str, Destination] = {"backoffice": self.desk}
        room = ticket_room(destination=known.get)
        self.house = replace(house, tickets=room)
        self.browser = somebody(console_app(self.house), self.house, "manager")
        self.browser.get("/deliveries", headers={"Accept-Language": "en"})


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (TAKEN, "backoffice takes tickets"),
        (REFUSED, "backoffice has not taken the trial"),
    ],
)
def test_a_trial_is_sent_once_and_its_answer_shown(
    house: House, result: PushResult, told: str
) -> None:
    """It says that it is one, is no ticket here, and what it is answered stands as text."""
    trying = Trying(house, result)
    trying.browser.client.set_cookie("language", "en")
    answer = trying.browser.post("/destinations/backoffice/trial")
    assert answer.status_code == 200
    assert told in trying.browser.page
    assert "<script>no" not in trying.browser.page
    (message,) = trying.desk.sent
    assert message.ticket.attributes["trial"] is True
    assert list_deliveries(house.engine) == []
    assert [line.action for line in audit(house)] == ["destination_tried"]


def test_a_destination_that_this_process_cannot_make_is_told_as_that(house: House) -> None:
    """A secret may be elsewhere; one that is not in the file is not there."""

    def without_secret(name: str) -> Destination | None:
        if name == "backoffice":
            raise NotBuilt("the environment has no SECRET")
        return None

    room = ticket_room(destination=without_secret)
    trying = replace(house, tickets=room)
    browser = somebody(console_app(trying), trying, "manager")
    browser.get("/deliveries")
    answer = browser.post("/destinations/backoffice/trial")
    assert answer.status_code == 409
    assert "SECRET" not in browser.page
    assert browser.post("/destinations/nowhere/trial").status_code == 404


MAY = {
    "/deliveries/x/retry": ("supervisor", "manager", "admin"),
    "/destinations/x/retry": ("supervisor", "manager", "admin"),
    "/destinations/x/enable": ("manager", "admin"),
    "/destinations/x/disable": ("manager", "admin"),
    "/destinations/x/trial": ("manager", "admin"),
}


@pytest.mark.parametrize("role", [role for role in ROLES if role != "receiver"])
def test_each_form_is_for_those_whose_right_it_is_asvs_8_2_1(
    house: House, signed_in: People, role: Role
) -> None:
    """It is neither shown to others nor taken from them."""
    given_up(house, "backoffice")
    browser = signed_in(role)
    browser.get("/deliveries")
    for what in ("retry", "disable", "trial"):
        shown = f'action="/destinations/backoffice/{what}"' in browser.page
        assert shown == (role in MAY[f"/destinations/x/{what}"])
    for path, roles in MAY.items():
        browser.get("/deliveries")
        assert (browser.post(path).status_code == 403) == (role not in roles), path


@pytest.mark.parametrize("path", MAY)
def test_a_form_without_its_token_changes_nothing_asvs_3_5_1(signed_in: People, path: str) -> None:
    """Another site cannot have somebody send it; nor does a GET do anything."""
    browser = signed_in("admin")
    browser.get("/deliveries")
    assert browser.post(path, token="").status_code == 400
    assert browser.get(path).status_code == 405
