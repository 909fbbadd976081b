"""What every ticket meets is said once, of the destination: in the log, in figures, to admins."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from prometheus_client import REGISTRY
from pytest_httpserver import HTTPServer
from structlog.testing import capture_logs
from werkzeug import Request, Response

from hotline.doctor.roles import all_checks
from hotline.main import cli
from hotline.settings import load_settings
from store.sql import database_now
from tests.fixtures.house import house_of
from tests.fixtures.tickets import NOW, deliverer_to, new_ticket
from tickets.delivery import Deliverer
from tickets.destination import PushResult
from tickets.health import Health, note_answer, note_failure, read_health
from tickets.lateness import LateAlarm
from tickets.open import open_ticket
from tickets.outbox import list_deliveries
from tickets.schema import deliveries


def attempt(engine: sa.Engine, deliverer: Deliverer, number: int) -> None:
    """One attempt at a new ticket, whatever its destination's circuit says."""
    open_ticket(engine, new_ticket(f"call:{number}:1"), destinations=["backoffice"], now=NOW)
    (row,) = list_deliveries(engine, state="pending")
    with engine.begin() as connection:
        connection.execute(deliveries.update().where(deliveries.c.id == row.id).values(early=True))
    assert deliverer.deliver(row.id) != "skipped"


def health(engine: sa.Engine) -> Health:
    """Of the one destination that has ever failed."""
    (found,) = read_health(engine)
    return found


def test_a_destination_that_fails_for_everybody_is_ill_until_it_answers(
    any_engine: sa.Engine, httpserver: HTTPServer
) -> None:
    """Told once when it falls ill, after three different tickets, and once when it is well."""
    for status in (503, 302, 405, 400):
        httpserver.expect_ordered_request("/tickets").respond_with_data("", status=status)
    httpserver.expect_ordered_request("/tickets").respond_with_data("", status=201)
    deliverer = deliverer_to(any_engine, httpserver.url_for("/tickets"))
    with capture_logs() as logs:
        for number in range(2):
            attempt(any_engine, deliverer, number)
        assert not health(any_engine).ill
        for number in range(2, 4):
            attempt(any_engine, deliverer, number)
    found = health(any_engine)
    assert (found.ill, found.failures, found.last_status) == (True, 4, 400)
    assert [e["log_level"] for e in logs if e["event"] == "destination_ill"] == ["error"]
    LateAlarm(any_engine).look()
    assert gauge() == 1.0
    with capture_logs() as logs:
        attempt(any_engine, deliverer, 4)
    assert [e["event"] for e in logs if "destination_" in e["event"]] == ["destination_well"]
    assert not health(any_engine).ill
    LateAlarm(any_engine).look()
    assert gauge() == 0.0


def gauge() -> float | None:
    """What a scrape of the relay sees."""
    return REGISTRY.get_sample_value("hotline_destination_ill", {"destination": "backoffice"})


def test_a_refusal_of_a_ticket_says_that_its_receiver_is_well(
    engine: sa.Engine, httpserver: HTTPServer
) -> None:
    """It has read it."""

    def refuse(request: Request) -> Response:
        return Response(request.get_data(), 422, content_type="application/json")

    for _ in range(2):
        httpserver.expect_ordered_request("/tickets").respond_with_data("", status=500)
    httpserver.expect_ordered_request("/tickets").respond_with_handler(refuse)
    httpserver.expect_ordered_request("/tickets").respond_with_data("", status=500)
    deliverer = deliverer_to(engine, httpserver.url_for("/tickets"))
    for number in range(4):
        attempt(engine, deliverer, number)
    assert health(engine).failures == 1


def test_an_answer_of_one_destination_says_nothing_of_another(any_engine: sa.Engine) -> None:
    """Each is ill and well by itself, and told so once."""
    with any_engine.begin() as connection:
        now = database_now(connection)
        for name in ("one", "other", "third"):
            for number in range(1 if name == "third" else 3):
                told = note_failure(connection, name, PushResult("retry", 503, "HTTP 503"), now)
                assert told == ("ill" if number == 2 else None)
        assert note_answer(connection, "one", now) == "well"
        assert note_answer(connection, "one", now) is None
        assert note_answer(connection, "third", now) is None
        assert note_answer(connection, "never seen", now) is None
    failures = {one.name: one.failures for one in read_health(any_engine)}
    assert failures == {"one": 0, "other": 3, "third": 0}


def test_an_illness_lasts_from_its_first_failure(any_engine: sa.Engine) -> None:
    """Until an answer; the next failure is the first of another."""
    moments = [NOW + timedelta(minutes=number) for number in range(3)]
    with any_engine.begin() as connection:
        for moment in moments[:2]:
            note_failure(connection, "one", PushResult("retry", 503, "HTTP 503"), moment)
    assert health(any_engine).failing_since == moments[0]
    with any_engine.begin() as connection:
        note_answer(connection, "one", moments[2])
        note_failure(connection, "one", PushResult("retry", 500, "HTTP 500"), moments[2])
    found = health(any_engine)
    assert (found.failures, found.failing_since) == (1, moments[2])
    assert (found.last_status, found.last_error) == (500, "HTTP 500")


@pytest.mark.parametrize("as_json", [False, True], ids=["table", "json"])
def test_admins_are_told_which_destination_is_ill(
    engine: sa.Engine, database_url: str, tmp_path: Path, as_json: bool
) -> None:
    """Beside the listing, which stays what programs read; and by the doctor."""
    deliverer = deliverer_to(engine, "http://127.0.0.1:1/")
    for number in range(3):
        attempt(engine, deliverer, number)
    settings = load_settings({"HOTLINE_STATE_DIR": str(tmp_path), "DATABASE_URL": database_url})
    options = ["--json"] if as_json else []
    result = CliRunner().invoke(cli, ["deliveries", "list", *options], obj=settings)
    assert "backoffice: 3 attempts in a row failed, the last: ConnectError" in result.stderr
    if as_json:
        assert len(json.loads(result.stdout)) == 3
    services = house_of(settings)
    (check,) = [check for check in all_checks(services) if check.name == "deliveries"]
    services.close()
    assert not check.passed
    assert "backoffice" in check.found
