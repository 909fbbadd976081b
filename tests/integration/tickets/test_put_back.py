"""What an admin puts back is due at once; what a person may have read already is known."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from store.sql import database_now
from tests.fixtures.tickets import NOW, new_ticket
from tickets.lease import UNSURE
from tickets.mobile import SMS
from tickets.open import BACKOFFICE, open_ticket
from tickets.outbox import list_deliveries
from tickets.put_back import may_have_gone_out, retry_delivery
from tickets.schema import deliveries, delivery_attempts


@pytest.mark.parametrize("state", ["dead", "failed"])
def test_what_is_put_back_is_due_and_queued_at_once(any_engine: sa.Engine, state: str) -> None:
    """Whatever it was waiting for, and though it is on the queue: with all its attempts again."""
    open_ticket(any_engine, new_ticket(), destinations=[BACKOFFICE], now=NOW)
    with any_engine.begin() as connection:
        now = database_now(connection)
        later = now + timedelta(minutes=50)
        values = {"state": state, "attempts": 7, "next_attempt_at": later, "queued_at": now}
        connection.execute(deliveries.update().values(values))
    (row,) = list_deliveries(any_engine)
    assert retry_delivery(any_engine, row.id)
    with any_engine.connect() as connection:
        back = connection.execute(sa.select(deliveries)).one()
        assert back.next_attempt_at <= database_now(connection)
    assert (back.state, back.queued_at) == ("pending", None)
    assert (back.attempts, back.attempts_before_retry) == (7, 7)


@pytest.mark.parametrize("state", ["pending", "sent", "acknowledged"])
def test_what_is_under_way_or_done_is_not_put_back(engine: sa.Engine, state: str) -> None:
    """It would be sent twice."""
    open_ticket(engine, new_ticket(), destinations=[BACKOFFICE], now=NOW)
    with engine.begin() as connection:
        connection.execute(deliveries.update().values(state=state))
    (row,) = list_deliveries(engine)
    assert not retry_delivery(engine, row.id)
    assert not retry_delivery(engine, "unknown")
    assert list_deliveries(engine) == [row]


def test_a_message_may_have_gone_out_while_an_attempt_at_it_has_no_known_end(
    any_engine: sa.Engine,
) -> None:
    """Given up, to a person, and cut off or without an answer: no other is worth a warning."""
    cases = {
        "cut off": (SMS, "dead", None),
        "no answer": (SMS, "dead", UNSURE),
        "refused": (SMS, "dead", "dead"),
        "under way": (SMS, "sent", None),
        "to a machine": (BACKOFFICE, "dead", None),
    }
    ids: dict[str, str] = {}
    for name, (destination, state, outcome) in cases.items():
        new = new_ticket(f"call:{name}:1")
        ticket = open_ticket(any_engine, new, destinations=[destination], now=NOW)
        reference = ticket.service_request_id
        (row,) = list_deliveries(any_engine, reference=reference)
        ids[row.id] = name
        begun = {"delivery_id": row.id, "number": 1, "started_at": NOW, "outcome": outcome}
        with any_engine.begin() as connection:
            this = deliveries.c.id == row.id
            connection.execute(deliveries.update().where(this).values(state=state))
            connection.execute(delivery_attempts.insert(), begun)
    assert {ids[one] for one in may_have_gone_out(any_engine)} == {"cut off", "no answer"}
