"""`hotline doctor --role`: what one role needs, on a machine that has no other."""

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from pytest_httpserver import HTTPServer
from werkzeug.http import http_date
from werkzeug.wrappers import Response

from agi_scripts.scripts import ping
from agi_scripts.server import FastAgiServer
from host.life import Life
from hotline.bootstrap import Services, ensure_folders
from hotline.doctor.check import Check
from hotline.doctor.roles import ROLES, all_checks
from hotline.environment import SettingsWrong
from hotline.settings import load_settings
from store.migrations import upgrade
from tests.fixtures.house import house_of
from tests.fixtures.processes import free_tcp_port
from tickets.spare import filling

SECRET = "whsec_" + "A" * 32


@pytest.fixture
def given(redis_url: str, tmp_path: Path, httpserver: HTTPServer) -> dict[str, str]:
    """The environment of a machine in a row of them: stores and a back office elsewhere."""
    httpserver.expect_request("/healthz").respond_with_data("ok")
    return {
        "HOTLINE_STATE_DIR": str(tmp_path / "state"),
        "HOME": os.environ["HOME"],
        "REDIS_URL": redis_url,
        "HOTLINE_BACKOFFICE__URL": httpserver.url_for("/tickets"),
        "HOTLINE_BACKOFFICE__SECRETS": SECRET,
        "HOTLINE_DISK__ALERT_PERCENT": "100",
    }


@pytest.fixture
def services(given: dict[str, str]) -> Iterator[Services]:
    """Its house, with tables."""
    made = house_of(load_settings(given))
    ensure_folders(made.settings)
    upgrade(made.engine())
    yield made
    made.close()


def failed(services: Services, *roles: str) -> set[str]:
    """The names of what is missing."""
    return {check.name for check in all_checks(services, roles) if not check.passed}


def found(services: Services, name: str, *roles: str) -> list[Check]:
    """What is said by that name."""
    return [check for check in all_checks(services, roles) if check.name == name]


@pytest.mark.parametrize("role", ["worker", "relay"])
def test_a_machine_that_delivers_needs_no_asterisk(services: Services, role: str) -> None:
    """Nor a FastAGI server, nor the web, nor a menu; but the role itself."""
    assert failed(services, role) == {role}
    services.reserve.fill()
    with closing(Life(role, services.settings.state_dir, {})):
        assert failed(services, role) == set()
    names = {check.name for check in all_checks(services, [role])}
    assert not names & {"flow", "fastagi", "asterisk", "twilio", "web"}


def test_a_machine_that_leads_calls_needs_no_back_office(given: dict[str, str]) -> None:
    """It asks its own ports, and no Asterisk."""
    server = FastAgiServer("127.0.0.1", 0, {"ping": ping})
    server.start()
    given = {**given, "HOTLINE_AGI__PORTS": str(server.port)}
    given["HOTLINE_BACKOFFICE__URL"] = "http://127.0.0.1:1/tickets"
    services = house_of(load_settings(given))
    try:
        upgrade(services.engine())
        assert failed(services, "agi") == set()
        server.stop()
        assert failed(services, "agi") == {"fastagi"}
    finally:
        server.stop()
        services.close()


def test_the_web_is_asked_where_it_should_be(given: dict[str, str]) -> None:
    """By its own port."""
    services = house_of(load_settings({**given, "HOTLINE_WEB__PORT": str(free_tcp_port())}))
    try:
        upgrade(services.engine())
        assert failed(services, "web") == {"web"}
    finally:
        services.close()


def test_a_worker_needs_secrets_that_others_have_too(given: dict[str, str]) -> None:
    """Each machine would make one of its own, and the office would refuse all but one's tickets."""
    services = house_of(load_settings({**given, "HOTLINE_BACKOFFICE__SECRETS": ""}))
    try:
        upgrade(services.engine())
        (check,) = found(services, "signing secrets", "worker")
        assert not check.passed
        assert "HOTLINE_BACKOFFICE__SECRETS_FILE" in check.mend
        assert found(services, "signing secrets") == []  # of the whole stack it is the only one
    finally:
        services.close()
    with pytest.raises(SettingsWrong):
        load_settings({**given, "HOTLINE_BACKOFFICE__SECRETS": "hello"})


def test_a_clock_that_is_wrong_is_told(services: Services, httpserver: HTTPServer) -> None:
    """Leases and sessions are told by the stores' clock, and signatures by the office's."""
    clock, office = ("clock of redis", "relay"), ("clock of the back office", "worker")
    assert [check.passed for check in found(services, *clock)] == [True]
    assert [check.passed for check in found(services, *office)] == [True]
    truly = http_date(datetime.now(UTC))
    httpserver.clear()
    httpserver.expect_request("/healthz").respond_with_data("ok", headers={"Date": truly})
    with time_machine.travel(timedelta(minutes=-4)):
        (check,) = found(services, *clock)
        assert (check.passed, "ahead of ours" in check.found) == (False, True)
        (check,) = found(services, *office)
        assert (check.passed, "ahead of ours" in check.found) == (False, True)


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_office_that_only_takes_tickets_and_tells_no_time_is_no_fault(
    services: Services, httpserver: HTTPServer, status: int
) -> None:
    """The header is not everybody's; nor is an answer to a question that is no ticket."""
    httpserver.clear()

    def answer(_request: object) -> Response:
        return Response("no", status=status, headers={"Date": "yesterday"})

    httpserver.expect_request("/healthz").respond_with_handler(answer)
    httpserver.expect_request("/tickets").respond_with_handler(answer)
    assert [check.passed for check in found(services, "back office", "worker")] == [True]
    assert found(services, "clock of the back office", "worker") == []


def test_a_folder_that_we_may_not_enter_is_told(given: dict[str, str], tmp_path: Path) -> None:
    """The relay would leave every recording where it is."""
    spool = tmp_path / "spool"
    spool.touch(mode=0o600)  # root may do everything but enter what is no folder
    services = house_of(load_settings({**given, "HOTLINE_AGI__RECORDINGS_PREFIX": str(spool)}))
    try:
        assert not found(services, "recordings are fetched", "relay")[0].passed
        assert not found(services, "recordings are listened to", "agi")[0].passed
    finally:
        services.close()


def test_a_secret_that_others_may_read_is_told(given: dict[str, str], tmp_path: Path) -> None:
    """In the folder of an installation."""
    secrets = tmp_path / "940" / "secrets"
    secrets.mkdir(parents=True)
    kept = secrets / "backoffice"
    kept.write_text(SECRET)
    kept.chmod(0o600)
    services = house_of(load_settings({**given, "HOTLINE_HOME": str(tmp_path / "940")}))
    try:
        assert [check.passed for check in found(services, "secrets", "worker")] == [True]
        kept.chmod(0o640)
        (check,) = found(services, "secrets", "worker")
        assert (check.passed, "backoffice open to others" in check.found) == (False, True)
    finally:
        services.close()


def test_every_role_can_be_asked_for() -> None:
    """Those that an installation starts."""
    assert ROLES == ("agi", "web", "console", "worker", "relay")


@pytest.mark.parametrize("role", ["agi", "web"])
def test_who_leads_calls_is_told_how_many_numbers_there_are(services: Services, role: str) -> None:
    """For callers with the database away; few are a warning, and a file that is none a fault."""
    name = "spare reference numbers"
    (none,) = found(services, name, role)
    assert (none.passed, none.warns, none.found) == (True, True, "0 of 1000")
    filling(services.call_engine, services.spare).run()
    services.spare.take()
    (full,) = found(services, name, role)
    assert (full.passed, full.warns, full.found) == (True, False, "999 of 1000")
    path = services.settings.state_dir / "spare-references"
    path.unlink()
    path.mkdir()
    (broken,) = found(services, name, role)
    assert not broken.passed
    assert str(path) in broken.found
    assert found(services, name, "relay") == []
