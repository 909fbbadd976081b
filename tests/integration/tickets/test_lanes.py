"""One slow lane holds up no other; a lane that does not come back ends its worker."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis
import sqlalchemy as sa

from outbox.queue import open_queue
from outbox.relay import RelayPolicy, relay_once
from tests.fixtures.receivers import receiver, silence
from tests.fixtures.tickets import (
    NOW,
    SECRET,
    Backoffice,
    new_ticket,
    python_process,
    wait_until,
)
from tickets.lanes import delivery_lanes
from tickets.mobile import SMS
from tickets.open import BACKOFFICE, open_ticket
from tickets.outbox import list_deliveries

TICKETS = 12
PLENTY = RelayPolicy(lease_s=62.0)

_WORKER = """
import sys, threading
from zoneinfo import ZoneInfo
import redis
from store.database import make_engine
from tests.fixtures.sms import TEXTS
from tickets.delivery import Deliverer
from tickets.destinations.gateways import HttpSms
from tickets.lanes import delivery_lanes
from outbox.retry import RetryPolicy
from tickets.destinations.sms import SmsDestination, load_sms_texts
from tickets.destinations.webhook import WebhookDestination
from outbox.worker import run_worker
from tickets.jobs import job_table
database_url, redis_url, office, gateway, secret, stuck_s = sys.argv[1:7]
sms = HttpSms(gateway, '{"a": "{to}{text}"}', timeout_s=60.0)
destinations = {
    "sms": SmsDestination(sms, load_sms_texts(TEXTS), ZoneInfo("Asia/Riyadh")),
    "backoffice": WebhookDestination("backoffice", office, lambda: [secret], timeout_s=5.0),
}
deliverer = Deliverer(make_engine(database_url), destinations, RetryPolicy(lease_s=62.0))
lanes = [lane.name for lane in delivery_lanes(destinations)] + ["recordings"]
hang = {"hang": lambda _row: threading.Event().wait()}
functions = {**job_table(deliverer), **hang}
run_worker(redis.Redis.from_url(redis_url), functions, lanes, stuck_s=float(stuck_s))
"""


@contextmanager
def worker(
    url: str, redis_url: str, office: str, gateway: str, stuck_s: str = "90"
) -> Iterator[subprocess.Popen[str]]:
    """A worker of every lane."""
    arguments = (url, redis_url, office, gateway, SECRET, stuck_s)
    with python_process(_WORKER, *arguments) as process:
        yield process


def states(engine: sa.Engine, destination: str) -> set[str]:
    """What its deliveries are."""
    return {row.state for row in list_deliveries(engine, destination=destination)}


def test_a_gateway_that_hangs_holds_up_no_ticket(
    engine: sa.Engine, database_url: str, redis_url: str, backoffice: Backoffice
) -> None:
    """Messages, queued first, wait for it for a minute; the office has its tickets meanwhile.

    So it does while a recording is fetched that never ends.
    """
    for number in range(TICKETS):
        new = new_ticket(f"call:{number}:1")
        open_ticket(engine, new, destinations=[SMS, BACKOFFICE], now=NOW)
    with receiver(silence) as gateway, redis.Redis.from_url(redis_url) as client:
        open_queue(client, "recordings").enqueue_call("hang", ("row",), timeout=60)
        sms, main = delivery_lanes([SMS, BACKOFFICE])[::-1]
        relay_once(engine, client, PLENTY, [sms])
        office = f"{backoffice.url}/tickets"
        with worker(database_url, redis_url, office, gateway.url()):
            wait_until(lambda: gateway.bodies, "a message is under way")
            relay_once(engine, client, PLENTY, [main])
            wait_until(lambda: states(engine, BACKOFFICE) == {"acknowledged"}, "the office has all")
            assert len(gateway.bodies) == 1
            assert "acknowledged" not in states(engine, SMS)
    assert len(backoffice.tickets()) == TICKETS


def test_a_job_that_does_not_come_back_ends_its_worker(database_url: str, redis_url: str) -> None:
    """With a status that says so: whoever watches it starts it again."""
    with redis.Redis.from_url(redis_url) as client:
        open_queue(client, "recordings").enqueue_call("hang", ("row",), timeout=60)
        with worker(database_url, redis_url, "http://127.0.0.1:1/", "http://x/", "1") as process:
            assert process.wait(timeout=30) == 1


@pytest.mark.parametrize(
    ("destinations", "names"),
    [
        (["backoffice"], ["deliveries"]),
        (["sms", "backoffice"], ["deliveries", "deliveries-sms"]),
        (["backoffice", "a", "b"], ["deliveries", "deliveries-a", "deliveries-b"]),
    ],
)
def test_each_destination_has_a_lane(destinations: list[str], names: list[str]) -> None:
    """The back office's keeps the name that workers of earlier releases know."""
    assert [lane.name for lane in delivery_lanes(destinations)] == names


def test_what_has_no_destination_any_more_is_on_the_main_lane(
    engine: sa.Engine, redis_url: str
) -> None:
    """A worker says so there; it waits for nobody."""
    open_ticket(engine, new_ticket(), destinations=["gone", SMS], now=NOW)
    with redis.Redis.from_url(redis_url) as client:
        assert relay_once(engine, client, PLENTY, delivery_lanes([BACKOFFICE, SMS])) == 2
        (job,) = open_queue(client, "deliveries").jobs
    (gone,) = list_deliveries(engine, destination="gone")
    assert job.args == [gone.id]
