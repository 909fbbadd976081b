"""A ticket that somebody opens for a caller, from the page of their call and over HTTP."""

import re
from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from call_handlers.arrival import Facts
from call_handlers.records import Record, write_records
from console.house import House
from console.masking import masked
from console.words import LANGUAGES
from people.audit import history
from people.tokens import create_token
from store.sql import reading
from tests.fixtures.console import ADMIN
from tests.fixtures.places import address, lay
from tests.fixtures.record import NUMBER, Clock
from tests.integration.console.conftest import People
from tests.integration.tickets.test_contract import VALIDATOR, push
from tickets.model import Ticket
from tickets.open import BACKOFFICE, list_tickets
from tickets.outbox import list_deliveries
from tickets.working.opening import BY_HAND

CALL = "c" * 32
FORM = f"/calls/{CALL}/ticket"
POTHOLE = {
    "service_code": "RD_HOLE",
    "kind": "report",
    "priority": "high",
    "description": "A hole <b>before</b> the school",
    "sub_municipality": "THW",
}


def called(house: House, now: datetime, call: str = CALL, **facts: Any) -> None:
    """A call that goes on with an operator."""
    told = {"e164": NUMBER, "caller": NUMBER, "verdict": "allow", "flow": "940", **facts}
    begun = int(now.timestamp() * 1000)
    write_records(house.engine, [Record(Facts(call, begun, "asterisk", **told), language="en")])


def the_ticket(house: House) -> Ticket:
    """The only one."""
    (found,) = list_tickets(house.engine)
    return found


def test_an_operator_opens_a_ticket_from_a_call(
    house: House, clock: Clock, signed_in: People
) -> None:
    """Told to whom it concerns, it stands in call and audit; sent twice it is one."""
    called(house, clock())
    browser = signed_in("operator")
    page = browser.get(f"/calls/{CALL}").text
    assert f'href="{FORM}"' in page
    browser.get(FORM)
    form = browser.page
    answer = browser.post(FORM, **POTHOLE)
    ticket = the_ticket(house)
    assert answer.headers["Location"].endswith(f"/tickets/{ticket.service_request_id}")
    assert (ticket.call_id, ticket.phone, ticket.reported_from) == (CALL, NUMBER, NUMBER)
    assert (ticket.service_code, ticket.priority, ticket.language) == ("RD_HOLE", "high", "en")
    assert ticket.agency_responsible == house.tickets.services["RD_HOLE"].departments
    assert ticket.expected_datetime is not None
    assert ticket.attributes[BY_HAND] is True
    assert [way.destination for way in list_deliveries(house.engine)] == [BACKOFFICE]
    with reading(house.engine) as connection:
        (line,) = history(connection, ticket.service_request_id)
    assert (line.who, line.action, line.details["call"]) == ("a operator", "ticket_opened", CALL)
    assert "hole" not in str(line.details)
    VALIDATOR.validate(push(ticket))

    browser.page = form
    again = browser.post(FORM, **POTHOLE)
    assert again.headers["Location"] == answer.headers["Location"]
    assert the_ticket(house) == ticket
    shown = browser.get(f"/calls/{CALL}").text
    assert ticket.service_request_id in shown
    assert "<b>before</b>" not in browser.follow(again).text


def test_a_plate_that_the_directory_knows_is_filled_in(
    house: House, clock: Clock, signed_in: People
) -> None:
    """Digits of an Arabic keyboard too; exact entry is what makes the service arrive."""
    called(house, clock())
    place = address(
        "7421", "23218", short_address="JRDA7421", sub_municipality="THW", lat=21.55, long=39.15
    )
    lay(house.engine, [place])
    browser = signed_in("operator")
    browser.get(FORM)
    given = {**POTHOLE, "sub_municipality": "", "building_number": "٧٤٢١", "postal_code": "٢٣٢١٨"}
    assert browser.post(FORM, **given).status_code == 302
    ticket = the_ticket(house)
    assert ticket.address["street"] == place.street_ar
    assert (ticket.lat, ticket.long, ticket.location_verified) == (21.55, 39.15, True)
    assert (ticket.location_source, ticket.sub_municipality) == ("number_plate", "THW")
    assert ticket.address_id == "JRDA7421"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "wrong",
    [
        {"service_code": "NO_SUCH"},
        {"service_code": ""},
        {"kind": "praise"},
        {"priority": "soon"},
        {"sub_municipality": "NOWHERE"},
        {"sub_municipality": ""},
        {"phone": "12"},
        {"building_number": "74"},
        {"postal_code": "232180"},
        {"recording": f"{CALL}-99"},
        {"description": "x" * 4001},
        {"description": "a\x07b"},
        {"street": "s" * 201},
    ],
)
def test_what_makes_no_ticket_is_told_and_kept(
    house: House, clock: Clock, signed_in: People, wrong: dict[str, str], language: str
) -> None:
    """In the reader's language, with all that was typed; nothing is opened."""
    called(house, clock())
    browser = signed_in("operator")
    browser.get(FORM)
    browser.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    answer = browser.post(FORM, **({**POTHOLE, "first_name": "Maha"} | wrong))
    assert answer.status_code == 422
    (fault,) = re.findall(r'role="alert">([^<]+)<', answer.text)
    assert bool(re.search("[\u0600-\u06ff]", fault)) == (language == "ar")
    assert 'value="Maha"' in answer.text
    assert list_tickets(house.engine) == []


def test_a_text_is_as_long_as_its_field_lets_it_be(
    house: House, clock: Clock, signed_in: People
) -> None:
    """Browsers count the end of a line as one character, and send two."""
    called(house, clock())
    browser = signed_in("operator")
    browser.get(FORM)
    told = "\n".join(["x" * 39] * 100)
    sent = {**POTHOLE, "description": told.replace("\n", "\r\n"), "phone": "٠٥٠٧٦٥٤٣٢١"}
    assert browser.post(FORM, **sent).status_code == 302
    ticket = the_ticket(house)
    assert (ticket.description, ticket.phone) == (told, "+966507654321")


def test_whom_nobody_can_call_back_may_leave_another_number(
    house: House, clock: Clock, signed_in: People
) -> None:
    """Of a withheld caller too; who called is told besides, where that was shown."""
    called(house, clock(), e164=None, caller="", withheld=True)
    browser = signed_in("operator")
    browser.get(FORM)
    browser.post(FORM, **POTHOLE, phone="050 765 4321")
    ticket = the_ticket(house)
    assert (ticket.phone, ticket.caller_id_withheld) == ("+966507654321", False)
    assert ticket.reported_from == ""
    VALIDATOR.validate(push(ticket))


def test_only_those_who_work_tickets_open_them(
    house: House, clock: Clock, signed_in: People
) -> None:
    """By the table of rights: pages without the right have no button either."""
    called(house, clock())
    auditor = signed_in("auditor")
    assert FORM not in auditor.get(f"/calls/{CALL}").text
    assert auditor.get(FORM).status_code == 403
    assert signed_in("operator").get(f"/calls/{'d' * 32}/ticket").status_code == 404


def test_numbers_stay_masked_on_the_form(house: House, clock: Clock, signed_in: People) -> None:
    """An operator needs none to open it."""
    called(house, clock())
    page = signed_in("operator").get(FORM).text
    assert NUMBER not in page
    assert masked(NUMBER) in page


def test_other_words_in_a_form_that_was_sent_are_another_ticket(
    house: House, clock: Clock, signed_in: People
) -> None:
    """Whoever goes back in their browser loses nothing, nor who has two calls open."""
    called(house, clock())
    called(house, clock(), call="d" * 32)
    browser = signed_in("operator")
    browser.get(FORM)
    form = browser.page
    browser.post(FORM, **POTHOLE)
    browser.page = form
    browser.post(FORM, **POTHOLE, street="Another one")
    (hidden,) = re.findall(r'name="form" value="([0-9a-f]+)"', form)
    browser.page = form
    browser.post(f"/calls/{'d' * 32}/ticket", **POTHOLE, form=hidden)
    found = list_tickets(house.engine)
    assert sorted(str(one.call_id)[0] for one in found) == ["c", "c", "d"]
    assert [one.address.get("street") for one in found].count("Another one") == 1


@pytest.mark.parametrize("path", ["", "/notes", "/replies"])
def test_a_request_with_a_key_is_done_once_though_its_answer_was_not_kept(
    house: House, app: Flask, clock: Clock, path: str
) -> None:
    """The process may have ended between the two: nobody is sent for, or written to, twice."""
    called(house, clock())
    text, _ = create_token(house.engine, name="a", role="operator", by=ADMIN, now=clock())
    key = {"Authorization": f"Bearer {text}", "Idempotency-Key": "1"}
    root, opening = "/api/v1/tickets", {**POTHOLE, "call": CALL, "phone": "0501234567"}
    client = app.test_client()
    ticket: Any = client.post(root, json=opening, headers=key).json
    below = f"{root}/{ticket['service_request_id']}"
    body: dict[str, Any] = {"text": "We come."} if path else dict(opening)
    body |= {"version": 1} if path == "/replies" else {}
    answers: list[Any] = []
    for _ in range(2):
        assert house.redis.delete(*house.redis.keys("hotline:api:once:*")) == 1
        answer = client.post(below + path if path else root, json=body, headers=key)
        assert "Idempotent-Replayed" not in answer.headers
        assert answer.status_code == 201
        answers.append(answer.json)
    assert answers[0] == answers[1]
    assert len(list_tickets(house.engine)) == 1
    told = client.get(below, headers=key).json
    assert isinstance(told, dict)
    assert len(told["notes"]) + len(told["replies"]) == bool(path)
