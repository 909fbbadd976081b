"""A policy is tried on the recorded calls, and then switched on, from its page."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from console.house import House
from people.audit import history
from people.fields import Change
from people.permissions import PERMISSIONS
from people.person import ACCOUNT_ROLES
from store.sql import reading
from tests.fixtures.console import (
    POLICY_FILE,
    Browser,
    FakeRoles,
    console_app,
    console_house,
    somebody,
)
from tests.fixtures.record import Clock

PAGE = "/blocklist/policy"
OTHER = ("{calls: 14, within: 60m}", "{calls: 15, within: 60m}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The policy of a test's own."""
    path = tmp_path / "config" / "screening.yaml"
    path.parent.mkdir()
    path.write_text(POLICY_FILE.read_text(encoding="utf-8"), encoding="utf-8")
    path.chmod(0o640)
    return path


@pytest.fixture
def roles() -> FakeRoles:
    """Those that go by it."""
    return FakeRoles()


@pytest.fixture
def house(
    engine: sa.Engine, redis_url: str, clock: Clock, file: Path, roles: FakeRoles
) -> Iterator[House]:
    """A house that goes by that file."""
    with console_house(engine, redis_url, clock) as made:
        yield replace(made, policy_file=file, roles=roles)


@pytest.fixture
def app(house: House) -> Flask:
    """Its console."""
    return console_app(house)


def another(file: Path) -> str:
    """The policy with one limit changed."""
    text = file.read_text(encoding="utf-8")
    assert OTHER[0] in text
    return text.replace(*OTHER)


def tried(browser: Browser, text: str) -> int:
    """Try it on the recorded calls; the status of the answer."""
    browser.get(PAGE)
    return browser.post(f"{PAGE}/replay", policy=text, days="30").status_code


def switched(browser: Browser, text: str) -> Any:
    """Switch it on, with lines ended as browsers end them."""
    return browser.post(f"{PAGE}/switch-on", policy=text.replace("\n", "\r\n"))


def changes(house: House) -> list[Change]:
    """What the audit says of the policy."""
    with reading(house.engine) as connection:
        return history(connection, action="policy_changed")


def test_a_policy_that_was_tried_is_switched_on(
    house: House, app: Flask, file: Path, roles: FakeRoles
) -> None:
    """The file is another, with its mode; the roles are told; who and what stand in the audit."""
    browser, new = somebody(app, house, "manager", "Huda"), another(file)
    assert tried(browser, new) == 200
    assert f'action="{PAGE}/switch-on"' in browser.page
    answer = switched(browser, new)
    assert answer.status_code == 302
    assert file.read_text(encoding="utf-8") == new
    assert file.stat().st_mode & 0o777 == 0o640
    assert roles.told == 1
    (line,) = changes(house)
    assert (line.who, line.role) == ("Huda", "manager")
    assert [one.strip() for one in line.details["lines"] if "calls: 15" in one]
    assert line.details["before"]["sum"] != line.details["after"]["sum"]
    assert line.details["genuine_touched"] == 0
    assert "تفحص بها المكالمة التالية" in browser.follow(answer).text
    assert [path.name for path in file.parent.iterdir()] == ["screening.yaml"]


def test_what_nobody_tried_is_not_switched_on(
    house: House, app: Flask, file: Path, roles: FakeRoles
) -> None:
    """Nor another text than the one that was tried, nor the same one twice."""
    browser, before, new = somebody(app, house, "manager"), file.read_text(), another(file)
    browser.get(PAGE)
    assert switched(browser, new).status_code == 409
    assert tried(browser, new) == 200
    assert switched(browser, new.replace("15, within", "16, within")).status_code == 409
    assert file.read_text() == before
    assert switched(browser, new).status_code == 302
    browser.get(PAGE)
    assert switched(browser, new).status_code == 409
    assert roles.told == 1
    assert len(changes(house)) == 1


def test_a_policy_that_was_changed_meanwhile_is_not_written_over(
    house: House, app: Flask, file: Path
) -> None:
    """By a colleague, or by hand: what was shown was a comparison with another one."""
    browser, new = somebody(app, house, "manager"), another(file)
    tried(browser, new)
    by_hand = file.read_text().replace("{calls: 14, within: 60m}", "{calls: 13, within: 60m}")
    file.write_text(by_hand)
    assert switched(browser, new).status_code == 409
    assert file.read_text() == by_hand
    assert changes(house) == []


def test_whoever_was_quicker_is_not_written_over(
    house: House, app: Flask, file: Path, roles: FakeRoles
) -> None:
    """Also at the last moment, while the other files were looked at."""
    browser, new = somebody(app, house, "manager"), another(file)
    by_hand = file.read_text().replace(OTHER[0], "{calls: 13, within: 60m}")
    tried(browser, new)
    roles.meanwhile = lambda: file.write_text(by_hand)
    assert switched(browser, new).status_code == 409
    assert file.read_text() == by_hand
    assert changes(house) == []
    assert roles.told == 0


def test_without_its_line_in_the_audit_no_policy_is_there(
    house: House, app: Flask, file: Path, roles: FakeRoles
) -> None:
    """The database may go away at the very end: then the file is as it was, with its mode."""
    browser, before, new = somebody(app, house, "manager"), file.read_text(), another(file)
    tried(browser, new)

    def broken(_connection: sa.Connection) -> None:
        if file.read_text() == new:
            raise sa.exc.OperationalError("COMMIT", {}, OSError("gone"))

    sa.event.listen(house.engine, "commit", broken)
    assert switched(browser, new).status_code == 503
    assert file.read_text() == before
    assert file.stat().st_mode & 0o777 == 0o640
    assert roles.told == 0


def test_a_link_to_the_file_stays_a_link(house: House, app: Flask, file: Path) -> None:
    """The city's own version control has the file, and sees the change."""
    real = file.parent.parent / "ours.yaml"
    file.rename(real)
    file.symlink_to(real)
    browser, new = somebody(app, house, "manager"), another(file)
    tried(browser, new)
    assert switched(browser, new).status_code == 302
    assert file.is_symlink()
    assert real.read_text() == new


def test_mistakes_in_other_files_stand_in_the_way(
    house: House, app: Flask, file: Path, roles: FakeRoles
) -> None:
    """No role would take it up: so nothing is written."""
    browser, before, new = somebody(app, house, "manager"), file.read_text(), another(file)
    tried(browser, new)
    roles.faults = ("services.yaml:3: services: is <wrong>",)
    answer = switched(browser, new)
    assert answer.status_code == 409
    assert "services.yaml:3: services: is &lt;wrong&gt;" in answer.text
    assert file.read_text() == before


def test_roles_that_do_not_take_it_up_are_named(
    house: House, app: Flask, file: Path, roles: FakeRoles
) -> None:
    """Whoever switches it on is not told that calls are screened by it."""
    browser = somebody(app, house, "manager")
    for answers, told in ((("agi", False), ("web", True)), "agi"), ((), "لا يعمل أي جزء"):
        roles.answers = answers
        new = another(file) if told == "agi" else file.read_text().replace("15, w", "16, w")
        tried(browser, new)
        page = browser.follow(switched(browser, new)).text
        assert told in page
        assert "تفحص بها المكالمة التالية" not in page


def test_where_the_console_may_not_write_it_the_page_says_how_it_is_done(
    house: House, app: Flask, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no button then; a request without it changes nothing, and the audit neither."""
    browser, before, new = somebody(app, house, "manager"), file.read_text(), another(file)
    monkeypatch.setattr("console.policies.os.access", lambda *_: False)
    tried(browser, new)
    assert "switch-on" not in browser.page
    assert "hotline reload" in browser.page

    def refused(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("console.policies.replace_file", refused)
    assert switched(browser, new).status_code == 503
    assert file.read_text() == before
    assert changes(house) == []


@pytest.mark.parametrize("role", ACCOUNT_ROLES)
def test_only_managers_switch_it_on(house: House, app: Flask, file: Path, role: Any) -> None:
    """Everybody may read and try one."""
    browser, before, new = somebody(app, house, role), file.read_text(), another(file)
    assert tried(browser, new) == 200
    allowed = role in PERMISSIONS["policy.change"]
    assert ("switch-on" in browser.page) == allowed
    assert switched(browser, new).status_code == (302 if allowed else 403)
    assert (file.read_text() == new) == allowed
    assert (file.read_text() == before) != allowed
