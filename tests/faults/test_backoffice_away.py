"""The back office is away: the caller hears the number all the same, and nothing is given up."""

from collections.abc import Callable

from hotline.settings import Settings
from lab.callers.fake_asterisk import FakeAsterisk
from tests.fixtures.processes import wait_until
from tests.fixtures.reporter import Ear, Reporter, place
from tests.fixtures.whole_stack import QUICK, parts_of, with_redis
from tickets.outbox import count_by_state, list_attempts, list_deliveries
from tickets.put_back import retry_delivery


def test_a_ticket_waits_for_the_back_office(
    settings: Callable[..., Settings], redis_url: str, ear: Ear
) -> None:
    """Refused time after time, with every attempt written down; once it is back, delivered once."""
    with parts_of(settings(**with_redis(redis_url))) as parts:
        parts.start("agi-1", "agi-2", "relay", "worker-1")
        caller = Reporter(ear)
        call_id, lived = place(FakeAsterisk(parts.agi), caller)
        (ticket,) = parts.tickets(call_id)
        assert set(caller.references) == {ticket.service_request_id}
        assert lived.done == "hangup"
        wait_until(lambda: list_deliveries(parts.engine)[0].attempts >= 3, 30, "three attempts")
        parts.start("backoffice")
        parts.wait_delivered(1)
        (received,) = parts.received()
        assert received["idempotency_key"] == ticket.idempotency_key
        (delivery,) = list_deliveries(parts.engine)
        attempts = list_attempts(parts.engine, delivery.id)
        assert [a.outcome for a in attempts] == ["failed"] * (len(attempts) - 1) + ["acknowledged"]


def test_after_the_last_attempt_it_is_a_dead_letter_that_an_admin_can_send_again(
    settings: Callable[..., Settings], redis_url: str, ear: Ear
) -> None:
    """Two attempts allowed, two made; the ticket stays, and goes out when it is put back."""
    twice = QUICK.model_copy(update={"schedule": (0.0, 0.2)})
    with parts_of(settings(deliveries=twice, **with_redis(redis_url))) as parts:
        parts.start("agi-1", "agi-2", "relay", "worker-1")
        call_id, _ = place(FakeAsterisk(parts.agi), Reporter(ear))
        wait_until(lambda: count_by_state(parts.engine) == {"dead": 1}, 30, "a dead letter")
        (delivery,) = list_deliveries(parts.engine)
        assert delivery.attempts == 2
        assert len(parts.tickets(call_id)) == 1
        parts.start("backoffice")
        retry_delivery(parts.engine, delivery.id)
        parts.wait_delivered(1)
        assert len(parts.received()) == 1
