"""Who waits at a real Asterisk, as its manager interface tells it and the console shows it."""

import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from call_handlers.people_line.watch import QueueWatch, Watched
from carriers.ami import AmiAccess, AmiQueue
from carriers.queue import Operators, QueueState, QueueUnknown
from console.house import House
from embedded.asterisk.instance import AsteriskInstance
from embedded.asterisk.manager import FILE, ManagerAccess
from tests.fixtures.asterisk import CONFIG, NewCaller, NewTelephone, running_asterisk
from tests.fixtures.console import console_app, console_house, somebody
from tests.fixtures.processes import free_tcp_port, wait_until
from tests.fixtures.record import Clock
from tests.fixtures.tickets import database_url, engine
from tests.integration.asterisk.test_dialplan import OPERATOR, answered, messages, wait_tone
from tests.integration.console.test_today_waiting import figures, live

__all__ = ["database_url", "engine"]

pytestmark = pytest.mark.asterisk

SECRET = "secret-of-the-tests"
SILENT = {"OPERATORS": "Local/silent@hotline-lab", "OPERATORS_WAIT": "60"}
WAITING_MUSIC = 392


@pytest.fixture
def house(engine: sa.Engine, redis_url: str) -> Iterator[House]:
    """What a console stands on."""
    with console_house(engine, redis_url, Clock()) as made:
        yield made


@pytest.fixture(scope="module")
def opened() -> Iterator[AsteriskInstance]:
    """An Asterisk whose manager interface is open, and whose operators let it ring."""
    access = ManagerAccess(free_tcp_port(), "hotline", SECRET)
    with running_asterisk(globals=SILENT, access=access) as asterisk:
        yield asterisk


def queue_of(asterisk: AsteriskInstance, secret: str = SECRET) -> AmiQueue:
    """What asks it."""
    assert asterisk.layout.access is not None
    access = AmiAccess("127.0.0.1", asterisk.layout.access.port, "hotline", secret)
    return AmiQueue(access, "operators", seconds=5.0)


def test_the_page_says_one_while_a_caller_waits_and_none_after(
    opened: AsteriskInstance,
    new_caller: NewCaller,
    house: House,
    request: pytest.FixtureRequest,
) -> None:
    """Of operators nothing is said: the queue rings the dialplan, which is always free."""
    watch = QueueWatch([Watched("Asterisk", queue_of(opened), 0.05)])
    request.addfinalizer(watch.close)
    told = replace(house, waiting=watch.look)
    browser = somebody(console_app(told), told, "operator")
    browser.post("/preferences/language", language="en")

    def shown() -> str:
        return figures(live(browser))["Waiting in the queue"]

    wait_until(lambda: shown() == "0")
    caller = new_caller(opened)
    answered(caller)
    wait_tone(caller, WAITING_MUSIC)
    wait_until(lambda: shown() == "1")
    assert "second" in figures(live(browser))["Longest wait"]
    assert "Operators free" not in figures(live(browser))
    caller.hang_up()
    wait_until(lambda: shown() == "0")


def test_a_user_without_rights_learns_who_waits_and_can_do_little_else(
    opened: AsteriskInstance,
) -> None:
    """No command, no call, no reading of the configuration."""
    queue = queue_of(opened)
    assert queue.ask() == QueueState(0)
    assert queue._open is not None
    for action in ("Command", "Originate", "GetConfig", "Redirect", "CoreShowChannels", "Hangup"):
        with pytest.raises(QueueUnknown, match=f"it refuses {action}"):
            queue._open.events(action, time.monotonic() + 5)
    queue.leave()
    path = opened.places.outside(f"{opened.places.etc}/{FILE}")
    assert path.stat().st_mode & 0o077 == 0
    assert SECRET not in opened.log_file.read_text()


def test_a_wrong_secret_is_refused(opened: AsteriskInstance) -> None:
    """After the second that Asterisk takes for it."""
    with pytest.raises(QueueUnknown) as told:
        queue_of(opened, "another-secret-of-them").ask()
    assert told.value.refused


def test_it_listens_to_this_machine_alone(opened: AsteriskInstance) -> None:
    """And is off where nobody asks for it."""
    assert opened.layout.access is not None
    port = opened.layout.access.port
    assert f"127.0.0.1:{port}" in opened.rx("manager show settings")
    with running_asterisk() as shut:
        enabled = shut.rx("manager show settings").partition("Manager (AMI):")[2].split()[0]
        assert enabled == "No"
        assert (CONFIG / FILE).read_text() == shut.places.outside(
            f"{shut.places.etc}/{FILE}"
        ).read_text()


def test_no_call_notices_one_who_asks_and_hangs(new_caller: NewCaller) -> None:
    """Half a sign-in, and an answer that nobody reads: callers reach an operator all the same."""
    access = ManagerAccess(free_tcp_port(), "hotline", SECRET)
    with (
        running_asterisk(globals={"LAB_SECONDS": "60"}, access=access) as asterisk,
        socket.create_connection(("127.0.0.1", access.port)) as half,
    ):
        half.sendall(b"Action: Challenge\r\nAuthType: MD5\r\n")
        queue = queue_of(asterisk)
        queue.ask()
        assert queue._open is not None
        for _ in range(2000):
            queue._open._sent("QueueStatus", {"Queue": "operators"})
        caller = new_caller(asterisk)
        answered(caller)
        wait_tone(caller, OPERATOR)
        queue.leave()


def test_a_taken_port_costs_the_figure_and_no_call(new_caller: NewCaller) -> None:
    """Asterisk says so, and starts."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        access = ManagerAccess(taken.getsockname()[1], "hotline", SECRET)
        with running_asterisk(access=access) as asterisk:
            (told,) = messages(asterisk, "ERROR")
            assert "Unable to bind AMI server" in told
            caller = new_caller(asterisk)
            answered(caller)
            wait_tone(caller, OPERATOR)


def test_telephones_of_the_queue_itself_are_counted(
    new_telephone: NewTelephone, new_caller: NewCaller, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Where hotline_operators.conf names them: one of two is free while the other talks."""
    config = tmp_path_factory.mktemp("config")
    for path in CONFIG.iterdir():
        if path.is_file():
            (config / path.name).write_text(path.read_text())
    (config / "lab").mkdir()
    (config / "lab/hotline_lab.conf").write_text((CONFIG / "lab/hotline_lab.conf").read_text())
    members = "member => PJSIP/operator-1\nmember => PJSIP/operator-9\n"
    (config / "hotline_operators.conf").write_text(members)
    telephone = new_telephone("operator-1")
    access = ManagerAccess(free_tcp_port(), "hotline", SECRET)
    with running_asterisk(
        config=config, telephones={"operator-1": telephone.address}, access=access
    ) as asterisk:
        queue = queue_of(asterisk)
        assert queue.ask().operators == Operators(1, 1)  # nobody has the other telephone
        caller = new_caller(asterisk)
        answered(caller)
        wait_until(lambda: queue.ask() == QueueState(0, None, Operators(1, 0)))
        queue.leave()
