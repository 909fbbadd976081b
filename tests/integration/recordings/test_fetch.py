"""A recording comes from Twilio's host alone, is kept once it is audio, and goes from Twilio."""

import socket
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs
from werkzeug import Request, Response

from carriers.twilio_account import TwilioAccount
from recordings.fetch import RecordingFetcher
from recordings.register import note_recording, recordings_of
from recordings.schema import recordings
from store.sql import database_now
from tests.fixtures.receivers import ENDLESS, SAID_SO, Answer, receiver
from tests.fixtures.recordings import CALL, SID, account, fetcher, wav
from tests.fixtures.tickets import wait_until
from tests.fixtures.twilio_api import TOKEN, TwilioApi

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NAME = f"{CALL}-7.wav"


def noted(engine: sa.Engine) -> str:
    """Note the recording; the row's identifier."""
    note_recording(engine, call_id=CALL, turn=7, recording_sid=SID, now=NOW)
    return recordings_of(engine, CALL)[0].id


def again(job: RecordingFetcher, recording_id: str) -> str:
    """The next attempt, once it is due."""
    outcome: str = wait_until(
        lambda: (o := job.fetch(recording_id)) != "skipped" and o, "the next attempt is due"
    )
    return outcome


def test_a_recording_is_kept_under_our_name_and_removed_at_twilio(
    any_engine: sa.Engine, folder: Path, twilio: TwilioApi
) -> None:
    """Readable by its owner only, linked to its call, with its length and its end."""
    twilio.recordings[SID] = wav(2.0)
    job = fetcher(any_engine, folder, account(twilio.url))
    assert job.fetch(noted(any_engine)) == "kept"
    (path,) = folder.iterdir()
    assert (path.name, path.stat().st_mode & 0o777) == (NAME, 0o600)
    assert path.read_bytes() == wav(2.0)
    assert twilio.recordings == {}
    (row,) = recordings_of(any_engine, CALL)
    assert (row.state, row.seconds, row.bytes) == ("kept", 2.0, len(wav(2.0)))
    assert row.fetched_at is not None
    assert row.delete_after == row.fetched_at + timedelta(days=90)


def test_a_kept_recording_is_not_fetched_again(
    engine: sa.Engine, folder: Path, twilio: TwilioApi
) -> None:
    """A job that comes twice finds nothing to do."""
    twilio.recordings[SID] = wav()
    job = fetcher(engine, folder, account(twilio.url))
    recording_id = noted(engine)
    job.fetch(recording_id)
    asked = list(twilio.requests)
    assert job.fetch(recording_id) == "skipped"
    assert twilio.requests == asked


def test_a_recording_that_is_not_there_yet_is_fetched_later(
    engine: sa.Engine, folder: Path, twilio: TwilioApi
) -> None:
    """The callback may come before the file."""
    job = fetcher(engine, folder, account(twilio.url))
    recording_id = noted(engine)
    assert job.fetch(recording_id) == "failed"
    twilio.recordings[SID] = wav()
    assert again(job, recording_id) == "kept"


def test_a_recording_waits_at_twilio_until_the_disk_has_room(
    engine: sa.Engine, folder: Path, twilio: TwilioApi
) -> None:
    """Tickets come first; nothing is asked for meanwhile, nor lost."""
    twilio.recordings[SID] = wav()
    room: list[bool] = []
    job = fetcher(engine, folder, account(twilio.url), room=lambda: bool(room))
    recording_id = noted(engine)
    assert job.fetch(recording_id) == "failed"
    assert twilio.requests == []
    room.append(True)
    assert again(job, recording_id) == "kept"


def test_a_lost_removal_is_repeated_without_another_fetch(
    engine: sa.Engine, folder: Path, twilio: TwilioApi
) -> None:
    """What is kept here is only removed there."""
    twilio.recordings[SID] = wav()
    job = fetcher(engine, folder, account(twilio.url))
    recording_id = noted(engine)

    def then_refuse(request: Request) -> Response | None:
        twilio.next_answer = lambda _request: Response("later", status=503)
        return None

    twilio.next_answer = then_refuse
    assert job.fetch(recording_id) == "stored"
    assert again(job, recording_id) == "kept"
    assert [method for method, _ in twilio.requests] == ["GET", "DELETE", "DELETE"]


def test_what_is_not_at_twilio_any_more_is_removed_there(
    engine: sa.Engine, folder: Path, twilio: TwilioApi
) -> None:
    """Somebody has deleted it, or the answer to our own removal was lost."""

    def last_copy(_request: Request) -> Response:
        return Response(wav(), content_type="audio/x-wav")

    twilio.next_answer = last_copy
    assert fetcher(engine, folder, account(twilio.url)).fetch(noted(engine)) == "kept"
    assert [method for method, _ in twilio.requests] == ["GET", "DELETE"]


def test_a_late_failure_leaves_the_attempt_that_took_over_alone(
    any_engine: sa.Engine, folder: Path, twilio: TwilioApi
) -> None:
    """Its lease ran out while Twilio was silent; meanwhile another attempt has kept all."""
    twilio.recordings[SID] = wav()
    job = fetcher(any_engine, folder, account(twilio.url))
    recording_id = noted(any_engine)

    def taken_over(_request: Request) -> Response:
        with any_engine.begin() as connection:
            then = database_now(connection) - timedelta(seconds=1)
            change = recordings.update().values(lease_until=then, next_attempt_at=then)
            connection.execute(change)
        assert job.fetch(recording_id) == "kept"
        return Response("late", status=503)

    twilio.next_answer = taken_over
    assert job.fetch(recording_id) == "failed"
    (row,) = recordings_of(any_engine, CALL)
    assert (row.state, row.last_error) == ("kept", None)


NOT_AUDIO: dict[str, bytes] = {
    "nothing at all": b"",
    "an HTML page of an error": b"<!doctype html><title>502</title><p>Bad gateway</p>",
    "a header and no sound": wav(0.0),
    "another RIFF file": b"RIFF\x24\x00\x00\x00AVI LIST" + b"\x00" * 64,
    "a sound that is cut off": wav(1.0)[:5000],
    "a sound that is too large": wav(10.0),
}


@pytest.mark.parametrize("body", NOT_AUDIO.values(), ids=NOT_AUDIO.keys())
def test_what_is_not_a_sound_is_never_kept(
    engine: sa.Engine, folder: Path, twilio: TwilioApi, body: bytes
) -> None:
    """It stays at Twilio, and after the last attempt a human is told."""
    twilio.recordings[SID] = body
    job = fetcher(engine, folder, account(twilio.url), attempts=2)
    recording_id = noted(engine)
    assert job.fetch(recording_id) == "failed"
    with capture_logs() as logs:
        assert again(job, recording_id) == "dead"
    assert list(folder.iterdir()) == []
    assert SID in twilio.recordings
    assert [e["log_level"] for e in logs if e["event"] == "recording_given_up"] == ["error"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(
    engine: sa.Engine, folder: Path, twilio: TwilioApi, status: int
) -> None:
    """Not even within the same host: nothing but the address that we made is asked."""
    twilio.recordings[SID] = wav()

    def redirect(_request: Request) -> Response:
        return Response(status=status, headers={"location": f"{twilio.url}/elsewhere"})

    twilio.next_answer = redirect
    job = fetcher(engine, folder, account(twilio.url))
    assert job.fetch(noted(engine)) == "failed"
    (row,) = recordings_of(engine, CALL)
    assert "redirect" in str(row.last_error)
    assert len(twilio.requests) == 1
    assert list(folder.iterdir()) == []


def test_a_name_that_leads_to_a_private_address_is_not_asked(
    engine: sa.Engine, folder: Path
) -> None:
    """Not a byte is sent to it: somebody who bends our DNS gets no token."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        job = fetcher(engine, folder, account(f"https://localhost:{port}"))
        assert job.fetch(noted(engine)) == "failed"
        with pytest.raises(BlockingIOError):
            listener.accept()
    (row,) = recordings_of(engine, CALL)
    assert "not public" in str(row.last_error)


@pytest.mark.parametrize(
    "address", ["https://10.0.0.1", "https://169.254.169.254", "https://192.168.1.1:8443"]
)
def test_a_private_address_is_not_asked(engine: sa.Engine, folder: Path, address: str) -> None:
    """Written out it is refused as well."""
    job = fetcher(engine, folder, account(address))
    assert job.fetch(noted(engine)) == "failed"
    assert "not public" in str(recordings_of(engine, CALL)[0].last_error)


@pytest.mark.parametrize(
    "address",
    [
        "http://api.twilio.com",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "https://user:password@api.twilio.com",
        "https://api.twilio.com?to=elsewhere",
        "api.twilio.com",
        "",
    ],
)
def test_a_base_that_would_give_the_token_away_is_no_base(address: str) -> None:
    """Plain http only to a loopback address that is written out."""
    with pytest.raises(ValueError, match="address must"):
        account(address)


def test_the_token_stands_in_no_text_of_the_account() -> None:
    """A repr lands in logs."""
    assert TOKEN not in repr(account("https://api.twilio.com"))


def test_a_wrong_token_is_told_and_nothing_is_kept(
    engine: sa.Engine, folder: Path, twilio: TwilioApi
) -> None:
    """401 is a fault of the configuration: it is tried again until it is mended."""
    twilio.recordings[SID] = wav()
    wrong = TwilioAccount(account(twilio.url).sid, "another", twilio.url, 5.0)
    job = fetcher(engine, folder, wrong)
    assert job.fetch(noted(engine)) == "failed"
    assert recordings_of(engine, CALL)[0].last_error == "HTTP 401"


def test_a_path_in_a_name_is_refused(engine: sa.Engine, folder: Path, twilio: TwilioApi) -> None:
    """Also when somebody wrote it into the database."""
    twilio.recordings[SID] = wav()
    recording_id = noted(engine)
    with engine.begin() as connection:
        connection.execute(recordings.update().values(name="../../outside.wav"))
    job = fetcher(engine, folder, account(twilio.url))
    assert job.fetch(recording_id) == "failed"
    assert recordings_of(engine, CALL)[0].last_error == "the name is not one of ours"
    assert twilio.requests == []


@pytest.mark.parametrize("answer", (ENDLESS | SAID_SO).values(), ids=(ENDLESS | SAID_SO).keys())
def test_a_server_that_never_ends_its_answer_is_left(
    engine: sa.Engine, folder: Path, answer: Answer
) -> None:
    """One attempt ends within its time and at its size, wherever in the answer bytes drip."""
    with receiver(answer) as there:
        reached = account(f"http://127.0.0.1:{there.port}", timeout_s=0.4)
        job = fetcher(engine, folder, reached)
        assert job.fetch(noted(engine)) == "failed"
    assert list(folder.iterdir()) == []


def test_attempts_that_are_cut_off_are_counted(
    any_engine: sa.Engine, folder: Path, twilio: TwilioApi
) -> None:
    """A worker that is killed in the middle settles nothing: after the last nothing is asked."""
    recording_id = noted(any_engine)
    with any_engine.begin() as connection:
        then = database_now(connection) - timedelta(seconds=1)
        values = {"attempts": 3, "lease_token": "gone", "lease_until": then}
        connection.execute(recordings.update().values(values))
    job = fetcher(any_engine, folder, account(twilio.url), attempts=3)
    assert job.fetch(recording_id) == "dead"
    assert job.fetch(recording_id) == "skipped"
    assert twilio.requests == []
    assert recordings_of(any_engine, CALL)[0].state == "dead"


def test_an_attempt_counts_when_it_begins(
    any_engine: sa.Engine, folder: Path, twilio: TwilioApi
) -> None:
    """While it is under way, and before anything is asked."""
    recording_id = noted(any_engine)
    seen: list[int] = []

    def look(_request: Request) -> Response:
        seen.append(recordings_of(any_engine, CALL)[0].attempts)
        return Response(status=503, headers={"retry-after": "1"})

    twilio.next_answer = look
    job = fetcher(any_engine, folder, account(twilio.url))
    assert job.fetch(recording_id) == "failed"
    assert seen == [1]


def test_two_jobs_at_once_fetch_once(engine: sa.Engine, folder: Path, twilio: TwilioApi) -> None:
    """The lease in SQL lets one in."""
    twilio.recordings[SID] = wav()
    recording_id = noted(engine)
    outcomes: list[str] = []
    start = threading.Barrier(4)
    job = fetcher(engine, folder, account(twilio.url))

    def run(step: Callable[[str], str] = job.fetch) -> None:
        start.wait(5)
        outcomes.append(step(recording_id))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["kept", "skipped", "skipped", "skipped"]
    assert [method for method, _ in twilio.requests] == ["GET", "DELETE"]
