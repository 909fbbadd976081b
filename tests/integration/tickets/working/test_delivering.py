"""What a person does to deliveries and destinations from a page, and what they see of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from people.audit import history
from people.fields import Change
from people.person import NothingThere
from store.sql import database_now, reading
from tests.fixtures.scripted_destination import AWAY, TAKEN, Office, Scripted
from tests.fixtures.working import HUDA, LATER, SERVICES
from tickets.circuit import GONE_OUT
from tickets.delivery_pages import dead_page, place_of, waiting_page
from tickets.destination import PushResult
from tickets.mobile import SMS
from tickets.outbox import Delivery, list_deliveries
from tickets.schema import deliveries
from tickets.standing import Standing, standings
from tickets.trial import trial
from tickets.working.delivering import (
    disable_destination,
    enable_destination,
    retry_dead,
    retry_one,
    try_destination,
)
from tickets.working.refusals import ChangeRefused

REFUSED = PushResult("refused", 422, "HTTP 422", answer="no such road")


def audit(engine: sa.Engine, subject: str) -> list[Change]:
    """What it says of a destination or a ticket, newest first."""
    with reading(engine) as connection:
        return [line for line in history(connection, subject) if line.who == "huda"]


def all_of(engine: sa.Engine, **values: Any) -> None:
    """Change every delivery."""
    with engine.begin() as connection:
        connection.execute(deliveries.update().values(values))


def test_one_that_was_given_up_is_tried_again_and_it_is_noted_who_wants_it(
    engine: sa.Engine,
) -> None:
    """Under the ticket's number, where its history is looked for."""
    office = Office(engine, backoffice=[REFUSED, TAKEN])
    ticket = office.open()
    office.deliver()
    (dead,) = list_deliveries(engine, states=("dead",))
    assert retry_one(engine, HUDA, dead.id, LATER) == ticket.service_request_id
    (line,) = audit(engine, ticket.service_request_id)
    assert (line.action, line.details) == (
        "delivery_retried",
        {"delivery": dead.id, "destination": "backoffice"},
    )
    office.deliver()
    (done,) = list_deliveries(engine)
    assert done.state == "acknowledged"


@pytest.mark.parametrize("state", ["pending", "sent", "acknowledged"])
def test_what_needs_no_retry_is_refused_and_leaves_no_line(engine: sa.Engine, state: str) -> None:
    """It would be sent twice."""
    ticket = Office(engine, backoffice=[TAKEN]).open()
    all_of(engine, state=state)
    (one,) = list_deliveries(engine)
    with pytest.raises(ChangeRefused, match="needs no retry"):
        retry_one(engine, HUDA, one.id, LATER)
    with pytest.raises(NothingThere):
        retry_one(engine, HUDA, "0" * 32, LATER)
    assert audit(engine, ticket.service_request_id) == []


def test_all_that_was_given_up_at_one_destination_goes_again(engine: sa.Engine) -> None:
    """But for what a person may have read already, and what was given up elsewhere."""
    office = Office(engine, desk_a=[REFUSED], desk_b=[REFUSED])
    for _ in range(3):
        office.open()
    office.deliver()
    first = list_deliveries(engine, destination="desk_a")[0]
    with engine.begin() as connection:
        gone = deliveries.update().where(deliveries.c.id == first.id)
        connection.execute(gone.values(last_error=f"x{GONE_OUT}"))
    before = len(audit(engine, "desk_a"))
    assert retry_dead(engine, HUDA, "desk_a", LATER) == 2
    assert {one.destination for one in list_deliveries(engine, state="pending")} == {"desk_a"}
    line, *_ = audit(engine, "desk_a")
    assert line.details == {"destination": "desk_a", "deliveries": 2}
    assert retry_dead(engine, HUDA, "desk_a", LATER) == 0
    assert len(audit(engine, "desk_a")) == before + 1


def test_a_destination_is_disabled_and_enabled_by_somebody(engine: sa.Engine) -> None:
    """Whose name stands there; what is so already is refused."""
    office = Office(engine, harbour=[TAKEN])
    office.open()
    with pytest.raises(ChangeRefused, match="not disabled"):
        enable_destination(engine, HUDA, "harbour", LATER)
    disable_destination(engine, HUDA, "harbour", LATER)
    with pytest.raises(ChangeRefused, match="already"):
        disable_destination(engine, HUDA, "harbour", LATER)
    assert standings(engine, {"harbour": "webhook"})[0].state == "disabled"
    assert enable_destination(engine, HUDA, "harbour", LATER) == 1
    actions = [line.action for line in audit(engine, "harbour")][:2]
    assert actions == ["destination_enabled", "destination_disabled"]


def test_a_trial_is_noted_before_it_is_sent(engine: sa.Engine) -> None:
    """Something leaves the house, whatever comes of it."""
    desk = Scripted("north_desk", [REFUSED])
    message = trial(SERVICES["RD_HOLE"], "jeddah.gov.sa", datetime.now(UTC))
    tried = try_destination(engine, HUDA, desk, message, LATER)
    assert (tried.taken, tried.status, tried.answer) == (False, 422, "no such road")
    assert desk.sent == [message]
    line = audit(engine, "north_desk")[0]
    assert line.details == {"destination": "north_desk", "reference": tried.reference}
    assert list_deliveries(engine) == []


def test_each_destination_stands_as_it_does(engine: sa.Engine) -> None:
    """Those of the file in its order, then what is there no more and something waits for."""
    office = Office(engine, crm=[AWAY], old=[REFUSED])
    for _ in range(3):
        office.open()
    office.deliver()
    crm, well, old = standings(engine, {"crm": "webhook", "lighting": "email"})
    assert well == Standing("lighting", "email", "well", 0, 0, 0, 0, None)
    assert (crm.name, crm.kind, crm.state, crm.waiting) == ("crm", "webhook", "ill", 3)
    assert crm.last_error == "HTTP 503"
    assert crm.failing_since is not None
    assert (old.name, old.kind, old.dead, old.last_error) == ("old", "", 3, None)


def pages(engine: sa.Engine, page: Any, **wanted: Any) -> list[Delivery]:
    """All of them, two at a time."""
    seen: list[Delivery] = []
    after = None
    while found := page(engine, limit=2, after=after, **wanted):
        seen += found
        after = place_of(found[-1])
    return seen


def test_what_waits_is_listed_with_what_is_tried_next_first(engine: sa.Engine) -> None:
    """Whatever state it is in; also a page at a time, where several are due at one moment."""
    office = Office(engine, crm=[TAKEN], desk=[TAKEN])
    for _ in range(4):
        office.open()
    found = list_deliveries(engine)
    with engine.begin() as connection:
        now = database_now(connection)
        for number, one in enumerate(found):
            state = ("pending", "sent", "failed", "acknowledged")[number % 4]
            due = now + timedelta(seconds=number // 3)
            its = deliveries.update().where(deliveries.c.id == one.id)
            connection.execute(its.values(state=state, next_attempt_at=due))
    listed = pages(engine, waiting_page)
    assert len(listed) == len({one.id for one in listed}) == 6
    assert [place_of(one) for one in listed] == sorted(place_of(one) for one in listed)
    assert "acknowledged" not in {one.state for one in listed}
    to_desk = pages(engine, waiting_page, to="desk")
    assert to_desk == [one for one in listed if one.destination == "desk"]


def test_what_was_given_up_last_is_listed_first(engine: sa.Engine) -> None:
    """With why, and of one destination where that is asked."""
    office = Office(engine, crm=[REFUSED], desk=[REFUSED], **{SMS: [TAKEN]})
    for _ in range(3):
        office.open()
    office.deliver()
    listed = pages(engine, dead_page)
    assert len(listed) == 6
    assert [place_of(one) for one in listed] == sorted(map(place_of, listed), reverse=True)
    assert {one.last_error for one in listed} == {"HTTP 422"}
    assert {one.destination for one in pages(engine, dead_page, to="crm")} == {"crm"}
