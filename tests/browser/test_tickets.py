"""Tickets and deliveries in a browser: read by everybody, worked without a script."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from console.house import House
from tests.browser.conftest import Desks
from tests.browser.test_every_page import LOOKS
from tests.fixtures.chromium import barriers, picture
from tests.fixtures.scripted_destination import LATER, Scripted
from tests.fixtures.tickets import new_ticket
from tests.fixtures.working import HUDA, SERVICES
from tickets.delivery import Deliverer
from tickets.destination import PushResult
from tickets.mobile import SMS
from tickets.model import Ticket
from tickets.open import BACKOFFICE, find_ticket, open_ticket
from tickets.outbox import list_deliveries
from tickets.working.change import Office, Work
from tickets.working.merging import merge
from tickets.working.replying import reply
from tickets.working.status import set_status
from tickets.working.writing import add_note

REFUSED = PushResult("refused", 422, "HTTP 422", answer="no such road")


@dataclass(frozen=True)
class Worked:
    """A ticket with all that one may have, and another that nobody has touched."""

    busy: Ticket
    fresh: Ticket


@pytest.fixture
def worked(house: House) -> Worked:
    """Notes, a reply, a duplicate, deliveries that were given up."""
    now, engine = house.now(), house.engine
    made = [
        open_ticket(
            engine,
            new_ticket(
                f"call:{number}:1",
                description="حفرة أمام المدرسة",
                sub_municipality="THW",
                target_hours=(72, 1)[number % 2],
            ),
            destinations=[BACKOFFICE, "crm"],
            now=now,
        )
        for number in range(3)
    ]
    office = Office(engine, house.tickets.told)

    def work(ticket: Ticket) -> Work:
        found = find_ticket(engine, ticket.service_request_id)
        assert found is not None
        return Work(HUDA, ticket.service_request_id, found.version, now)

    busy, fresh, repeats = made
    number = busy.service_request_id
    add_note(office, HUDA, number, "لا يوجد مفتاح\nno key", now=now)
    set_status(office, work(busy), "action_scheduled", SERVICES)
    reply(office, work(busy), "نأتي غداً", gateway=True)
    merge(office, work(repeats), number)
    deliverer = Deliverer(engine, {"crm": Scripted("crm", [REFUSED])}, LATER)
    for one in list_deliveries(engine, destination="crm"):
        deliverer.deliver(one.id)
    return Worked(busy, fresh)


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_no_page_of_tickets_has_a_barrier(
    desk: Desks, worked: Worked, language: str, theme: str
) -> None:
    """With something in it: the queue, a ticket with all that one may have, deliveries."""
    page = desk("manager", language, theme)
    one = f"/tickets/{worked.busy.service_request_id}"
    found = {}
    for path, name in (
        ("/tickets", "tickets"),
        (one, "ticket"),
        ("/deliveries", "deliveries"),
        ("/deliveries?list=waiting", "deliveries-waiting"),
        ("/", "today-tickets"),
    ):
        page.goto(path)
        found[path] = barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        picture(page, f"{name}-{language}-{theme}")
    assert {path: faults for path, faults in found.items() if faults} == {}


def test_a_ticket_is_worked_without_a_script(house: House, desk: Desks, worked: Worked) -> None:
    """From the queue to its end: taken up, given away, noted, replied to, done."""
    page = desk("supervisor", "en", scripts=False)
    page.goto("/tickets")
    page.get_by_role("link", name=worked.fresh.service_request_id).click()
    choose(page, "Status", "Under investigation", "Change the status")
    choose(page, "Priority", "High", "Change the priority")
    page.get_by_role("group", name="Departments").get_by_label("Lighting").check()
    page.get_by_label("Worked by", exact=True).select_option("supervisor 0")
    page.get_by_role("button", name="Assign").click()
    page.get_by_label("A note, for colleagues alone").fill("the key is with the guard")
    page.get_by_role("button", name="Write the note").click()
    expect(page.get_by_text("the key is with the guard")).to_be_visible()
    page.get_by_label("To whoever reported it").fill("it is done")
    page.get_by_role("button", name="Send the reply").click()
    choose(page, "Status", "Fixed", "Change the status")
    expect(page.get_by_role("status")).to_have_text("The status is changed.")
    found = find_ticket(house.engine, worked.fresh.service_request_id)
    assert found is not None
    assert (found.status, found.priority, found.assigned_to) == ("fixed", "high", "supervisor 0")
    assert set(found.agency_responsible) == {"roads", "lighting"}
    sent = list_deliveries(house.engine, destination=SMS, reference=found.service_request_id)
    assert len(sent) == 1


def choose(page: Page, label: str, text: str, button: str) -> None:
    """Choose it, and send that form."""
    page.get_by_label(label, exact=True).select_option(label=text)
    page.get_by_role("button", name=button).click()


def test_who_works_on_what_another_has_changed_is_told_and_loses_nothing(
    desk: Desks, worked: Worked
) -> None:
    """What they had typed stands in its form, beside the ticket as it is now."""
    path = f"/tickets/{worked.fresh.service_request_id}"
    slow, quick = desk("operator", "en"), desk("operator", "en")
    slow.goto(path)
    quick.goto(path)
    choose(quick, "Priority", "High", "Change the priority")
    slow.get_by_label("To whoever reported it").fill("we come tomorrow")
    slow.get_by_role("button", name="Send the reply").click()
    expect(slow.get_by_role("alert")).to_contain_text("Somebody has changed this ticket")
    expect(slow.get_by_label("To whoever reported it")).to_have_value("we come tomorrow")
    slow.get_by_role("button", name="Send the reply").click()
    expect(slow.get_by_role("status")).to_have_text("The reply is on its way.")


def test_a_delivery_that_was_refused_is_explained_and_tried_again(
    house: House, desk: Desks, worked: Worked
) -> None:
    """From the destination to its list, to the ticket, and back to work."""
    page = desk("supervisor", "en")
    page.goto("/deliveries")
    page.get_by_role("row", name="crm").first.get_by_role("link").last.click()
    page.get_by_role("link", name=worked.busy.service_request_id).first.click()
    ways = page.get_by_role("region", name="Deliveries")
    ways.get_by_text("Attempts: 1").first.click()
    expect(ways.get_by_text("no such road").first).to_be_visible()
    before = len(list_deliveries(house.engine, state="dead"))
    ways.get_by_role("button", name="Try again now").first.click()
    expect(page.get_by_role("status")).to_contain_text("is tried again now")
    assert len(list_deliveries(house.engine, state="dead")) == before - 1
