"""Recordings by the names that tickets give them: who may, who did, and what is no more."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from blacklist.record.personal import personal_data
from blacklist.record.register import BlacklistRegister
from call_handlers.schema import calls
from console.api.recordings import Recordings
from people.audit import history
from people.person import Role
from recordings.register import note_recording
from recordings.retention import remove_old_recordings
from store.sql import reading
from tests.fixtures.record import NUMBER, Clock
from tests.fixtures.recorded import Kept, keep_calls

CALL = f"{0:032}"
REFERENCE = f"{CALL}-7"
SOUND = b"RIFF\x24\x00\x00\x00WAVE"

Fetch = Callable[..., TestResponse]


@pytest.fixture
def fetch(client: FlaskClient, token: Callable[[str, Role], str]) -> Fetch:
    """Fetches a recording as somebody of a role."""

    def fetched(reference: str = REFERENCE, role: Role = "receiver") -> TestResponse:
        headers = {"Authorization": f"Bearer {token('office', role)}"}
        return client.get(f"/api/v1/recordings/{reference}", headers=headers)

    return fetched


@pytest.fixture
def kept(recordings: Recordings, register: BlacklistRegister, clock: Clock) -> Path:
    """The file of a recording of a call that is in the record."""
    keep_calls(register.engine, [Kept(NUMBER, clock.now)])
    path = recordings.folder / f"{REFERENCE}.wav"
    path.write_bytes(SOUND)
    return path


def kind(answer: TestResponse) -> str:
    """What kind of problem an answer is."""
    assert answer.content_type == "application/problem+json"
    return str((answer.json or {})["type"]).rpartition("/")[2]


@pytest.mark.usefixtures("kept")
def test_who_may_hear_gets_the_sound_and_is_written_down(
    fetch: Fetch, register: BlacklistRegister
) -> None:
    """The audit has it under the caller's number: so the caller learns of it who asks."""
    answer = fetch()
    assert (answer.status_code, answer.content_type, answer.data) == (200, "audio/wav", SOUND)
    assert answer.headers["Cache-Control"] == "no-store"
    (change,) = register.history(NUMBER)
    assert (change.action, change.who, change.role) == ("recording_fetched", "office", "receiver")
    token = change.details["token"]
    assert change.details == {"recording": REFERENCE, "call": CALL, "token": token}
    with reading(register.engine) as connection:
        (made,) = history(connection, token)
        assert (made.action, made.who) == ("token_created", "the test")
        assert [row["who"] for row in personal_data(connection, NUMBER)["blacklist_audit"]] == [
            "office"
        ]


@pytest.mark.usefixtures("kept")
def test_roles_that_need_no_recordings_get_none(
    fetch: Fetch,
    client: FlaskClient,
    register: BlacklistRegister,
    token: Callable[[str, Role], str],
) -> None:
    """An operator hears no other's callers, and a receiver may do nothing but hear."""
    assert [fetch(role=role).status_code for role in ("supervisor", "manager")] == [200, 200]
    assert kind(fetch(role="operator")) == "forbidden"
    assert len(register.history(NUMBER)) == 2
    assert client.get(f"/api/v1/recordings/{REFERENCE}").status_code == 401
    headers = {"Authorization": f"Bearer {token('office', 'receiver')}"}
    for path in ("", f"/{NUMBER}", "/today", "/audit", "/export"):
        assert client.get(f"/api/v1/blacklist{path}", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "reference",
    [
        *("x", "..", "../hotline.db", "..%2fhotline.db", "%00", f"{REFERENCE}.wav", f"{CALL}-"),
        *(f"{CALL}-12345", f"{REFERENCE}%0a", CALL.upper().replace("0", "A") + "-1", f"{CALL}-8"),
    ],
)
@pytest.mark.usefixtures("kept")
def test_what_is_no_name_of_a_recording_is_not_found(
    fetch: Fetch, register: BlacklistRegister, reference: str
) -> None:
    """No path of the request reaches the disk; nothing was fetched, and nothing is written down."""
    assert fetch(reference).status_code == 404
    assert register.history(NUMBER) == []


def test_a_link_in_the_folder_leads_nowhere(fetch: Fetch, kept: Path, tmp_path: Path) -> None:
    """Whoever may write there gets nothing else sent."""
    (tmp_path / "secret").write_text("x")
    kept.unlink()
    kept.symlink_to(tmp_path / "secret")
    assert fetch().status_code == 503


def test_what_was_destroyed_is_gone(
    fetch: Fetch, register: BlacklistRegister, recordings: Recordings, kept: Path, clock: Clock
) -> None:
    """By its row where a provider had held it; else when its call is older than recordings get."""
    kept.unlink()
    assert kind(fetch()) == "not_found"  # not brought home yet
    sid = f"RE{1:032x}"
    note_recording(register.engine, call_id=CALL, turn=9, recording_sid=sid, now=clock.now)
    path = recordings.folder / f"{CALL}-9.wav"
    path.write_bytes(SOUND)
    remove_old_recordings(
        register.engine, recordings.folder, days=0, now=clock.now + timedelta(days=1)
    )
    assert (fetch(f"{CALL}-9").status_code, kind(fetch(f"{CALL}-9"))) == (410, "destroyed")
    with register.engine.begin() as connection:
        connection.execute(sa.update(calls).values(started_at=clock.now - timedelta(days=90)))
    assert kind(fetch()) == "destroyed"


def test_a_recording_that_cannot_be_written_down_is_not_sent(
    fetch: Fetch, register: BlacklistRegister, kept: Path
) -> None:
    """Nobody hears a caller unseen."""
    assert kept.exists()
    with register.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON blacklist_audit WHEN NEW.action = "
            "'recording_fetched' BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    answer = fetch()
    assert (answer.status_code, SOUND in answer.data) == (503, False)
