"""`hotline destinations` and `hotline deliveries`, as whoever runs 940 uses them."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer

from hotline.main import cli
from hotline.settings import CONFIG_DIR, Settings, load_settings
from store.sql import database_now
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.scripted_destination import AWAY, TAKEN, Office
from tests.fixtures.tickets import SECRET
from tickets.destination import PushResult
from tickets.outbox import list_deliveries
from tickets.reference import is_reference
from tickets.schema import deliveries

REFUSED = PushResult("refused", 422, "this ticket is refused with HTTP 422", answer="no such road")


def house(tmp_path: Path, database_url: str, text: str | None = None, **more: str) -> Settings:
    """Settings of a house with this file of destinations."""
    config = tmp_path / "config"
    config.mkdir()
    for path in CONFIG_DIR.iterdir():
        if path.name != "destinations.yaml" or text is None:
            (config / path.name).symlink_to(path)
    if text is not None:
        (config / "destinations.yaml").write_text(text, encoding="utf-8")
    given = {
        "HOTLINE_STATE_DIR": str(tmp_path),
        "HOTLINE_CONFIG_DIR": str(config),
        "DATABASE_URL": database_url,
    }
    return load_settings(given | more)


def run(settings: Settings, *words: str) -> Result:
    """A command."""
    return CliRunner().invoke(cli, list(words), obj=settings)


def test_the_shipped_file_is_well(tmp_path: Path, database_url: str) -> None:
    """Exit 0 and no finding."""
    result = run(house(tmp_path, database_url), "destinations", "check")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "backoffice (webhook); 0 findings" in result.stderr


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("secrets: {file: nowhere}", "nowhere: cannot be read: No such file"),
        ("secrets: {env: HOTLINE_NO_SUCH_SECRET}", "the environment has no HOTLINE_NO_SUCH_SECRET"),
        ("secrets: {file: bad}", "a webhook's secret must be whsec_"),
        ("secrets: {file: good}\n    timeout: 60s", "destinations.crm.timeout 60"),
        ("secrets: {file: good}\n    takes: [{groups: ['1']}]", "no destination takes RD_HOLE"),
    ],
)
def test_what_could_not_work_is_found_before_it_is_needed(
    tmp_path: Path, database_url: str, entry: str, told: str
) -> None:
    """Exit 1, and each finding says where and the mend; no secret is shown."""
    text = (
        f"destinations:\n  crm:\n    kind: webhook\n    url: https://crm.example/t\n    {entry}\n"
    )
    settings = house(tmp_path, database_url, text)
    (tmp_path / "config" / "bad").write_text("whsec_short")
    (tmp_path / "config" / "good").write_text(SECRET)
    result = run(settings, "destinations", "check", "--json")
    assert result.exit_code == 1
    findings = json.loads(result.stdout)
    assert any(told in finding for finding in findings), findings
    assert SECRET not in result.output
    assert "whsec_short" not in result.output


def test_a_file_that_cannot_be_read_is_exit_2(tmp_path: Path, database_url: str) -> None:
    """With its line."""
    result = run(house(tmp_path, database_url, "destinations: [\n"), "destinations", "check")
    assert result.exit_code == 2
    assert "destinations.yaml:" in result.stderr


def webhook(url: str, more: str = "private_addresses: true") -> str:
    """A file with one webhook."""
    head = f"destinations:\n  crm:\n    kind: webhook\n    url: {url}\n    secrets: {{file: crm}}\n"
    return f"{head}    {more}\n"


def test_a_trial_is_sent_once_and_says_that_it_is_one(
    tmp_path: Path, database_url: str, engine: sa.Engine, httpserver: HTTPServer
) -> None:
    """In both languages; it is kept nowhere here."""
    httpserver.expect_request("/t").respond_with_json({"id": "C-1"}, status=201)
    settings = house(tmp_path, database_url, webhook(httpserver.url_for("/t")))
    (tmp_path / "config" / "crm").write_text(SECRET)
    result = run(settings, "destinations", "test", "crm", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["verdict"], told["status"], told["remote_id"]) == ("acknowledged", 201, "C-1")
    ((request, _),) = httpserver.log
    data = json.loads(request.get_data())["data"]
    assert data["attributes"] == {"trial": True}
    assert "تجربة" in data["description"]
    assert "not a report" in data["description"]
    assert is_reference(data["service_request_id"])
    assert list_deliveries(engine) == []


@pytest.mark.parametrize(
    ("more", "told"),
    [("private_addresses: true", "ConnectError"), ("timeout: 5s", "private_addresses: true")],
)
def test_a_trial_that_is_not_taken_says_why(
    tmp_path: Path, database_url: str, more: str, told: str
) -> None:
    """Exit 1; a private address is refused unless the file allows it."""
    url = f"http://localhost:{free_tcp_port()}/t"
    settings = house(tmp_path, database_url, webhook(url, more))
    (tmp_path / "config" / "crm").write_text(SECRET)
    result = run(settings, "destinations", "test", "crm")
    assert result.exit_code == 1
    assert told in result.stdout


def test_a_name_that_is_no_destination_is_wrong_usage(tmp_path: Path, database_url: str) -> None:
    """Exit 2, with those that there are."""
    settings = house(tmp_path, database_url)
    for command in ("test", "disable"):
        result = run(settings, "destinations", command, "nobody")
        assert result.exit_code == 2
    assert run(settings, "deliveries", "reconcile", "--to", "x", "--since", "1d").exit_code == 2


def test_destinations_are_listed_with_how_they_do(
    tmp_path: Path, database_url: str, engine: sa.Engine
) -> None:
    """Also one that is not configured any more, while something waits for it."""
    settings = house(tmp_path, database_url)
    office = Office(engine, backoffice=[AWAY, AWAY, AWAY], old=[REFUSED])
    for _ in range(3):
        office.open()
    office.deliver()
    assert run(settings, "destinations", "disable", "backoffice").exit_code == 0
    rows = json.loads(run(settings, "destinations", "list", "--json").stdout)
    by_name: dict[str, Any] = {row["name"]: row for row in rows}
    assert by_name["backoffice"]["state"] == "disabled"
    assert (by_name["backoffice"]["waiting"], by_name["backoffice"]["dead"]) == (3, 0)
    assert (by_name["old"]["kind"], by_name["old"]["dead"]) == ("", 3)
    result = run(settings, "destinations", "enable", "backoffice")
    assert (result.exit_code, result.stdout) == (
        0,
        "backoffice is enabled; 3 deliveries go out now\n",
    )
    assert run(settings, "destinations", "enable", "backoffice").exit_code == 1
    table = run(settings, "destinations", "list").stdout.splitlines()
    assert table[0].split()[:3] == ["name", "kind", "state"]


def test_a_ticket_is_explained_attempt_by_attempt(
    tmp_path: Path, database_url: str, engine: sa.Engine
) -> None:
    """When, the status, the first line of the answer, and what comes next; on each of its ways."""
    office = Office(engine, crm=[AWAY], desk=[REFUSED], mail=[TAKEN])
    ticket = office.open()
    office.deliver()
    settings = house(tmp_path, database_url)
    result = run(settings, "deliveries", "explain", ticket.service_request_id)
    assert result.exit_code == 0
    text = result.stdout
    assert "crm: ticket.opened, version 1" in text
    assert "HTTP 503" in text
    assert "next try " in text
    assert "“no such road”" in text
    assert "given up: `hotline deliveries retry " in text
    assert "theirs A-1" in text
    ways = json.loads(
        run(settings, "deliveries", "explain", "--json", ticket.service_request_id).stdout
    )
    assert {way["destination"]: len(way["attempts_made"]) for way in ways} == {
        "crm": 1,
        "desk": 1,
        "mail": 1,
    }


def test_what_a_delivery_waits_for_is_told_as_it_is(
    tmp_path: Path, any_url: str, any_engine: sa.Engine
) -> None:
    """No moment is promised at which it would not be tried."""
    office = Office(any_engine, backoffice=[AWAY, AWAY, AWAY, TAKEN])
    ticket = office.open()
    settings = house(tmp_path, any_url)

    def ahead() -> list[str]:
        result = run(settings, "deliveries", "explain", ticket.service_request_id)
        assert result.exit_code == 0, result.output
        words = ("next try", "waits", "not tried", "taken")
        lines = (line.strip() for line in result.stdout.splitlines())
        return [line for line in lines if line.startswith(words)]

    office.deliver()
    office.change(ticket, satisfaction=4)
    (first, later) = ahead()
    assert first.startswith("next try")
    opened = office.rows("backoffice")[0].id
    assert later == f"waits for version 1 before it ({opened})"
    for _ in range(2):
        office.open()
    office.deliver()
    (first, _) = ahead()
    assert first.startswith("waits: backoffice is left alone, but for one try ")
    assert first.endswith("; with its answer it goes")
    assert run(settings, "deliveries", "retry", opened).exit_code == 0
    (first, _) = ahead()
    assert first.startswith("next try")
    assert run(settings, "destinations", "disable", "backoffice").exit_code == 0
    told = "not tried: backoffice is disabled, until `hotline destinations enable backoffice`"
    assert ahead() == [told, told]
    assert run(settings, "destinations", "enable", "backoffice").exit_code == 0
    for _ in range(2):
        office.deliver()
    assert [line.split()[0] for line in ahead()] == ["taken", "taken"]


def test_nothing_is_said_to_go_sooner_that_a_person_might_read_twice(
    tmp_path: Path, any_url: str, any_engine: sa.Engine
) -> None:
    """Nor what waits for its first attempt: no outage's end hurries them."""
    lost = PushResult("retry", error="no answer", unsure=True)
    office = Office(any_engine, desk=[lost], mail=[AWAY], later=[TAKEN])
    office.to["desk"].read_by_people = True
    ticket = office.open()
    office.deliver(lambda row: row.destination != "later")
    settings = house(tmp_path, any_url)
    told = run(settings, "deliveries", "explain", ticket.service_request_id).stdout
    lines = [line.strip() for line in told.splitlines() if line.strip().startswith("next try")]
    assert ["sooner" in line for line in lines] == [False, False, True]  # desk, later, mail


@pytest.mark.parametrize(("reference", "status"), [("572400003", 2), ("572400000", 1), ("x", 2)])
def test_a_reference_of_nobody_is_told_apart_from_a_slip(
    tmp_path: Path, database_url: str, reference: str, status: int
) -> None:
    """A check digit that is wrong is a wrong input; else there is no such ticket."""
    settings = house(tmp_path, database_url)
    assert run(settings, "deliveries", "explain", reference).exit_code == status


def test_deliveries_are_listed_by_what_is_wanted(
    tmp_path: Path, database_url: str, engine: sa.Engine
) -> None:
    """Those on their way, those given up, those to one destination."""
    office = Office(engine, crm=[AWAY], desk=[REFUSED], mail=[TAKEN])
    office.open()
    office.deliver()
    settings = house(tmp_path, database_url)

    def listed(*words: str) -> list[str]:
        result = run(settings, "deliveries", "list", "--json", *words)
        assert result.exit_code == 0
        return sorted(row["destination"] for row in json.loads(result.stdout))

    assert listed("--waiting") == ["crm"]
    assert listed("--dead") == ["desk"]
    assert listed("--to", "mail") == ["mail"]
    assert listed("--waiting", "--to", "mail") == []
    assert listed() == ["crm", "desk", "mail"]
    assert run(settings, "deliveries", "list", "--dead", "--waiting").exit_code == 2


def test_all_of_a_time_and_a_destination_are_put_back_at_once(
    tmp_path: Path, database_url: str, engine: sa.Engine
) -> None:
    """What failed and what was given up; no other."""
    office = Office(engine, crm=[AWAY], desk=[REFUSED])
    for _ in range(3):
        office.open()
    office.deliver()
    oldest = office.rows("desk")[0]
    with engine.begin() as connection:
        before = database_now(connection) - timedelta(days=2)
        its = deliveries.c.id == oldest.id
        connection.execute(deliveries.update().where(its).values(created_at=before))
    settings = house(tmp_path, database_url)

    def put_back(*words: str) -> str:
        result = run(settings, "deliveries", "retry", *words)
        assert result.exit_code == 0, result.output
        return result.stdout

    assert put_back("--all", "--since", "24h", "--to", "desk") == "2 put back\n"
    assert put_back("--all-dead") == "1 put back\n"
    assert put_back("--all", "--since", "24h") == "3 put back\n"
    assert put_back("--all") == "0 put back\n"
    for words in (["--since", "24h"], ["--to", "crm"], []):
        assert run(settings, "deliveries", "retry", *words).exit_code == 2
