"""Receivers that never come to an end, and workers killed while they wait: each attempt is counted.

With the real roles, as in the field: what a citizen gets, and how often, is counted at the gateway.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from hotline.setting_groups import SmsSettings, TwilioSettings
from hotline.settings import Settings
from recordings.register import note_recording, recordings_of
from tests.fixtures.processes import wait_until
from tests.fixtures.receivers import ENDLESS, SAID_SO, Answer, Receiver, receiver, silence
from tests.fixtures.recordings import CALL, SID
from tests.fixtures.tickets import new_ticket
from tests.fixtures.twilio_api import ACCOUNT, TOKEN
from tests.fixtures.whole_stack import QUICK, Parts, parts_of, with_redis
from tickets.mobile import SMS
from tickets.outbox import Delivery, list_deliveries

pytestmark = pytest.mark.nightly

ATTEMPTS = 3
THRICE = QUICK.model_copy(update={"attempts": ATTEMPTS})
SECONDS = 90.0


@contextmanager
def telling(
    settings: Callable[..., Settings], redis_url: str, gateway: Receiver, **changes: Any
) -> Iterator[Parts]:
    """Relay and worker, and a report whose caller is to be told through `gateway`."""
    sms = SmsSettings(gateway="http", url=gateway.url(), timeout_seconds=1.0)
    fields = {"deliveries": THRICE, "sms": sms, **with_redis(redis_url), **changes}
    with parts_of(settings(**fields)) as parts:
        parts.views.open_ticket()(new_ticket(), datetime.now(UTC))
        parts.start("relay", "worker-1")
        yield parts


def message(parts: Parts) -> Delivery:
    """The one on its way."""
    (found,) = list_deliveries(parts.engine, destination=SMS)
    return found


def ended(parts: Parts) -> bool:
    """Whether nothing more is done about it."""
    return message(parts).state in ("acknowledged", "dead")


def wait_asked(there: Receiver, times: int) -> None:
    """Until it has been sent so many requests."""
    wait_until(lambda: len(there.bodies) == times, SECONDS, f"{times} requests")


@pytest.mark.parametrize("answer", (ENDLESS | SAID_SO).values(), ids=(ENDLESS | SAID_SO).keys())
def test_a_citizen_gets_no_message_beyond_the_allowed_ones(
    settings: Callable[..., Settings], redis_url: str, answer: Answer
) -> None:
    """Once where the gateway has said that it has it; else as often as allowed, never again."""
    with receiver(answer) as gateway, telling(settings, redis_url, gateway) as parts:
        wait_until(lambda: ended(parts), SECONDS, "the message is settled")
        said_so = answer in SAID_SO.values()
        assert message(parts).state == ("acknowledged" if said_so else "dead")
        assert len(gateway.bodies) == (1 if said_so else ATTEMPTS)


@pytest.mark.parametrize("stopped", [False, True], ids=["killed", "stopped until its lease ends"])
def test_a_citizen_whose_workers_die_gets_no_message_beyond_the_allowed_ones(
    settings: Callable[..., Settings], redis_url: str, stopped: bool
) -> None:
    """Each worker sends the message, and is gone before it hears whether it was taken."""
    with receiver(silence) as gateway, telling(settings, redis_url, gateway) as parts:
        for number in range(1, ATTEMPTS + 1):
            wait_asked(gateway, number)
            if stopped:
                pid = parts.pid("worker-1")
                os.kill(pid, signal.SIGSTOP)
                wait_until(lambda: lease_over(parts), SECONDS, "its lease ends")
                os.kill(pid, signal.SIGCONT)
            else:
                parts.kill("worker-1")
                parts.spawn("worker-1")
        wait_until(lambda: ended(parts), SECONDS, "the message is settled")
        assert (message(parts).state, len(gateway.bodies)) == ("dead", ATTEMPTS)


def lease_over(parts: Parts) -> bool:
    """Whether another may take the message."""
    until = message(parts).lease_until
    return until is None or until <= datetime.now(UTC)


def test_a_recording_whose_workers_die_is_asked_for_as_often_as_allowed(
    settings: Callable[..., Settings], redis_url: str
) -> None:
    """Each is killed while it waits for the sound."""
    deliveries = THRICE.model_copy(update={"lease_seconds": 12.5})
    with receiver(silence) as twilio:
        account = TwilioSettings(
            account_sid=ACCOUNT,
            auth_token=SecretStr(TOKEN),
            api_url=f"http://127.0.0.1:{twilio.port}",
        )
        made = settings(deliveries=deliveries, twilio=account, **with_redis(redis_url))
        with parts_of(made) as parts:
            now = datetime.now(UTC)
            note_recording(parts.engine, call_id=CALL, turn=7, recording_sid=SID, now=now)
            parts.start("relay", "worker-1")
            for number in range(1, ATTEMPTS + 1):
                wait_asked(twilio, number)
                parts.kill("worker-1")
                parts.spawn("worker-1")
            wait_until(
                lambda: recordings_of(parts.engine, CALL)[0].state == "dead", SECONDS, "given up"
            )
            assert len(twilio.bodies) == ATTEMPTS
