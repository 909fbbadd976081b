"""What is told twice, or to two processes, counts once."""

import pytest

from tests.fixtures.calls import FailingSessions, House
from tests.fixtures.twilio import CALL_ID, TwilioClient, web_app


@pytest.mark.parametrize("by_another", [False, True])
@pytest.mark.parametrize("told", [{"QueueResult": "bridged"}, {"DialCallStatus": "completed"}])
def test_a_transfer_that_was_answered_is_not_made_again(
    house: House, told: dict[str, str], by_another: bool
) -> None:
    """Twilio asks again when our reply was lost: the caller is not put into the queue once more."""
    caller = TwilioClient(web_app(house.desk()))
    caller.dial()
    caller.press("1", "0")
    outcome = caller.action
    caller.post(outcome, **told)
    if by_another:
        caller = TwilioClient(web_app(house.desk()))
    caller.post(outcome, **told)
    assert caller.verbs == ["Hangup"]


def test_of_a_turn_that_one_process_could_not_store_the_stored_one_counts(house: House) -> None:
    """Another process was asked again for it and has stored its own: no event is written twice."""
    lost = FailingSessions(house.sessions(), lambda doing, turn: (doing, turn) == ("save", 2))
    caller = TwilioClient(web_app(house.desk(lost)))
    caller.dial()
    first = caller.action
    caller.press("1")
    TwilioClient(web_app(house.desk())).post(first, Digits="1")
    caller.press("1")
    caller.status("completed")
    _, events = house.written(CALL_ID)
    assert [(event.turn, event.kind, event.input) for event in events[:2]] == [
        (1, "digits", "1"),
        (2, "digits", "1"),
    ]
