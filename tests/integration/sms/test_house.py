"""Reports, recordings and messages through the real roles: `hotline relay` and `hotline worker`."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa

from hotline.bootstrap import Services
from hotline.settings import load_settings
from outbox.queue import open_queue
from outbox.relay import RelayPolicy, relay_once
from recordings.register import note_recording, recordings_of
from recordings.retention import remove_old_recordings
from tests.fixtures.house import house_of
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.recordings import CALL, SID, wav
from tests.fixtures.roles import role
from tests.fixtures.sms import CALLER, delivery
from tests.fixtures.tickets import NOW, new_ticket, wait_until
from tests.fixtures.twilio_api import ACCOUNT, TOKEN, TwilioApi
from tickets.outbox import list_deliveries

LANDLINE = "+966126123456"


def environment(
    state: Path, database_url: str, twilio: TwilioApi, redis_url: str = "redis://127.0.0.1:1"
) -> dict[str, str]:
    """A house with a Twilio account, which sends messages through it."""
    return {
        "HOTLINE_STATE_DIR": str(state),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "HOTLINE_TWILIO__API_URL": twilio.url,
        "HOTLINE_SMS__GATEWAY": "twilio",
        "HOTLINE_SMS__SENDER": "Jeddah940",
        "HOTLINE_BACKOFFICE__URL": f"http://127.0.0.1:{free_tcp_port()}/tickets",
        "HOTLINE_DELIVERIES__RELAY_SECONDS": "0.05",
    }


@contextmanager
def house(environ: Mapping[str, str]) -> Iterator[Services]:
    """The services of that house in this process."""
    services = house_of(load_settings(environ))
    try:
        yield services
    finally:
        services.close()


def destinations(engine: sa.Engine) -> list[str]:
    """Where the ticket goes."""
    return sorted(one.destination for one in list_deliveries(engine))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["backoffice", "sms"]),
        ({"phone": LANDLINE}, ["backoffice"]),
        ({"phone": None, "caller_id_withheld": True}, ["backoffice"]),
        ({"kind": "inquiry"}, ["backoffice"]),
    ],
    ids=["mobile", "landline", "withheld", "inquiry"],
)
def test_callers_from_mobiles_are_told_of_their_reports(
    engine: sa.Engine,
    database_url: str,
    twilio: TwilioApi,
    tmp_path: Path,
    changes: dict[str, Any],
    expected: list[str],
) -> None:
    """The message is a row of the outbox, committed with the ticket."""
    with house(environment(tmp_path, database_url, twilio)) as services:
        services.open_ticket()(new_ticket(**changes), NOW)
    assert destinations(engine) == expected


def test_without_a_gateway_nobody_is_told(
    engine: sa.Engine, database_url: str, twilio: TwilioApi, tmp_path: Path
) -> None:
    """The default."""
    environ = environment(tmp_path, database_url, twilio) | {"HOTLINE_SMS__GATEWAY": "none"}
    with house(environ) as services:
        services.open_ticket()(new_ticket(), NOW)
        assert set(services.outbound.destinations) == {"backoffice"}
    assert destinations(engine) == ["backoffice"]


def test_the_relay_needs_no_secret_to_know_its_lanes(
    database_url: str, twilio: TwilioApi, tmp_path: Path
) -> None:
    """They are a worker's: it has a lane for each of its destinations."""
    environ = environment(tmp_path, database_url, twilio)
    with house(environ) as services:
        lanes = [lane.name for lane in services.outbound.lanes]
        assert lanes == ["deliveries", "deliveries-sms", "recordings"]
        assert len(services.outbound.destinations) == 2
    with house(environ | {"TWILIO_AUTH_TOKEN": ""}) as services:
        assert [lane.name for lane in services.outbound.lanes] == lanes


def test_tickets_messages_and_recordings_have_queues_of_their_own(
    engine: sa.Engine, database_url: str, twilio: TwilioApi, tmp_path: Path, redis_url: str
) -> None:
    """Each with room of its own, and jobs with identifiers alone."""
    note_recording(engine, call_id=CALL, turn=7, recording_sid=SID, now=NOW)
    with house(environment(tmp_path, database_url, twilio)) as services:
        services.open_ticket()(new_ticket(), NOW)
        lanes = services.outbound.lanes
    (recording,) = recordings_of(engine, CALL)
    rows = {one.destination: one.id for one in list_deliveries(engine)}
    with redis.Redis.from_url(redis_url) as client:
        assert relay_once(engine, client, RelayPolicy(max_queued=1), lanes) == 3
        queued = {lane.name: open_queue(client, lane.name).jobs for lane in lanes}
    assert {name: [job.args for job in jobs] for name, jobs in queued.items()} == {
        "deliveries": [[rows["backoffice"]]],
        "deliveries-sms": [[rows["sms"]]],
        "recordings": [[recording.id]],
    }
    (job,) = queued["recordings"]
    assert (job.id, job.kwargs) == (f"recording-{recording.id}-1", {})


def test_a_report_with_a_recording_is_told_fetched_and_one_day_removed(
    engine: sa.Engine, database_url: str, twilio: TwilioApi, tmp_path: Path, redis_url: str
) -> None:
    """Through Redis and both roles; no log has the caller's number in it."""
    twilio.recordings[SID] = wav()
    environ = environment(tmp_path, database_url, twilio, redis_url)
    (tmp_path / "recordings").mkdir()
    with house(environ) as services:
        ticket = services.open_ticket()(new_ticket(), datetime.now(UTC))
        note_recording(engine, call_id=CALL, turn=7, recording_sid=SID, now=datetime.now(UTC))
        with role("relay", environ), role("worker", environ):
            wait_until(lambda: delivery(engine).state == "acknowledged", "the caller is told", 60)
            wait_until(lambda: recordings_of(engine, CALL)[0].state == "kept", "it is kept", 60)
        assert [ticket.service_request_id in sent["Body"] for sent in twilio.messages] == [True]
        kept = services.settings.recordings / f"{CALL}-7.wav"
        assert kept.read_bytes() == wav()
        assert twilio.recordings == {}
        (row,) = recordings_of(engine, CALL)
        assert row.delete_after is not None
        removed = remove_old_recordings(
            engine, services.settings.recordings, days=90, now=row.delete_after
        )
        assert (removed, kept.exists()) == (1, False)
    for name in ("relay", "worker"):
        text = (tmp_path / f"{name}.log").read_text(encoding="utf-8")
        assert CALLER not in text
        assert CALLER[4:] not in text
    assert "delivery_acknowledged" in (tmp_path / "worker.log").read_text(encoding="utf-8")


def test_the_relay_removes_old_recordings_by_itself(
    engine: sa.Engine, database_url: str, twilio: TwilioApi, tmp_path: Path, redis_url: str
) -> None:
    """Asterisk's too: a file that no row knows."""
    environ = environment(tmp_path, database_url, twilio, redis_url)
    folder = tmp_path / "recordings"
    folder.mkdir()
    old = folder / f"{'f' * 32}-3.wav"
    old.write_bytes(wav(0.1))
    os.utime(old, (0, 0))
    with role("relay", environ):
        wait_until(lambda: not old.exists(), "the old recording is removed", 60)
