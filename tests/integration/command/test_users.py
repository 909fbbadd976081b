"""`hotline users`, and the first admin of `hotline serve`."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from hotline.bootstrap import Services
from hotline.cli.serve import first_admin_link
from hotline.cli.users import users_group
from hotline.settings import Settings
from people.accounts import standing
from people.invitations import accept_invitation
from store.sql import reading
from tests.fixtures.house import house_of
from tests.fixtures.tickets import database_url

__all__ = ["database_url"]
EMAIL = "sara@jeddah.gov.sa"


@pytest.fixture
def services(database_url: str, tmp_path: Path) -> Iterator[Services]:
    """The house on an empty database."""
    made = house_of(
        Settings(
            database_url=SecretStr(database_url),
            state_dir=tmp_path,
            sounds_dir=tmp_path / "sounds",
        )
    )
    yield made
    made.close()


def run(services: Services, *arguments: str) -> Result:
    """`hotline users`."""
    return CliRunner().invoke(users_group, arguments, obj=services)


def accept(services: Services, link: str) -> str | None:
    """Open a link and set a password; the name of its account, None where it opens nothing."""
    text = link.strip().rpartition("/")[2]
    now = datetime.now(UTC)
    account = accept_invitation(services.engine(), text, "hash", now=now, origin="")
    return None if account is None else account.name


def test_an_account_is_made_listed_changed_and_disabled(services: Services) -> None:
    """The first line is the link alone, to be handed on; the list never has it."""
    made = run(services, "add", "Sara", "--email", EMAIL, "--role", "supervisor")
    assert made.exit_code == 0, made.output
    link = made.stdout.splitlines()[0]
    assert link.startswith("http://127.0.0.1:8942/welcome/")
    assert accept(services, link) == "Sara"
    assert accept(services, link) is None
    assert run(services, "role", EMAIL, "manager").exit_code == 0
    assert run(services, "disable", EMAIL).exit_code == 0
    (listed,) = json.loads(run(services, "list", "--json").stdout)
    assert (listed["email"], listed["role"]) == (EMAIL, "manager")
    assert listed["disabled_at"] is not None
    assert link.rpartition("/")[2] not in run(services, "list", "--json").stdout
    assert run(services, "enable", EMAIL).exit_code == 0


def test_what_is_wrong_is_refused_with_its_mend(services: Services) -> None:
    """2 for what the person can mend, 1 for what is not there."""
    assert run(services, "add", "Sara", "--email", "x", "--role", "admin").exit_code == 2
    for command in (("invite",), ("disable",), ("reset-second-factor",)):
        gone = run(services, *command, "nobody@jeddah.gov.sa")
        assert gone.exit_code == 1
        assert "no such account" in gone.output


def test_a_new_link_is_for_who_forgot_and_ends_the_one_before(services: Services) -> None:
    """Only the newest opens anything."""
    first = run(services, "add", "Sara", "--email", EMAIL, "--role", "admin").stdout.splitlines()[0]
    second = run(services, "invite", EMAIL).stdout.splitlines()[0]
    assert accept(services, first) is None
    assert accept(services, second) == "Sara"


def test_serve_offers_the_first_admin_until_somebody_can_sign_in(services: Services) -> None:
    """Each start makes a new link, and none once a password is set."""
    first, second = first_admin_link(services), first_admin_link(services)
    assert first is not None
    assert second is not None
    assert accept(services, first) is None
    assert accept(services, second) == "admin"
    assert first_admin_link(services) is None
    with reading(services.engine()) as connection:
        found = standing(connection, email="admin@jeddah.gov.sa")
    assert found is not None
    assert found.account.role == "admin"
