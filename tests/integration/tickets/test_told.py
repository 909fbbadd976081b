"""What is counted and seen of an attempt: under way, acknowledged, given up."""

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY

from outbox.retry import RetryPolicy
from tests.fixtures.receivers import SAID_SO, receiver
from tests.fixtures.tickets import NOW, deliverer_to, new_ticket
from tickets.lease import take
from tickets.open import open_ticket
from tickets.outbox import list_deliveries


def sample(name: str, **labels: str) -> float:
    """One figure of the back office's lane."""
    given = {"destination": "backoffice", **labels}
    return REGISTRY.get_sample_value(name, given) or 0.0


def figures() -> tuple[float, float, float, float]:
    """Acknowledged, dead, given up, and how many took how long."""
    return (
        sample("hotline_delivery_attempts_total", outcome="acknowledged"),
        sample("hotline_delivery_attempts_total", outcome="dead"),
        sample("hotline_deliveries_dead_total"),
        sample("hotline_delivery_seconds_count"),
    )


def test_an_attempt_that_is_under_way_is_seen(engine: sa.Engine) -> None:
    """Its delivery is `sent`, with one attempt."""
    open_ticket(engine, new_ticket(), destinations=["backoffice"], now=NOW)
    (row,) = list_deliveries(engine)
    assert take(engine, row.id, RetryPolicy()) is not None
    (row,) = list_deliveries(engine)
    assert (row.state, row.attempts) == ("sent", 1)


@pytest.mark.parametrize(("acknowledged", "grown"), [(True, (1, 0, 0, 1)), (False, (0, 1, 1, 0))])
def test_what_came_of_it_is_counted_by_its_destination(
    engine: sa.Engine, acknowledged: bool, grown: tuple[int, ...]
) -> None:
    """How many reach it and how soon; a dead letter calls somebody."""
    open_ticket(engine, new_ticket(), destinations=["backoffice"], now=NOW)
    (row,) = list_deliveries(engine)
    before = figures()
    once = RetryPolicy(max_attempts=1)
    with receiver(SAID_SO["a body"]) as there:
        url = there.url() if acknowledged else "http://127.0.0.1:1/"
        deliverer_to(engine, url, once, timeout_s=1.0).deliver(row.id)
    assert tuple(now - then for now, then in zip(figures(), before, strict=True)) == grown
