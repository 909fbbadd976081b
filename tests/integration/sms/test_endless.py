"""A gateway that never ends its answer: a citizen gets the message a few times, then no more."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from hotline.main import cli
from hotline.settings import load_settings
from outbox.retry import RetryPolicy
from store.sql import database_now
from tests.fixtures.receivers import ENDLESS, SAID_SO, Answer, Receiver, hang_up, receiver
from tests.fixtures.recordings import account
from tests.fixtures.sms import delivery, messages_by, opened, texting
from tickets.destinations.acknowledgement import parse_acknowledgement
from tickets.destinations.gateways import HttpSms, TwilioSms
from tickets.destinations.sms import SmsSender
from tickets.lease import take
from tickets.outbox import list_attempts
from tickets.schema import deliveries

Made = Callable[[Receiver, float], SmsSender]


def by_http(there: Receiver, seconds: float = 0.5) -> SmsSender:
    """Any gateway."""
    return HttpSms(there.url(), '{"a": "{to}{text}"}', timeout_s=seconds)


def by_twilio(there: Receiver, seconds: float = 0.5) -> SmsSender:
    """Twilio."""
    return TwilioSms(account(f"http://127.0.0.1:{there.port}", seconds), "Jeddah940")


def due(engine: sa.Engine) -> None:
    """End every lease and every wait."""
    with engine.begin() as connection:
        now = database_now(connection)
        connection.execute(deliveries.update().values(lease_until=None, next_attempt_at=now))


UNKNOWN = ENDLESS | {"hang up": hang_up}
EACH = pytest.mark.parametrize(
    ("gateway", "answer"),
    [*((by_http, answer) for answer in UNKNOWN.values()), (by_twilio, UNKNOWN["headers"])],
    ids=[*UNKNOWN, "twilio"],
)


@EACH
def test_without_an_answer_a_message_is_sent_at_most_as_often_as_allowed(
    engine: sa.Engine, gateway: Made, answer: Answer
) -> None:
    """Then a human looks; nothing is sent behind their back."""
    found = opened(engine)
    with receiver(answer) as there:
        deliverer = texting(engine, gateway(there, 0.5), attempts=2)
        outcomes = [deliverer.deliver(found.id) for _ in range(4)]
        assert len(there.bodies) == 2
    assert outcomes == ["failed", "dead", "skipped", "skipped"]
    assert [a.outcome for a in list_attempts(engine, found.id)] == ["unsure", "unsure"]


@pytest.mark.parametrize("gateway", [by_http, by_twilio], ids=["http", "twilio"])
@pytest.mark.parametrize("answer", SAID_SO.values(), ids=SAID_SO.keys())
def test_a_gateway_that_says_so_has_the_message(
    engine: sa.Engine, gateway: Made, answer: Answer
) -> None:
    """By its status: it is sent once, whatever becomes of the body."""
    found = opened(engine)
    with receiver(answer) as there:
        deliverer = texting(engine, gateway(there, 1.0))
        assert deliverer.deliver(found.id) == "acknowledged"
        assert deliverer.deliver(found.id) == "skipped"
        assert len(there.bodies) == 1


@pytest.mark.parametrize("answer", SAID_SO.values(), ids=SAID_SO.keys())
def test_a_body_that_is_asked_for_and_never_ends_leaves_it_open(
    engine: sa.Engine, answer: Answer
) -> None:
    """Whether the message has gone out: it counts as one that may have."""
    found = opened(engine)
    with receiver(answer) as there:
        wanted = parse_acknowledgement("id")
        gateway = HttpSms(there.url(), '{"a": "{to}{text}"}', timeout_s=0.5, acknowledgement=wanted)
        deliverer = texting(engine, gateway, attempts=60)
        assert deliverer.deliver(found.id) == "failed"
    assert [a.outcome for a in list_attempts(engine, found.id)] == ["unsure"]


def test_a_message_that_may_have_gone_out_is_sent_three_times_at_most(engine: sa.Engine) -> None:
    """However many attempts are allowed to a gateway that says no, or is not there."""
    found = opened(engine)
    with receiver(hang_up) as there:
        deliverer = texting(engine, by_http(there), attempts=60)
        outcomes = [deliverer.deliver(found.id) for _ in range(4)]
        assert len(there.bodies) == 3
    assert outcomes == ["failed", "failed", "dead", "skipped"]
    assert delivery(engine).attempts == 3


def test_nobody_sends_a_message_again_by_the_way_that_may_have_gone_out(
    engine: sa.Engine, database_url: str, tmp_path: Path
) -> None:
    """Whoever brings back all that was given up names such a message, or leaves it."""
    settings = load_settings({"HOTLINE_STATE_DIR": str(tmp_path), "DATABASE_URL": database_url})

    def retry(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["deliveries", "retry", *arguments], obj=settings)

    found = opened(engine)
    with receiver(hang_up) as there:
        deliverer = texting(engine, by_http(there), attempts=1)
        assert deliverer.deliver(found.id) == "dead"
    assert "it may have gone out" in str(delivery(engine).last_error)
    result = retry("--all-dead")
    assert (result.exit_code, result.stdout) == (0, "0 put back\n")
    assert "1 messages may have gone out" in result.stderr
    assert delivery(engine).state == "dead"
    assert retry(found.id).stdout == "1 put back\n"
    assert delivery(engine).state == "pending"


def test_a_message_whose_worker_was_killed_may_have_gone_out(engine: sa.Engine) -> None:
    """It counts as such, and is not repeated as soon as the lease has run out."""
    found = opened(engine)
    patient = RetryPolicy(max_attempts=60)
    people = messages_by(HttpSms("http://127.0.0.1:9/", '{"to": "{to}", "text": "{text}"}'))
    for number in (1, 2, 3):
        due(engine)
        lease = take(engine, found.id, patient, people)
        assert lease is not None
        assert (lease.left, lease.number) == (True, number)
    due(engine)
    with receiver(hang_up) as there:
        deliverer = texting(engine, by_http(there), attempts=60)
        assert deliverer.deliver(found.id) == "dead"
        assert there.bodies == []


def test_a_gateway_that_is_away_may_be_asked_as_often_as_allowed(engine: sa.Engine) -> None:
    """Nothing has left: no citizen has read anything."""
    found = opened(engine)
    gateway = HttpSms("http://127.0.0.1:1/", '{"a": "{to}{text}"}')
    deliverer = texting(engine, gateway, attempts=9)
    outcomes = [deliverer.deliver(found.id) for _ in range(9)]
    assert outcomes == ["failed"] * 8 + ["dead"]
