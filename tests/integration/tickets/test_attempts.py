"""An attempt counts when it begins: whatever cuts it off, limit, back-off and dead letter hold."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from outbox.retry import RetryPolicy
from outbox.work import CUT_OFF
from store.sql import database_now
from tests.fixtures.receivers import ENDLESS, SAID_SO, Answer, receiver
from tests.fixtures.tickets import NOW, SECRET, deliverer_to, new_ticket
from tickets.delivery import Deliverer, settle
from tickets.destination import PushResult
from tickets.destinations.webhook import WebhookDestination
from tickets.lease import Lease, take
from tickets.open import open_ticket
from tickets.outbox import Delivery, list_attempts, list_deliveries
from tickets.put_back import retry_delivery
from tickets.schema import deliveries

EAGER = RetryPolicy(base_s=0.000_001, cap_s=0.000_001, max_attempts=3)
NOWHERE = "http://127.0.0.1:1/tickets"


def only(engine: sa.Engine) -> Delivery:
    """The one delivery there is."""
    (delivery,) = list_deliveries(engine)
    return delivery


def opened(engine: sa.Engine) -> Delivery:
    """A new ticket's delivery."""
    open_ticket(engine, new_ticket(), destinations=["backoffice"], now=NOW)
    return only(engine)


def cut_off(engine: sa.Engine, policy: RetryPolicy = EAGER) -> Lease:
    """An attempt that begins, and whose worker is killed; its lease has run out."""
    lease = take(engine, only(engine).id, policy)
    assert lease is not None
    with engine.begin() as connection:
        moment = database_now(connection) - timedelta(seconds=1)
        connection.execute(deliveries.update().values(lease_until=moment))
    return lease


def test_attempts_that_are_cut_off_end_in_a_dead_letter(any_engine: sa.Engine) -> None:
    """No attempt is made beyond the limit, though none was ever settled; a human sees why."""
    delivery = opened(any_engine)
    assert [cut_off(any_engine).number for _ in range(3)] == [1, 2, 3]
    with receiver(SAID_SO["a body"]) as there:
        deliverer = deliverer_to(any_engine, there.url(), EAGER)
        assert deliverer.deliver(delivery.id) == "dead"
        assert deliverer.deliver(delivery.id) == "skipped"
        assert there.bodies == []
    delivery = only(any_engine)
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("dead", 3, CUT_OFF)
    assert [a.outcome for a in list_attempts(any_engine, delivery.id)] == [None, None, None]


def test_a_destination_is_tried_as_often_as_it_says_itself(engine: sa.Engine) -> None:
    """One that has a policy of its own is given up by it; the house's holds for the others."""
    new = new_ticket()
    open_ticket(engine, new, destinations=["patient", "hasty"], now=NOW)
    once = RetryPolicy(base_s=0.000_001, cap_s=0.000_001, max_attempts=1)
    deliverer = Deliverer(
        engine,
        {
            "patient": WebhookDestination("patient", NOWHERE, lambda: [SECRET]),
            "hasty": WebhookDestination("hasty", NOWHERE, lambda: [SECRET], retry=once),
        },
        EAGER,
    )
    came = {one.destination: deliverer.deliver(one.id) for one in list_deliveries(engine)}
    assert came == {"patient": "failed", "hasty": "dead"}


def test_a_dead_letter_of_cut_off_attempts_can_be_sent_again(engine: sa.Engine) -> None:
    """With the full number of attempts."""
    delivery = opened(engine)
    for _ in range(3):
        cut_off(engine)
    with receiver(SAID_SO["a body"]) as there:
        again = deliverer_to(engine, there.url(), EAGER)
        again.deliver(delivery.id)
        assert retry_delivery(engine, delivery.id)
        assert again.deliver(delivery.id) == "acknowledged"


def test_a_cut_off_attempt_is_repeated_after_its_back_off(any_engine: sa.Engine) -> None:
    """Not as soon as its lease has run out."""
    opened(any_engine)
    cut_off(any_engine, RetryPolicy(base_s=900.0, cap_s=900.0))
    delivery = only(any_engine)
    (attempt,) = list_attempts(any_engine, delivery.id)
    assert delivery.next_attempt_at > attempt.started_at


@pytest.mark.parametrize("answer", ENDLESS.values(), ids=ENDLESS.keys())
def test_a_receiver_that_never_answers_costs_one_attempt(engine: sa.Engine, answer: Answer) -> None:
    """It is over in its time, settled, and repeated."""
    delivery = opened(engine)
    with receiver(answer) as there:
        deliverer = deliverer_to(engine, there.url(), timeout_s=0.5)
        assert deliverer.deliver(delivery.id) == "failed"
    assert only(engine).attempts == 1


@pytest.mark.parametrize("answer", SAID_SO.values(), ids=SAID_SO.keys())
def test_a_receiver_that_says_so_has_the_ticket(engine: sa.Engine, answer: Answer) -> None:
    """Its status came; its own number, which would be in the body, is not waited for."""
    delivery = opened(engine)
    with receiver(answer) as there:
        deliverer = deliverer_to(engine, there.url(), timeout_s=1.0)
        assert deliverer.deliver(delivery.id) == "acknowledged"
        assert len(there.bodies) == 1
    assert only(engine).remote_id is None


def test_a_late_failure_leaves_the_attempt_that_took_over_alone(any_engine: sa.Engine) -> None:
    """Who comes back after its lease has no say: neither on the state nor on the next lease."""
    opened(any_engine)
    late = cut_off(any_engine)
    taken = take(any_engine, late.delivery_id, EAGER)
    assert taken is not None
    with any_engine.connect() as connection:
        before = connection.execute(sa.select(deliveries)).one()
    settle(any_engine, late, PushResult("retry", status=503, error="HTTP 503"))
    with any_engine.connect() as connection:
        assert connection.execute(sa.select(deliveries)).one() == before
    assert before.lease_token == taken.token
    outcomes = [a.outcome for a in list_attempts(any_engine, late.delivery_id)]
    assert outcomes == ["failed", None]


def test_a_late_acknowledgement_counts_whoever_holds_the_lease(any_engine: sa.Engine) -> None:
    """The receiver has the ticket: it is not sent again, and no failure takes that back."""
    opened(any_engine)
    late = cut_off(any_engine)
    taken = take(any_engine, late.delivery_id, EAGER)
    assert taken is not None
    settle(any_engine, late, PushResult("acknowledged", status=201, remote_id="A-1"))
    settle(any_engine, taken, PushResult("retry", status=503, error="HTTP 503"))
    delivery = only(any_engine)
    assert (delivery.state, delivery.remote_id) == ("acknowledged", "A-1")
