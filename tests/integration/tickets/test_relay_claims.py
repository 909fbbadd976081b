"""What the relay claims: once though two look at once, and again as soon as it is due."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
import sqlalchemy as sa
from rq import Queue

from outbox.queue import open_queue
from outbox.relay import RelayPolicy, relay_once, relaying
from outbox.retry import RetryPolicy
from store.database import make_engine
from store.sql import database_now
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.tickets import NOW, deliverer_to, new_ticket
from tickets.lanes import MAIN_QUEUE, delivery_lanes
from tickets.open import open_ticket
from tickets.outbox import list_deliveries
from tickets.schema import deliveries

LANES = delivery_lanes([])
PATIENT = RelayPolicy(requeue_after_s=3600.0)


@pytest.fixture
def queue(redis_url: str) -> Iterator[Queue]:
    """The deliveries queue on an empty Redis."""
    with redis.Redis.from_url(redis_url) as client:
        yield open_queue(client, MAIN_QUEUE)


def test_a_failed_attempt_is_queued_again_as_soon_as_it_is_due(
    engine: sa.Engine, queue: Queue
) -> None:
    """However long a job may wait on the queue: this one was begun."""
    open_ticket(engine, new_ticket(), destinations=["backoffice"], now=NOW)
    assert relay_once(engine, queue.connection, PATIENT, LANES) == 1
    eager = RetryPolicy(base_s=0.000_001, cap_s=0.000_001)
    nowhere = deliverer_to(engine, f"http://127.0.0.1:{free_tcp_port()}/", eager)
    assert nowhere.deliver(list_deliveries(engine)[0].id) == "failed"
    assert relay_once(engine, queue.connection, PATIENT, LANES) == 1


def test_what_two_relays_see_at_once_is_queued_once(
    any_engine: sa.Engine, any_url: str, queue: Queue
) -> None:
    """Between the look of one and its claim the other has queued it."""
    open_ticket(any_engine, new_ticket(), destinations=["backoffice"], now=NOW)
    other = make_engine(any_url)
    queued: list[int] = []

    @sa.event.listens_for(any_engine, "after_cursor_execute")
    def looked(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "ORDER BY" in statement and not queued:
            queued.append(relay_once(other, queue.connection, PATIENT, LANES))

    assert relay_once(any_engine, queue.connection, PATIENT, LANES) == 0
    other.dispose()
    assert (queued, queue.count) == ([1], 1)


def test_the_relay_goes_round_by_itself_as_often_as_its_policy_says(
    engine: sa.Engine, queue: Queue
) -> None:
    """In whatever process has its loop."""
    open_ticket(engine, new_ticket(), destinations=["backoffice"], now=NOW)
    loop = relaying(engine, queue.connection, RelayPolicy(interval_s=7.0), LANES)
    assert (loop.name, loop.every_s) == ("relay", 7.0)
    loop.run()
    assert queue.count == 1


def test_a_queue_is_filled_to_its_last_place(engine: sa.Engine, queue: Queue) -> None:
    """With what has waited longest; each lane as far as it has room."""
    for number in range(3):
        open_ticket(engine, new_ticket(f"call:{number}:1"), destinations=["backoffice"], now=NOW)
    one = RelayPolicy(max_queued=1)
    assert relay_once(engine, queue.connection, one, LANES) == 1
    assert relay_once(engine, queue.connection, one, LANES) == 0
    assert relay_once(engine, queue.connection, RelayPolicy(max_queued=2), LANES) == 1
    assert queue.count == 2


def test_what_has_waited_longest_is_queued_first(any_engine: sa.Engine, queue: Queue) -> None:
    """But what is on a queue already, and late there, comes after what never was on one."""
    waited = {"first": 5, "second": 60, "queued": 90}
    ids: dict[str, str] = {}
    for name, minutes in waited.items():
        new = new_ticket(f"call:{name}:1")
        ticket = open_ticket(any_engine, new, destinations=["backoffice"], now=NOW)
        (row,) = list_deliveries(any_engine, reference=ticket.service_request_id)
        ids[row.id] = name
        with any_engine.begin() as connection:
            due = database_now(connection) - timedelta(minutes=minutes)
            values = {"next_attempt_at": due, "queued_at": due if name == "queued" else None}
            connection.execute(deliveries.update().where(deliveries.c.id == row.id).values(values))
    order = []
    for room in (1, 2, 3):
        policy = RelayPolicy(requeue_after_s=60.0, max_queued=room)
        assert relay_once(any_engine, queue.connection, policy, LANES) == 1
        order.append(ids[queue.jobs[-1].args[0]])
    assert order == ["second", "first", "queued"]
