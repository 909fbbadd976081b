"""Operators who work with TaskRouter: whom screening puts last is last, and is told no place."""

import pytest

from call_handlers.twilio.transfers import Lines
from tests.fixtures.calls import CALLER, House
from tests.fixtures.twilio import CALL_ID, TwilioClient, rendering, web_app

WORKFLOW = f"WW{'0a' * 16}"


@pytest.fixture
def caller(house: House) -> TwilioClient:
    """A caller of a house whose operators have a workflow."""
    return TwilioClient(
        web_app(house.desk(), rendered=rendering(lines=Lines(f"workflow:{WORKFLOW}")))
    )


def ask_for_an_operator(caller: TwilioClient) -> tuple[str | None, str]:
    """Dial, choose English and press 0: the task's priority, and where its waiting words are."""
    caller.dial()
    caller.press("2", "0")
    (queue,) = caller.twiml.findall("Enqueue")
    (task,) = queue
    return task.get("priority"), str(queue.get("waitUrl"))


def words(caller: TwilioClient, wait: str, **form: str) -> list[str]:
    """The names of what is played while the caller waits."""
    caller.post(wait, **form)
    return [str(e.text).rpartition("/")[2] for e in caller.twiml.findall("Play")]


def test_a_caller_of_low_priority_gets_a_task_of_low_priority(
    house: House, caller: TwilioClient
) -> None:
    """Others come first however long this one waits."""
    house.restrict(CALLER, days=1, disposition="low_priority")
    assert ask_for_an_operator(caller)[0] == "0"
    caller.act(QueueResult="bridged")
    record, _ = house.written(CALL_ID)
    assert (record.disposition, record.verdict) == ("transferred", "low_priority")


def test_everybody_else_gets_a_task_of_high_priority(caller: TwilioClient) -> None:
    """And is told their place while they wait, until they have waited long enough."""
    priority, wait = ask_for_an_operator(caller)
    left = caller.action
    assert priority == "10"
    assert len(words(caller, wait, QueuePosition="3", QueueTime="15")) > 1
    assert caller.verbs == ["Pause"]
    words(caller, wait, QueuePosition="1", QueueTime="301")
    assert caller.verbs == ["Leave"]
    caller.post(left, QueueResult="leave")
    assert caller.verbs == ["Gather"]


def test_who_is_put_last_is_told_no_place_that_others_overtake(
    house: House, caller: TwilioClient
) -> None:
    """Twilio's count is of who came before: the same words, whatever it says."""
    house.restrict(CALLER, days=1, disposition="low_priority")
    _, wait = ask_for_an_operator(caller)
    first = words(caller, wait, QueuePosition="1", QueueTime="15")
    assert first
    assert first == words(caller, wait, QueuePosition="7", QueueTime="30")
    words(caller, wait, QueuePosition="7", QueueTime="301")
    assert caller.verbs == ["Leave"]
