"""What happened to a ticket is told to each destination in its order, and to each by itself."""

import pytest
import redis
import sqlalchemy as sa

from outbox.queue import open_queue
from outbox.relay import RelayPolicy, relay_once
from tests.fixtures.scripted_destination import AWAY, TAKEN, Office
from tests.fixtures.tickets import NOW
from tickets.destination import PushResult
from tickets.lanes import delivery_lanes
from tickets.model import OPENED, UPDATED
from tickets.put_back import retry_delivery
from tickets.routing import Route, Routes
from tickets.update import update_ticket

REFUSED = PushResult("refused", 422, "refused")


def versions(office: Office, name: str) -> list[int]:
    """The versions that it was told of, in the order in which it was."""
    return [message.version for message in office.to[name].sent]


def test_a_later_version_waits_for_the_one_before(any_engine: sa.Engine) -> None:
    """However often it is tried meanwhile; another destination waits for nobody."""
    office = Office(any_engine, crm=[AWAY, TAKEN], mail=[TAKEN])
    ticket = office.open()
    assert office.deliver() == {"crm": ["failed"], "mail": ["acknowledged"]}
    office.change(ticket, satisfaction=4)
    assert office.deliver() == {"crm": ["skipped", "skipped"], "mail": ["acknowledged"]}
    first, second = office.rows("crm")
    retry_delivery(any_engine, first.id)
    assert office.deliver(lambda row: row.id == second.id) == {"crm": ["skipped"]}
    assert office.deliver(lambda row: row.id == first.id) == {"crm": ["acknowledged"]}
    assert office.deliver() == {"crm": ["acknowledged"]}
    assert (versions(office, "crm"), versions(office, "mail")) == ([1, 1, 2], [1, 2])


def test_versions_go_out_in_order_whoever_is_tried_first(any_engine: sa.Engine) -> None:
    """Newest first on the queue, oldest first at the destination; ids are each version's own."""
    office = Office(any_engine, crm=[TAKEN])
    ticket = office.open()
    for rating in (1, 2, 3):
        office.change(ticket, satisfaction=rating)
    for _ in range(4):
        office.deliver()
    assert versions(office, "crm") == [1, 2, 3, 4]
    key = ticket.idempotency_key
    ids = [message.id for message in office.to["crm"].sent]
    assert ids == [key, f"{key}-v2", f"{key}-v3", f"{key}-v4"]


def test_a_version_that_was_given_up_holds_no_other(any_engine: sa.Engine) -> None:
    """The whole ticket is in each of them."""
    office = Office(any_engine, crm=[REFUSED, TAKEN])
    office.change(office.open(), satisfaction=5)
    outcomes = [office.deliver()["crm"] for _ in range(2)]
    assert outcomes == [["skipped", "dead"], ["acknowledged"]]
    assert office.to["crm"].sent[1].ticket.satisfaction == 5


def test_the_relay_queues_the_first_version_alone(any_engine: sa.Engine, redis_url: str) -> None:
    """A place on the queue is for what can be sent."""
    office = Office(any_engine, crm=[TAKEN])
    office.change(office.open(), satisfaction=5)
    with redis.Redis.from_url(redis_url) as client:
        lanes = delivery_lanes(["crm"])
        assert relay_once(any_engine, client, RelayPolicy(), lanes) == 1
        (job,) = open_queue(client, "deliveries-crm").get_jobs()
    assert job.args == [office.rows("crm")[0].id]


def test_a_change_is_sent_with_the_number_by_which_the_destination_has_the_ticket(
    any_engine: sa.Engine,
) -> None:
    """Each destination's own."""
    other = PushResult("acknowledged", 200, remote_id="Z/9")
    office = Office(
        any_engine, crm=[TAKEN], office=[other], silent=[PushResult("acknowledged", 204)]
    )
    office.change(office.open(), satisfaction=5)
    for _ in range(2):
        office.deliver()
    numbers = {name: one.sent[1].remote_id for name, one in office.to.items()}
    assert numbers == {"crm": "A-1", "office": "Z/9", "silent": None}


@pytest.mark.parametrize("before", [0, 1, 3])
def test_an_attempt_knows_whether_one_before_may_have_arrived(
    any_engine: sa.Engine, before: int
) -> None:
    """And since when, so that who can be asked is asked."""
    office = Office(any_engine, crm=[*[AWAY] * before, TAKEN])
    office.open()
    for _ in range(before):
        office.deliver()
        retry_delivery(any_engine, office.rows("crm")[0].id)
    office.deliver()
    message = office.to["crm"].sent[-1]
    assert message.repeated == (before > 0)
    assert (message.first_sent_at is None) == (before == 0)


def test_a_destination_that_was_never_told_of_a_ticket_is_told_first_that_it_is_there(
    any_engine: sa.Engine,
) -> None:
    """By the ticket as it is now, once: it was added after the ticket was opened."""
    office = Office(any_engine, crm=[TAKEN], added=[TAKEN])
    ticket = office.open("crm")
    routes = Routes((Route("crm"), Route("added")))
    for rating in (4, 5):
        update_ticket(
            any_engine,
            ticket.service_request_id,
            lambda _ticket, rating=rating: {"satisfaction": rating},  # type: ignore[misc]  # bound
            destinations=routes.after,
            now=NOW,
        )
        for _ in range(2):
            office.deliver()
    told = {
        name: [(one.event, one.version, one.ticket.satisfaction) for one in there.sent]
        for name, there in office.to.items()
    }
    assert told == {
        "crm": [(OPENED, 1, 4), (UPDATED, 2, 4), (UPDATED, 3, 5)],
        "added": [(OPENED, 1, 4), (UPDATED, 3, 5)],
    }
    assert office.to["added"].sent[0].id == ticket.idempotency_key
    assert office.to["added"].sent[1].remote_id == "A-1"
