"""The API beside the console's pages, with tokens that the command makes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from hotline.bootstrap import Services
from hotline.cli.token import token_group
from hotline.console.wiring import make_console
from hotline.settings import Settings
from tests.fixtures.house import house_of


@pytest.fixture
def services(redis_url: str, database_url: str, tmp_path: Path) -> Iterator[Services]:
    """The house on an empty database and an empty Redis."""
    made = house_of(
        Settings(
            redis_url=SecretStr(redis_url),
            database_url=SecretStr(database_url),
            state_dir=tmp_path,
            sounds_dir=tmp_path / "sounds",
        )
    )
    yield made
    made.close()


def run(services: Services, *arguments: str) -> Result:
    """`hotline token`."""
    return CliRunner().invoke(token_group, arguments, obj=services)


def test_a_token_of_the_command_opens_the_api_until_it_is_revoked(services: Services) -> None:
    """Made, listed without its text, used, revoked."""
    created = run(services, "create", "--name", "console", "--role", "supervisor", "--json")
    made = json.loads(created.stdout)
    client = make_console(services).test_client()
    headers = {"Authorization": f"Bearer {made['token']}"}
    body = {"number": "0501234567", "reason": "abuse"}
    added = client.post("/api/v1/blacklist", json=body, headers=headers)
    assert added.status_code == 201
    assert (added.json or {})["who"] == "console"
    listed = run(services, "list", "--json").stdout
    assert made["token"] not in listed
    assert [token["id"] for token in json.loads(listed)] == [made["id"]]
    assert run(services, "revoke", made["id"]).exit_code == 0
    assert run(services, "revoke", made["id"]).exit_code == 1
    assert client.get("/api/v1/blacklist", headers=headers).status_code == 401


def test_the_document_is_at_the_root(services: Services) -> None:
    """Where people look for it, without a token."""
    answer = make_console(services).test_client().get("/openapi.json")
    assert answer.status_code == 200
    assert "/api/v1/blacklist" in (answer.json or {})["paths"]


@pytest.mark.parametrize("days", ["0", "367", "nan"])
def test_a_token_always_ends(services: Services, days: str) -> None:
    """Refused with status 2."""
    done = run(services, "create", "--name", "x", "--role", "operator", "--days", days)
    assert done.exit_code == 2


def test_an_api_that_is_asked_wrongly_answers_programs_not_people(services: Services) -> None:
    """No page, no session and no cookie for a path that is not there; no form's token is asked."""
    client = make_console(services).test_client()
    for answer in (client.get("/api/v1/nothing"), client.post("/api/v1/blacklist/import")):
        assert answer.mimetype == "application/problem+json"
        assert "Set-Cookie" not in answer.headers


def test_a_file_of_the_api_may_be_larger_than_a_form_of_a_page(services: Services) -> None:
    """Sixteen megabytes, where a form has 64 kB."""
    made = json.loads(run(services, "create", "--name", "x", "--role", "manager", "--json").stdout)
    client = make_console(services).test_client()
    headers = {"Authorization": f"Bearer {made['token']}", "Content-Type": "text/csv"}
    rows = "".join(f"+96650{number:07d},abuse,\n" for number in range(5000))
    sent = client.post(
        "/api/v1/blacklist/import?dry_run=true&days=3",
        data=f"number,reason,until\n{rows}",
        headers=headers,
    )
    assert sent.status_code == 200, sent.text
