"""A bad receiver loses and doubles no ticket, holds no worker beyond its time, and delays no other.

With the relay, RQ, and a lane for each destination, on each database.
"""

import json
import ssl
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa

from carriers.trust import trusting
from lab.own_lanes import own_lanes
from outbox.relay import RelayPolicy
from outbox.schedule import Schedule
from tests.fixtures.mail import make_certificates
from tests.fixtures.receivers import BAD, Answer, Receiver, receiver, takes
from tests.fixtures.tickets import SECRET, new_ticket, wait_until
from tickets.delivery import Deliverer
from tickets.destinations.acknowledgement import parse_acknowledgement
from tickets.destinations.webhook import WebhookDestination
from tickets.open import open_ticket
from tickets.outbox import Delivery, list_attempts, list_deliveries

NAMES = ("bad", "good")
TIMEOUT_S = 0.7
TICKETS = 6


@contextmanager
def house(
    engine: sa.Engine,
    redis_url: str,
    bad: Receiver,
    good: Receiver,
    tls: ssl.SSLContext | None = None,
) -> Iterator[None]:
    """Relay and lanes in threads."""
    wanted = parse_acknowledgement("id")
    to = {
        name: WebhookDestination(name, one.url(), lambda: [SECRET], TIMEOUT_S, wanted, tls=tls)
        for name, one in zip(NAMES, (bad, good), strict=True)
    }
    retry = Schedule((0.0,) + (0.2,) * 60, lease_s=3.0)
    policy = RelayPolicy(interval_s=0.05, lease_s=3.0)
    with (
        redis.Redis.from_url(redis_url) as client,
        own_lanes(engine, client, to, retry, policy),
    ):
        yield


def rows(engine: sa.Engine, name: str) -> list[Delivery]:
    """The deliveries to one of them."""
    return list_deliveries(engine, destination=name, limit=1000)


def keys(there: Receiver) -> Counter[str]:
    """How often each ticket came."""
    return Counter(json.loads(body)["data"]["idempotency_key"] for body in there.bodies)


def open_tickets(engine: sa.Engine) -> set[str]:
    """Their keys."""
    now = datetime.now(UTC)
    tickets = [
        open_ticket(engine, new_ticket(f"call:{n}:1"), destinations=NAMES, now=now)
        for n in range(TICKETS)
    ]
    return {ticket.idempotency_key for ticket in tickets}


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD.keys())
def test_a_bad_receiver_loses_nothing_and_holds_nobody_else(
    any_engine: sa.Engine, redis_url: str, answer: Answer
) -> None:
    """The other has all while it is bad; once it is mended it has each ticket, once by its key."""
    with receiver(answer) as bad, receiver(takes) as good, house(any_engine, redis_url, bad, good):
        opened = open_tickets(any_engine)
        wait_until(
            lambda: {row.state for row in rows(any_engine, "good")} == {"acknowledged"},
            "the good one has all",
        )
        wait_until(lambda: bad.bodies, "the bad one was asked")
        assert "acknowledged" not in {row.state for row in rows(any_engine, "bad")}
        bad.answer = takes
        wait_until(
            lambda: {row.state for row in rows(any_engine, "bad")} == {"acknowledged"},
            "the mended one has all",
            seconds=60,
        )
        assert set(keys(bad)) == opened
        assert keys(good) == Counter(opened)
        longest = max(
            (one.ended_at - one.started_at).total_seconds()
            for row in rows(any_engine, "bad")
            for one in list_attempts(any_engine, row.id)
            if one.ended_at is not None
        )
        assert longest < 3.0, "no attempt outlives its lease"


def test_a_wrong_certificate_hears_no_ticket_and_holds_nobody_else(
    any_engine: sa.Engine, redis_url: str, tmp_path: Path
) -> None:
    """Whoever sits between the two is told nothing; with the right one each ticket comes once."""
    (tmp_path / "other").mkdir()
    right = make_certificates(tmp_path, "IP:127.0.0.1")
    other = make_certificates(tmp_path / "other", "IP:127.0.0.1")
    with receiver(takes) as bad, receiver(takes) as good:
        bad.tls, good.tls = other.server, right.server
        with house(any_engine, redis_url, bad, good, trusting(right.authority)):
            opened = open_tickets(any_engine)
            wait_until(
                lambda: {row.state for row in rows(any_engine, "good")} == {"acknowledged"},
                "the good one has all",
            )
            wait_until(
                lambda: any(row.last_error for row in rows(any_engine, "bad")), "it was tried"
            )
            assert bad.bodies == []
            bad.tls = right.server
            wait_until(
                lambda: {row.state for row in rows(any_engine, "bad")} == {"acknowledged"},
                "the mended one has all",
                seconds=60,
            )
            assert keys(bad) == keys(good) == Counter(opened)


def test_a_body_of_a_gigabyte_is_not_taken_into_memory(engine: sa.Engine) -> None:
    """It is read to a limit, and the connection closed."""
    wanted = parse_acknowledgement("id")
    with receiver(BAD["1 GB"]) as there:
        office = WebhookDestination("bad", there.url(), lambda: [SECRET], 5.0, wanted)
        open_ticket(engine, new_ticket(), destinations=["bad"], now=datetime.now(UTC))
        deliverer = Deliverer(engine, {"bad": office}, Schedule(lease_s=14.0))
        tracemalloc.start()
        try:
            assert deliverer.deliver(rows(engine, "bad")[0].id) == "failed"
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < 8_000_000
        assert there.sent_bytes < 16_000_000
