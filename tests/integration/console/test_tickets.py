"""The pages of tickets: the queue, one ticket, and what is done to it by forms."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest

from console.house import House
from console.pages.ticket_queue import ON_A_PAGE
from console.ticket_words import REFUSED
from people.audit import history
from people.person import ROLES, Role
from store.sql import reading
from tests.fixtures.console import Browser, console_app, somebody, ticket_room
from tests.fixtures.record import Clock
from tests.fixtures.tickets import new_ticket
from tests.integration.console.conftest import People
from tickets.mobile import SMS
from tickets.model import Ticket
from tickets.open import BACKOFFICE, find_ticket, open_ticket
from tickets.outbox import list_deliveries
from tickets.working.refusals import Why
from tickets.working.transitions import TRANSITIONS

UNSAFE = "<script>alert(1)</script>\u202e{{ 7*7 }}"
ENGLISH = {"Accept-Language": "en"}


def opened(house: House, number: int = 1, **changes: Any) -> Ticket:
    """A ticket of the back office's."""
    new = new_ticket(f"call:{number}:1", **changes)
    return open_ticket(house.engine, new, destinations=[BACKOFFICE], now=house.now())


def now_is(house: House, ticket: Ticket) -> Ticket:
    """The ticket as it is by now."""
    found = find_ticket(house.engine, ticket.service_request_id)
    assert found is not None
    return found


def at(ticket: Ticket, what: str = "") -> str:
    """The address of its page, or of a form on it."""
    return f"/tickets/{ticket.service_request_id}{what and '/'}{what}"


def form_of(browser: Browser, what: str) -> dict[str, str]:
    """The hidden fields of a form of the open page."""
    (form,) = re.findall(rf'<form[^>]*action="[^"]*/{what}">(.*?)</form>', browser.page, re.DOTALL)
    return dict(re.findall(r'type="hidden" name="(version|form)" value="([^"]*)"', form))


def sent(browser: Browser, ticket: Ticket, what: str, **given: Any) -> int:
    """Open the ticket, fill one of its forms in, send it; the status of the answer."""
    assert browser.get(at(ticket)).status_code == 200
    return browser.post(at(ticket, what), **form_of(browser, what), **given).status_code


def references(page: str) -> list[str]:
    """The tickets that a page leads to, in its order."""
    return re.findall(r'href="/tickets/([0-9]{9})"', page)


# --- the queue -----------------------------------------------------------------------------------


def test_the_queue_is_of_what_is_to_be_done_newest_first(
    house: House, clock: Clock, signed_in: People
) -> None:
    """Nobody has to choose anything first."""
    first = opened(house, 1)
    clock.forward(seconds=60)
    second = opened(house, 2, sub_municipality="THW", priority="high")
    browser = signed_in("operator")
    browser.get("/tickets")
    assert references(browser.page) == [second.service_request_id, first.service_request_id]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("?department=lighting", "2"),
        ("?sub_municipality=THW", "1"),
        ("?service_code=LT_OUT", "2"),
        ("?status=for_triage", ""),
        ("?state=closed", ""),
        ("?state=all", "21"),
        ("?state=%27%3B--&order=x", "21"),
        ("?who=nobody", "21"),
        ("?who=me", ""),
        ("?order=most_overdue", "12"),
        ("?department=%3Cscript%3E", ""),
    ],
)
def test_the_queue_is_narrowed_by_its_address(
    house: House, clock: Clock, signed_in: People, query: str, numbers: str
) -> None:
    """So that a colleague can be sent it; what is no choice of it counts as none."""
    tickets = {"1": opened(house, 1, sub_municipality="THW", target_hours=1)}
    clock.forward(seconds=60)
    tickets["2"] = opened(house, 2, service_code="LT_OUT", agency_responsible=("lighting",))
    browser = signed_in("operator")
    assert browser.get(f"/tickets{query}").status_code == 200
    assert references(browser.page) == [tickets[one].service_request_id for one in numbers]
    assert "<script>" not in browser.page.replace("<script src=", "")


def test_a_long_queue_goes_on_where_the_page_ends(
    house: House, clock: Clock, signed_in: People
) -> None:
    """By a link that is opaque, and refuses what it has not given."""
    made = []
    for number in range(ON_A_PAGE + 3):
        clock.forward(seconds=1)
        made.append(opened(house, number).service_request_id)
    browser = signed_in("auditor")
    browser.get("/tickets?state=all")
    seen = references(browser.page)
    (following,) = re.findall(r'rel="next" href="([^"]+)"', browser.page)
    browser.get(following.replace("&amp;", "&"))
    assert [*seen, *references(browser.page)] == made[::-1]
    assert 'rel="next"' not in browser.page
    assert browser.get("/tickets?after=bm90aGluZw").status_code == 400


def test_a_number_that_is_typed_opens_its_ticket(house: House, signed_in: People) -> None:
    """With the digits of any keyboard, and however they are spaced."""
    ticket = opened(house)
    eastern = ticket.service_request_id.translate({48 + n: 0x660 + n for n in range(10)})
    browser = signed_in("operator")
    for typed in (
        ticket.service_request_id,
        eastern,
        f" {ticket.service_request_id[:3]}-{ticket.service_request_id[3:]}",
    ):
        answer = browser.get("/tickets", query_string={"reference": typed})
        assert answer.headers["Location"] == at(ticket)
    answer = browser.get("/tickets", query_string={"reference": "572400002"})
    assert answer.status_code == 404
    assert "572400002" in browser.page


def test_whose_the_work_is_stands_beside_the_queue(house: House, signed_in: People) -> None:
    """By department and sub-municipality, each leading to its queue."""
    opened(house, 1, sub_municipality="THW", agency_responsible=("roads", "parks"))
    browser = signed_in("operator")
    browser.get("/tickets")
    assert 'href="/tickets?department=parks"' in browser.page
    assert 'href="/tickets?sub_municipality=THW"' in browser.page


# --- one ticket ----------------------------------------------------------------------------------


def test_what_others_have_said_stands_as_text(house: House, signed_in: People) -> None:
    """Whatever it is: in the facts, in notes and replies, in the page of a mistake."""
    ticket = opened(house, description=UNSAFE[:24], first_name="<b>", last_name="x")
    browser = signed_in("manager")
    assert sent(browser, ticket, "notes", note=UNSAFE[:24]) == 302
    assert sent(browser, ticket, "replies", reply=UNSAFE[:24]) == 302
    assert sent(browser, ticket, "merge", parent="<i>1") == 422
    browser.get(at(ticket))
    assert "<script>alert" not in browser.page
    assert browser.page.count("&lt;script&gt;alert(1)") >= 3
    assert "<b>" not in browser.page


def test_a_number_is_masked_for_who_does_not_need_it_and_looking_is_noted(
    house: House, signed_in: People
) -> None:
    """Operators ask for it, one ticket at a time; whoever decides about numbers sees them."""
    ticket = opened(house, first_name="Amal", last_name="Badr")
    assert ticket.phone is not None
    operator = signed_in("operator")
    operator.get(at(ticket))
    assert ticket.phone not in operator.page
    assert "Amal" not in operator.page
    assert operator.post(at(ticket, "number")).status_code == 200
    assert ticket.phone in operator.page
    assert "Amal" in operator.page
    with reading(house.engine) as connection:
        line = history(connection, ticket.phone)[0]
    assert (line.action, line.who) == ("number_revealed", "a operator")
    leader = signed_in("supervisor")
    leader.get(at(ticket))
    assert ticket.phone in leader.page


def test_a_ticket_that_is_not_there_is_told_as_that(house: House, signed_in: People) -> None:
    """Whatever is asked of it."""
    opened(house)
    browser = signed_in("admin")
    for path in ("/tickets/572400002", "/tickets/12", "/tickets/x%27--", "/tickets/%00"):
        assert browser.get(path).status_code == 404
    browser.get("/tickets")
    assert (
        browser.post("/tickets/572400002/status", status="closed", version="1").status_code == 404
    )


# --- what is done --------------------------------------------------------------------------------


def test_a_status_is_changed_and_the_destinations_are_told(house: House, signed_in: People) -> None:
    """By somebody, from somewhere: the audit says both."""
    ticket = opened(house)
    browser = signed_in("operator")
    assert sent(browser, ticket, "status", status="investigating") == 302
    assert now_is(house, ticket).status == "investigating"
    told = list_deliveries(house.engine, reference=ticket.service_request_id)
    assert ("ticket.updated", 2) in {(one.event, one.ticket_version) for one in told}
    with reading(house.engine) as connection:
        line = history(connection, ticket.service_request_id)[0]
    assert (line.who, line.action, line.origin) == ("a operator", "ticket_status", "127.0.0.1")


def test_only_the_steps_of_the_table_are_offered_and_taken(house: House, signed_in: People) -> None:
    """A form that somebody wrote themselves gets no further than the page's."""
    ticket = opened(house)
    browser = signed_in("operator")
    browser.get(at(ticket))
    (select,) = re.findall(r'<select[^>]*id="status".*?</select>', browser.page, re.DOTALL)
    offered = re.findall(r'value="(\w+)"', select)
    assert offered == [one for one in TRANSITIONS["open"].to if one != "duplicate"]
    for status in ("fixed", "duplicate", "parked", ""):
        assert sent(browser, ticket, "status", status=status) == 422
        assert 'role="alert"' in browser.page
    assert now_is(house, ticket) == ticket


def test_who_has_not_seen_the_newest_changes_nothing(house: House, signed_in: People) -> None:
    """They are told so, and see it as it is now, with what they had typed."""
    ticket = opened(house)
    slow, quick = signed_in("operator", "Slow"), signed_in("operator", "Quick")
    slow.get(at(ticket))
    seen = form_of(slow, "replies")
    assert sent(quick, ticket, "priority", priority="high") == 302
    answer = slow.post(at(ticket, "replies"), **seen, reply="we come tomorrow")
    assert answer.status_code == 409
    assert "we come tomorrow" in slow.page
    assert form_of(slow, "replies")["version"] == "2"
    assert list_deliveries(house.engine, destination=SMS) == []


@pytest.mark.parametrize("version", ["", "0", "-1", "٢", "1e3", "9" * 30])
def test_a_version_that_nobody_has_seen_is_refused(
    house: House, signed_in: People, version: str
) -> None:
    """Nothing is written over because a form was not whole."""
    ticket = opened(house)
    browser = signed_in("operator")
    browser.get(at(ticket))
    answer = browser.post(at(ticket, "status"), version=version, status="for_triage")
    assert answer.status_code == 409
    assert now_is(house, ticket) == ticket


def test_a_ticket_is_assigned_to_departments_and_somebody_who_works(
    house: House, signed_in: People
) -> None:
    """Who only looks is not offered, nor taken."""
    ticket = opened(house)
    browser, _ = signed_in("operator", "Huda"), signed_in("auditor", "Noura")
    browser.get(at(ticket))
    assert '<option value="Huda">' in browser.page
    assert '<option value="Noura">' not in browser.page
    given: dict[str, Any] = {"department": ["roads", "lighting"], "who": "Huda"}
    assert sent(browser, ticket, "assignment", **given) == 302
    changed = now_is(house, ticket)
    assert (changed.agency_responsible, changed.assigned_to) == (("roads", "lighting"), "Huda")
    wrongs: tuple[dict[str, Any], ...] = ({"who": "Noura"}, {"who": "<b>"})
    for wrong in (*wrongs, {"department": []}, {"department": ["x"]}):
        assert sent(browser, changed, "assignment", **(given | wrong)) == 422
    assert now_is(house, ticket) == changed


def test_a_note_is_written_once_however_often_the_form_comes(
    house: House, signed_in: People
) -> None:
    """And stands on the page, for colleagues alone."""
    ticket = opened(house)
    browser = signed_in("operator")
    browser.get(at(ticket))
    form = form_of(browser, "notes")
    for _ in range(2):
        assert browser.post(at(ticket, "notes"), **form, note="no key").status_code == 302
        browser.get(at(ticket))
    assert browser.page.count("no key") == 1
    assert sent(browser, ticket, "notes", note=" ") == 422


def test_a_reply_goes_to_whoever_reported_it(house: House, signed_in: People) -> None:
    """Its state stands beside it."""
    ticket = opened(house)
    browser = signed_in("operator")
    assert sent(browser, ticket, "replies", reply="we come tomorrow") == 302
    (delivery,) = list_deliveries(house.engine, destination=SMS)
    assert delivery.service_request_id == ticket.service_request_id
    browser.get(at(ticket))
    assert "we come tomorrow" in browser.page


def test_where_no_reply_can_be_sent_there_is_no_form_and_it_is_said_why(
    house: House, signed_in: People
) -> None:
    """Before anybody has typed one."""
    ticket = opened(house, phone=None, caller_id_withheld=True)
    browser = signed_in("operator")
    browser.get(at(ticket))
    assert f'action="{at(ticket, "replies")}"' not in browser.page
    form = {"version": "1", "form": "0" * 32, "reply": "x"}
    assert browser.post(at(ticket, "replies"), **form).status_code == 422


def test_a_duplicate_leads_to_the_ticket_that_is_worked(house: House, signed_in: People) -> None:
    """And that one names it."""
    ticket, parent = opened(house, 1), opened(house, 2)
    browser = signed_in("supervisor")
    assert sent(browser, ticket, "merge", parent=f" {parent.service_request_id} ") == 302
    browser.get(at(ticket))
    assert f'href="{at(parent)}"' in browser.page
    browser.get(at(parent))
    assert f'href="{at(ticket)}"' in browser.page
    assert sent(browser, parent, "merge", parent=ticket.service_request_id) == 422


FORMS: dict[str, tuple[str, Callable[[Role], bool]]] = {
    "status": ("for_triage", lambda role: role != "auditor"),
    "priority": ("high", lambda role: role != "auditor"),
    "assignment": ("roads", lambda role: role != "auditor"),
    "notes": ("x", lambda role: role != "auditor"),
    "replies": ("x", lambda role: role != "auditor"),
    "merge": ("1", lambda role: role in ("supervisor", "manager", "admin")),
}


@pytest.mark.parametrize("role", [role for role in ROLES if role != "receiver"])
def test_each_form_is_for_those_whose_right_it_is_asvs_8_2_1(
    house: House, signed_in: People, role: Role
) -> None:
    """It is neither shown to others nor taken from them."""
    ticket = opened(house)
    browser = signed_in(role)
    browser.get(at(ticket))
    for what, (_, allowed) in FORMS.items():
        assert (f'action="{at(ticket, what)}"' in browser.page) == allowed(role)
    for what, (_, allowed) in FORMS.items():
        browser.get(at(ticket))
        answer = browser.post(at(ticket, what), version="0")
        assert (answer.status_code == 403) == (not allowed(role)), what


@pytest.mark.parametrize("what", FORMS)
def test_a_form_without_its_token_changes_nothing_asvs_3_5_1(
    house: House, signed_in: People, what: str
) -> None:
    """Another site cannot have somebody send it; nor does a GET do anything."""
    ticket = opened(house)
    browser = signed_in("admin")
    browser.get(at(ticket))
    form = {"version": "1", "status": "for_triage", "priority": "high", "note": "x", "reply": "x"}
    assert browser.post(at(ticket, what), token="", **form).status_code == 400
    assert browser.get(at(ticket, what), query_string=form).status_code == 405
    assert now_is(house, ticket) == ticket


def test_the_first_page_tells_what_is_to_be_done(
    house: House, clock: Clock, signed_in: People
) -> None:
    """How many are open and late, what has ended today, what waits; each leads to its list."""
    opened(house, 1, target_hours=1)
    ended, before = opened(house, 2), opened(house, 4)
    browser = signed_in("operator")
    sent(browser, before, "status", status="cancelled")
    clock.forward(days=1)
    sent(browser, ended, "status", status="cancelled")
    opened(house, 3)
    clock.forward(hours=2)
    page = browser.get("/", headers=ENGLISH).get_data(as_text=True)
    figures = dict(re.findall(r'<dt><a href="([^"]+)">[^<]*</a></dt>\s*<dd>(\d+)</dd>', page))
    assert figures["/tickets"] == "2"
    assert figures["/tickets?state=overdue&amp;order=most_overdue"] == "1"
    assert figures["/deliveries?list=waiting"] == "6"
    assert figures["/deliveries?list=dead"] == "0"
    assert figures["/tickets?state=ended_today"] == "1"
    of_status = re.findall(r'href="(/tickets\?status=[^"]+)"', page)
    assert of_status == [
        "/tickets?status=open&amp;state=open",
        "/tickets?status=cancelled&amp;state=ended_today",
    ]
    for link in ("/tickets?state=ended_today", of_status[1].replace("&amp;", "&")):
        assert references(browser.get(link).text) == [ended.service_request_id]


def test_every_refusal_has_words() -> None:
    """A page says why, in the reader's language."""
    assert set(REFUSED) == set(get_args(Why))


def test_without_a_gateway_nobody_is_replied_to(house: House) -> None:
    """And it is said that there is none."""
    without = replace(house, tickets=ticket_room(gateway=False))
    ticket = opened(house)
    browser = somebody(console_app(without), without, "operator")
    browser.get(at(ticket), headers=ENGLISH)
    assert "No gateway for text messages is set up." in browser.page
