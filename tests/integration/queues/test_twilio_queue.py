"""The queue at Twilio, asked over HTTP of a server that answers as its API does."""

from collections.abc import Iterator

import pytest
from werkzeug import Request, Response

from carriers.queue import QueueState, QueueUnknown
from carriers.twilio_account import TwilioAccount
from carriers.twilio_queue import TwilioQueue
from tests.fixtures.swallowing import swallowing
from tests.fixtures.twilio_api import ACCOUNT, TOKEN, TwilioApi, error, running_twilio_api

_FIRST = ("GET", f"/2010-04-01/Accounts/{ACCOUNT}/Queues.json")


@pytest.fixture
def twilio() -> Iterator[TwilioApi]:
    """An account behind a local API."""
    with running_twilio_api() as api:
        yield api


def queue_at(url: str, token: str = TOKEN) -> TwilioQueue:
    """What asks of `operators`."""
    return TwilioQueue(TwilioAccount(ACCOUNT, token, url), "operators", seconds=1.0)


def test_who_waits_and_for_how_long_the_first(twilio: TwilioApi) -> None:
    """In the queue of this name, and no other."""
    twilio.queues = {"sales": [600], "operators": [31, 4], "operators 2": [1]}
    assert queue_at(twilio.url).ask() == QueueState(2, 31)


@pytest.mark.parametrize("queues", [{}, {"operators": []}, {"sales": [3]}])
def test_nobody_waits_and_one_request_says_so(
    twilio: TwilioApi, queues: dict[str, list[int]]
) -> None:
    """A queue that is not there yet is one in which nobody has ever waited."""
    twilio.queues = queues
    assert queue_at(twilio.url).ask() == QueueState(0)
    assert twilio.requests == [_FIRST]


def test_a_first_caller_who_has_just_left_has_no_wait(twilio: TwilioApi) -> None:
    """Between the two requests: nothing is made up."""
    twilio.queues = {"operators": [31]}

    def gone(_request: Request) -> None:
        twilio.next_answer = lambda _front: error(404, 20404, "not found")

    twilio.next_answer = gone
    assert queue_at(twilio.url).ask() == QueueState(1, None)


def test_a_wrong_token_is_refused(twilio: TwilioApi) -> None:
    """Asking again at once would change nothing; nothing of it is told."""
    with pytest.raises(QueueUnknown) as told:
        queue_at(twilio.url, "another-token").ask()
    assert told.value.refused
    assert "another-token" not in str(told.value)


@pytest.mark.parametrize(
    "answer",
    [
        Response(status=503),
        Response("<html>", content_type="text/html"),
        Response("[]"),
        Response('{"queues": {}}'),
        Response('{"queues": [{"friendly_name": "operators", "current_size": "many"}]}'),
        Response(
            '{"queues": [{"friendly_name": "operators", "current_size": 1, "sid": "../../x"}]}'
        ),
        Response('{"queues": [], "next_page_uri": "/more"}'),
    ],
)
def test_an_answer_that_is_none_is_not_nobody(twilio: TwilioApi, answer: Response) -> None:
    """It is not known, and no address is made of what it says."""
    twilio.next_answer = lambda _request: answer
    with pytest.raises(QueueUnknown):
        queue_at(twilio.url).ask()
    assert twilio.requests == [_FIRST]


def test_who_does_not_answer_is_given_up_in_time() -> None:
    """As any other server."""
    with swallowing() as address, pytest.raises(QueueUnknown):
        queue_at(f"http://{address}").ask()
