"""Which queues the settings name, and what the doctor says of each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from call_handlers.people_line.watch import Watched
from carriers.queue import QueueState, QueueUnknown
from hotline.bootstrap import Services
from hotline.doctor.check import Check
from hotline.doctor.serving_checks import queues
from hotline.queues import watched_queues
from hotline.settings import Settings, load_settings
from tests.fixtures.ami import SECRET, FakeAmi, fake_ami
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.twilio_api import ACCOUNT, TOKEN, TwilioApi, running_twilio_api

TWILIO = {
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "HOTLINE_TWILIO__PUBLIC_URL": "https://940.example.sa",
}


@pytest.fixture
def ami() -> Iterator[FakeAmi]:
    """An Asterisk's manager interface."""
    with fake_ami() as made:
        yield made


@pytest.fixture
def twilio() -> Iterator[TwilioApi]:
    """An account behind a local API."""
    with running_twilio_api() as api:
        yield api


def settings_of(folder: Path, **given: str) -> Settings:
    """Settings with a state folder of the test's own, and no embedded Asterisk."""
    places = {"HOTLINE_STATE_DIR": str(folder / "state"), "HOTLINE_CACHE_DIR": str(folder)}
    return load_settings(places | given)


def known(queue: Watched) -> QueueState | str:
    """Its state, or why there is none."""
    try:
        return queue.queue.ask()
    except QueueUnknown as error:
        return str(error)
    finally:
        queue.queue.leave()


def test_nothing_is_asked_where_nothing_is_named(tmp_path: Path) -> None:
    """A number that is dialled has no queue; and no secret is made for nobody."""
    assert watched_queues(settings_of(tmp_path)) == []
    number = settings_of(tmp_path, **TWILIO, HOTLINE_TWILIO__OPERATORS="+966126140940")
    assert watched_queues(number) == []
    assert not (tmp_path / "state").exists()


def test_each_asterisk_and_twilio_are_asked(
    ami: FakeAmi, twilio: TwilioApi, tmp_path: Path
) -> None:
    """Each by its name; one that is away takes nothing from the others."""
    ami.waits, twilio.queues = [4], {"operators": [9, 3]}
    away = free_tcp_port()
    settings = settings_of(
        tmp_path,
        **TWILIO,
        HOTLINE_TWILIO__API_URL=twilio.url,
        HOTLINE_AMI__HOSTS=f"127.0.0.1,127.0.0.1:{away}",
        HOTLINE_AMI__PORT=str(ami.port),
        HOTLINE_AMI__SECRET=SECRET,
    )
    assert {one.name: known(one) for one in watched_queues(settings)} == {
        "Asterisk 127.0.0.1": QueueState(1, 4),
        f"Asterisk 127.0.0.1:{away}": "it cannot be reached",
        "Twilio": QueueState(2, 9),
    }


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"HOTLINE_TWILIO__OPERATORS": f"workflow:WW{'0' * 32}"}, "TaskRouter"),
        ({"TWILIO_ACCOUNT_SID": ""}, "HOTLINE_TWILIO__ACCOUNT_SID is not set"),
        ({"HOTLINE_TWILIO__API_URL": "http://api.example.sa"}, "https://"),
    ],
)
def test_a_queue_at_twilio_that_cannot_be_asked_says_why(
    tmp_path: Path, changes: dict[str, str], why: str
) -> None:
    """It is there, and not known: callers may well wait in it."""
    (queue,) = watched_queues(settings_of(tmp_path, **(TWILIO | changes)))
    assert why in str(known(queue))


def test_a_secret_that_cannot_be_read_stops_nothing(tmp_path: Path) -> None:
    """The console starts, and says that it does not know."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state/ami.secret").mkdir()
    (queue,) = watched_queues(settings_of(tmp_path, HOTLINE_AMI__HOSTS="10.0.0.7"))
    assert "ami.secret: is a directory" in str(known(queue))


def checked(settings: Settings) -> list[Check]:
    """What the doctor says."""
    return list(queues(Services(settings)))


def test_the_doctor_asks_each_once_and_warns(ami: FakeAmi, tmp_path: Path) -> None:
    """No operator's line hangs on it: it never fails."""
    named = {"HOTLINE_AMI__HOSTS": f"127.0.0.1:{ami.port}", "HOTLINE_AMI__SECRET": SECRET}
    (well,) = checked(settings_of(tmp_path, **named))
    assert (well.passed, well.warns) == (True, False)
    assert "answers: 0 wait" in well.found
    ami.secret = "another"
    (ill,) = checked(settings_of(tmp_path, **named))
    assert (ill.passed, ill.warns) == (True, True)
    assert "it refuses Login" in ill.found
    (unasked,) = checked(settings_of(tmp_path))
    assert (unasked.passed, unasked.warns) == (True, False)
