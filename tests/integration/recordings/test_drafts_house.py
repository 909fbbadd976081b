"""Drafts through the real roles: written down late, told, shown, exported, and never awaited."""

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from hotline.bootstrap import Services
from hotline.cli.personal import personal_group
from hotline.cli.tickets import tickets_group
from hotline.doctor.check import Check
from hotline.doctor.roles import all_checks
from hotline.environment import SettingsWrong
from hotline.settings import load_settings
from recordings.drafts import NOTICE, drafts_of
from recordings.register import note_recording
from recordings.retention import remove_old_recordings
from tests.fixtures import contract, recogniser
from tests.fixtures.calls import arrival, open_house
from tests.fixtures.house import house_of
from tests.fixtures.receivers import receiver, silence
from tests.fixtures.recordings import CALL, SID, wav
from tests.fixtures.roles import role
from tests.fixtures.tickets import SECRET, Backoffice, new_ticket, wait_until
from tests.fixtures.twilio_api import ACCOUNT, TOKEN, TwilioApi
from tickets.destination import Message
from tickets.destinations.drafts import DraftDestination, signed_draft
from tickets.destinations.webhook import WebhookDestination
from tickets.model import Ticket
from tickets.outbox import list_deliveries

REFERENCE = f"{CALL}-7"
WORDS = "1.5 s of a hole"
CALLER = "+966501234567"


def environment(
    state: Path, database_url: str, redis_url: str, url: str, how: str
) -> dict[str, str]:
    """A house whose program does `how`."""
    program = f"{sys.executable} {recogniser.__file__} {how} {{language}} {{file}}"
    return {
        "HOTLINE_STATE_DIR": str(state),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "HOTLINE_BACKOFFICE__URL": url,
        "HOTLINE_BACKOFFICE__SECRETS": SECRET,
        "HOTLINE_DELIVERIES__RELAY_SECONDS": "0.05",
        "HOTLINE_TRANSCRIBE__COMMAND": program,
    }


@contextmanager
def house(environ: dict[str, str]) -> Iterator[Services]:
    """That house in this process."""
    services = house_of(load_settings(environ))
    services.settings.recordings.mkdir(exist_ok=True)
    try:
        yield services
    finally:
        services.close()


def opened(services: Services) -> Ticket:
    """A report with a recording."""
    new = new_ticket(recording_ref=REFERENCE, call_id=CALL)
    return services.open_ticket()(new, datetime.now(UTC))


def delivered(engine: sa.Engine) -> set[str]:
    """The tickets that the office has."""
    found = list_deliveries(engine, state="acknowledged")
    return {one.service_request_id for one in found if one.destination == "backoffice"}


def told(services: Services, role_name: str = "worker") -> list[Check]:
    """What the doctor says of it."""
    found = all_checks(services, [role_name])
    return [check for check in found if check.name == "recordings become text"]


def test_a_recording_fetched_late_is_written_down_told_shown_and_destroyed(
    engine: sa.Engine,
    database_url: str,
    redis_url: str,
    backoffice: Backoffice,
    twilio: TwilioApi,
    tmp_path: Path,
) -> None:
    """As a machine's draft each time; not a word of it is in a log."""
    environ = environment(
        tmp_path, database_url, redis_url, f"{backoffice.url}/tickets", "says"
    ) | {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "HOTLINE_TWILIO__API_URL": twilio.url,
        "HOTLINE_DELIVERIES__BACKOFF_LONGEST_SECONDS": "1",
    }
    with house(environ) as services:
        ticket = opened(services)
        note_recording(engine, call_id=CALL, turn=7, recording_sid=SID, now=datetime.now(UTC))
        with role("relay", environ), role("worker", environ):
            wait_until(backoffice.tickets, "the office has the ticket", 60)
            assert backoffice.tickets()[0]["machine_drafts"] == {}
            twilio.recordings[SID] = wav(1.5)
            wait_until(lambda: backoffice.tickets()[0]["machine_drafts"], "and the draft", 60)
            wait_until(
                lambda: {one.state for one in list_deliveries(engine)} == {"acknowledged"}, "both"
            )
        (received,) = backoffice.tickets()
        assert received["times_received"] == 1, "a draft makes no ticket"
        draft = received["machine_drafts"][REFERENCE]
        assert (WORDS in draft["text"], draft["notice"], draft["language"]) == (True, NOTICE, "ar")
        shown = CliRunner().invoke(tickets_group, ["show", ticket.service_request_id], obj=services)
        (seen,) = json.loads(shown.output)["machine_drafts"]
        assert {"recording_ref": REFERENCE, "state": "told"} | draft == seen
        then = datetime.now(UTC) + timedelta(days=91)
        remove_old_recordings(engine, services.settings.recordings, days=90, now=then)
        shown = CliRunner().invoke(tickets_group, ["show", ticket.service_request_id], obj=services)
        assert WORDS not in shown.output
        assert json.loads(shown.output)["machine_drafts"][0]["state"] == "removed"
    for name in ("relay", "worker"):
        log = (tmp_path / f"{name}.log").read_text(encoding="utf-8")
        assert "hole" not in log
    assert "draft_told" in (tmp_path / "worker.log").read_text(encoding="utf-8")


def test_no_ticket_waits_for_a_program_that_hangs_nor_for_a_receiver_that_knows_no_drafts(
    engine: sa.Engine, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """The program is under way, and the worker ends all the same when it is asked to."""
    types: list[str] = []

    def office(request: Request) -> Response:
        types.append(json.loads(request.get_data())["type"])
        return Response(status=200 if types[-1] == "ticket.opened" else 500)

    with HTTPServer() as server:
        server.expect_request("/tickets", method="POST").respond_with_handler(office)
        environ = environment(
            tmp_path, database_url, redis_url, server.url_for("/tickets"), "hangs"
        )
        with house(environ) as services:
            first = opened(services)
            (services.settings.recordings / f"{REFERENCE}.wav").write_bytes(wav())
            with role("relay", environ), role("worker", environ) as worker:
                key = first.idempotency_key
                wait_until(lambda: drafts_of(engine, key)[0].attempts, "it is under way", 60)
                second = services.open_ticket()(new_ticket("call:c2:1"), datetime.now(UTC))
                both = {first.service_request_id, second.service_request_id}
                wait_until(lambda: delivered(engine) == both, "both tickets are delivered", 60)
                worker.send_signal(signal.SIGTERM)
                assert worker.wait(30) == 0
            (draft,) = drafts_of(engine, first.idempotency_key)
            assert (draft.state, draft.attempts) == ("pending", 0), "given back"
            environ["HOTLINE_TRANSCRIBE__COMMAND"] = environ["HOTLINE_TRANSCRIBE__COMMAND"].replace(
                " hangs ", " says "
            )
            with role("relay", environ), role("worker", environ):
                wait_until(lambda: types.count("recording.drafted") > 1, "it is tried again", 60)
    assert types.count("ticket.opened") == 2
    assert delivered(engine) == both


def test_a_person_is_told_the_words_that_a_machine_kept(redis_url: str, tmp_path: Path) -> None:
    """With the recordings of their calls."""
    with open_house(tmp_path, redis_url) as lived:
        call = lived.desk().begin(arrival("1", caller=CALLER))
        lived.flush()
        url = lived.engine.url.render_as_string(hide_password=False)
        environ = environment(tmp_path, url, redis_url, "http://127.0.0.1:9/tickets", "says")
        with house(environ) as services:
            new = new_ticket(call_id=call.call_id, recording_ref=f"{call.call_id}-7", phone=CALLER)
            services.open_ticket()(new, datetime.now(UTC))
            path = services.settings.recordings / f"{call.call_id}-7.wav"
            path.write_bytes(wav(1.5))
            drafter = services.outbound.drafter(threading.Event())
            assert drafter is not None
            ticket_id = services.open_ticket()(new, datetime.now(UTC)).idempotency_key
            assert drafter.draft(drafts_of(lived.engine, ticket_id)[0].id) == "ready"
            asked = ["export", CALLER, "--who", "maha"]
            done = CliRunner().invoke(personal_group, asked, obj=services)
            assert done.exit_code == 0, done.output
            kept: dict[str, Any] = json.loads(done.stdout)["kept"]
            assert [WORDS in row["text"] for row in kept["drafts"]] == [True]


def test_without_a_program_nothing_is_asked_for(
    engine: sa.Engine, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """The default: no row, no lane, no destination, no line of the doctor."""
    environ = environment(tmp_path, database_url, redis_url, "http://127.0.0.1:9/", "says")
    del environ["HOTLINE_TRANSCRIBE__COMMAND"]
    with house(environ) as services:
        assert drafts_of(engine, opened(services).idempotency_key) == []
        assert [lane.name for lane in services.outbound.lanes] == ["deliveries"]
        assert set(services.outbound.destinations) == {"backoffice"}
        assert told(services) == []


def test_the_doctor_says_when_the_program_is_not_there(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """To whoever asks for a worker."""
    environ = environment(tmp_path, database_url, redis_url, "http://127.0.0.1:9/", "says")
    with house(environ) as services:
        assert [check.passed for check in told(services)] == [True]
        assert told(services, "web") == []
    environ["HOTLINE_TRANSCRIBE__COMMAND"] = "no-such-recogniser {file}"
    with house(environ) as services:
        (check,) = told(services)
        assert (check.passed, "no-such-recogniser" in check.found) == (False, True)
        assert "HOTLINE_TRANSCRIBE__COMMAND" in check.mend
    environ["HOTLINE_TRANSCRIBE__COMMAND"] = 'no-such "recogniser'
    with pytest.raises(SettingsWrong, match="close it"):
        load_settings(environ)


def test_what_is_told_of_a_draft_is_what_the_schema_says(engine: sa.Engine) -> None:
    """Under a key of its own: a receiver that makes tickets by webhook-id makes none."""
    draft = {
        "notice": NOTICE,
        "text": "حفرة",
        "language": "ar",
        "made_by": "whisper-cli",
        "made_at": "2026-11-24T09:00:00+00:00",
    }
    found = {"id": "d" * 32, "recording_ref": REFERENCE, "machine_draft": draft}
    ticket = contract.pothole()
    body, headers = signed_draft(ticket, found, contract.SECRETS, contract.SENT_AT)
    validator = Draft202012Validator(
        contract.schema(), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    told = json.loads(body)
    validator.validate(told)
    assert headers["webhook-id"] != ticket.idempotency_key
    assert told["data"]["idempotency_key"] == ticket.idempotency_key
    del told["data"]["machine_draft"]["notice"]
    assert not validator.is_valid(told)


def test_a_draft_that_was_destroyed_meanwhile_is_not_sent() -> None:
    """Nothing goes out, and it is not tried again."""
    with receiver(silence) as nobody:
        office = WebhookDestination("backoffice", nobody.url(), lambda: [SECRET])
        gone = DraftDestination(office, lambda _ticket, _turn: None)
        result = gone.push(Message(contract.pothole(), "recording.drafted:7"))
        assert (result.verdict, nobody.bodies) == ("refused", [])
