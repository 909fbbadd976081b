"""What a caller does as they hang up is told twice: whoever takes the call up leads it alone."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
import redis

from call_handlers.desk import CallDesk
from call_handlers.sessions import SESSION_TTL_S
from call_handlers.sweep import sweep_once
from tests.fixtures.calls import House
from tests.fixtures.twilio import CALL_ID, TwilioClient, web_app
from tests.integration.twilio.test_last_words import (
    CASES,
    Key,
    called,
    essence,
    kept,
    to_confirm,
    to_operators_with_a_report,
)
from tickets.model import NewTicket, Ticket

_SENT = {"Digits": "1"}
_ANSWERED = {"QueueResult": "bridged"}


def withdrawing(house: House, first: Callable[[], object]) -> CallDesk:
    """A desk that does something before it takes a ticket back."""
    desk = house.desk()

    def withdraw(reference: str) -> bool:
        first()
        return desk.withdraw(reference)

    return replace(desk, withdraw=withdraw)


def send(house: House, action: str, key: Key, desk: CallDesk | None = None) -> None:
    """Tell another process what the caller did last."""
    other = TwilioClient(web_app(desk or house.desk()))
    assert other.post(action, CallStatus="completed", **key).status_code == 200


def ended(house: House, lead: Callable[[TwilioClient], None]) -> str:
    """A call whose end was told before what its caller did there; where that is told."""
    caller = TwilioClient(web_app(house.desk()))
    lead(caller)
    action = caller.action
    caller.status("completed")
    return action


@pytest.mark.parametrize("case", ["an operator has answered", "the report is sent"])
def test_it_costs_no_ticket(case: str, houses: Callable[[], House]) -> None:
    """The second comes while the first takes back what the end had made."""
    expected = called(houses(), case, "ae")
    lead, key = CASES[case]
    house = houses()
    action = ended(house, lead)
    send(house, action, key, withdrawing(house, lambda: send(house, action, key)))
    assert essence(kept(house)) == essence(expected)


def test_the_effect_runs_once(houses: Callable[[], House]) -> None:
    """Though the call ends in the midst of the second: nobody runs it again and again."""
    house = houses()
    action = ended(house, to_confirm)
    opened: list[str] = []
    made, over = threading.Event(), threading.Event()

    def open_ticket(new: NewTicket, now: datetime) -> Ticket:
        opened.append(new.origin)
        if len(opened) > 20:
            raise KeyboardInterrupt
        ticket = house.open_ticket(new, now)
        made.set()
        assert over.wait(10)
        return ticket

    def second() -> None:
        send(house, action, _SENT, house.desk(opener=open_ticket))

    thread = threading.Thread(target=second)

    def meanwhile() -> None:
        thread.start()
        made.wait(2)  # in vain, where one process alone leads such a call

    send(house, action, _SENT, withdrawing(house, meanwhile))
    over.set()
    thread.join(20)
    assert len(opened) <= 1
    assert kept(house)["disposition"] == "completed"


def test_a_connection_that_is_told_late_is_swept_like_any_other_turn(
    houses: Callable[[], House],
) -> None:
    """Its process died: the caller is gone, nobody is in talk; and its events are kept as long."""

    def dies() -> None:
        raise KeyboardInterrupt

    house = houses()
    action = ended(house, to_operators_with_a_report)
    with pytest.raises(KeyboardInterrupt):
        send(house, action, _ANSWERED, withdrawing(house, dies))
    key = f"hotline:call:{CALL_ID}"
    with redis.Redis.from_url(house.redis_url) as client:
        lives = client.ttl(f"{key}:state")
        assert isinstance(lives, int)
        assert client.ttl(f"{key}:events") in (lives - 1, lives)
        house.clock.now += 301
        client.expire(f"{key}:state", SESSION_TTL_S - 301)
    assert sweep_once(house.desk(), house.engine, house.journal).ended == 1
    found = kept(house)
    assert (found["disposition"], found["named"], len(found["tickets"])) == ("transferred", 1, 1)
    assert found["tickets"][0][-1]["transferred_to"] == "operators"
    assert (12, "operator", "hangup", "waiting for operators") in found["events"]


def test_a_call_that_begins_again_after_its_end_is_hung_up(houses: Callable[[], House]) -> None:
    """The process that took it up has died in its effect: what Twilio asks anew has no caller."""

    def dies(*_: object) -> Ticket:
        raise KeyboardInterrupt

    house = houses()
    action = ended(house, to_confirm)
    with pytest.raises(KeyboardInterrupt):
        send(house, action, _SENT, house.desk(opener=dies))
    other = TwilioClient(web_app(house.desk()))
    for again in (other.dial(), other.post(action, CallStatus="completed", **_SENT)):
        assert "<Hangup" in again.text
        assert "<Gather" not in again.text
    assert house.tickets() == []
