"""A draft waits for its recording, is made once, told once the office has the ticket, and ends."""

import os
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa
from structlog.testing import capture_logs

from host.inherited import inherited
from outbox.lanes import Lane
from outbox.relay import RelayPolicy, relay_once
from outbox.retry import RetryPolicy
from recordings.drafting import LANE, Drafter, draft_work
from recordings.drafts import ask_for_draft, drafts_of
from recordings.fields import Draft
from recordings.register import note_recording
from recordings.retention import remove_old_recordings
from recordings.schema import drafts, recordings
from recordings.transcriber import Transcriber
from store.sql import database_now
from tests.fixtures import recogniser
from tests.fixtures.recordings import CALL, SID, wav
from tests.fixtures.tickets import new_ticket, wait_until
from tickets.model import Ticket
from tickets.open import open_ticket
from tickets.outbox import list_deliveries
from tickets.schema import deliveries
from tickets.spoken import hand_out_draft, names_draft, recordings_named

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
REFERENCE = f"{CALL}-7"
WORDS = "a word of the caller"


def ask(connection: sa.Connection, ticket: Ticket) -> None:
    """As the house does with each ticket."""
    for reference in recordings_named(ticket):
        ask_for_draft(
            connection,
            ticket_id=ticket.idempotency_key,
            recording_ref=reference,
            language=ticket.language,
        )


def opened(engine: sa.Engine, **changes: Any) -> Ticket:
    """A report with a recording, whose draft is asked for."""
    with engine.begin() as connection:
        for table in (drafts, deliveries):
            connection.execute(table.delete())
    new = new_ticket(os.urandom(8).hex(), recording_ref=REFERENCE, **changes)
    return open_ticket(engine, new, destinations=["backoffice"], now=NOW, beside=ask)


def drafter(
    engine: sa.Engine, folder: Path, how: str = "says", transcriber: Transcriber | None = None
) -> Drafter:
    """A drafter whose program does `how`, and who tries again at once."""
    words = (sys.executable, recogniser.__file__, how, "{language}", "{file}")
    made = Transcriber(words, 20.0, inherited(os.environ))
    retry = RetryPolicy(base_s=0.0001, cap_s=0.0001, max_attempts=3)
    return Drafter(engine, folder, transcriber or made, hand_out_draft, days=90, retry=retry)


def of(engine: sa.Engine, ticket: Ticket) -> Draft:
    """The ticket's only draft."""
    (draft,) = drafts_of(engine, ticket.idempotency_key)
    return draft


def hold_the_clock(engine: sa.Engine) -> None:
    """Whatever waits is due."""
    with engine.begin() as connection:
        then = database_now(connection) - timedelta(seconds=1)
        connection.execute(drafts.update().values(next_attempt_at=then))


def acknowledge(engine: sa.Engine) -> None:
    """The office has the ticket."""
    with engine.begin() as connection:
        connection.execute(deliveries.update().values(state="acknowledged"))


def test_a_draft_says_what_it_is_who_made_it_and_when(any_engine: sa.Engine, folder: Path) -> None:
    """With its end, which is the recording's; the ticket itself is as it was."""
    ticket = opened(any_engine)
    path = folder / f"{REFERENCE}.wav"
    path.write_bytes(wav(1.5))
    job = drafter(any_engine, folder)
    before = of(any_engine, ticket)
    assert (before.state, before.text) == ("pending", None)
    assert job.draft(before.id) == "ready"
    draft = of(any_engine, ticket)
    assert draft.text == "ar: 1.5 s of a hole [31m in the road حُفْرَةْ"
    assert (draft.made_by, draft.attempts) == (Path(sys.executable).name, 1)
    assert draft.made_at is not None
    assert draft.delete_after is not None
    made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    assert draft.delete_after == made + timedelta(days=90)


def test_a_ticket_and_its_draft_are_asked_for_together_and_once(any_engine: sa.Engine) -> None:
    """The same origin again asks for nothing more; a message left besides has one of its own."""
    ticket = opened(any_engine)
    more = new_ticket(ticket.origin, recording_ref=REFERENCE)
    open_ticket(any_engine, more, destinations=["backoffice"], now=NOW, beside=ask)
    assert of(any_engine, ticket).recording_ref == REFERENCE
    both = opened(any_engine, attributes={"message_ref": f"{CALL}-9"})
    assert [draft.turn for draft in drafts_of(any_engine, both.idempotency_key)] == [7, 9]


def test_what_is_no_reference_of_ours_is_not_asked_for(any_engine: sa.Engine) -> None:
    """No name of a file is made of it."""
    with any_engine.begin() as connection:
        connection.execute(drafts.delete())
        for odd in ("", "../../etc/passwd", f"{CALL}-7.wav", f"{CALL}-7\n", "x"):
            ask_for_draft(connection, ticket_id="t", recording_ref=odd, language="ar")
        assert connection.scalar(sa.select(sa.func.count()).select_from(drafts)) == 0


def test_a_recording_that_comes_late_is_waited_for(any_engine: sa.Engine, folder: Path) -> None:
    """Half of it is none yet; no attempt is counted until it is there."""
    ticket = opened(any_engine)
    job, path = drafter(any_engine, folder), folder / f"{REFERENCE}.wav"
    draft_id = of(any_engine, ticket).id
    assert job.draft(draft_id) == "waits"
    assert job.draft(draft_id) == "skipped", "it is not due at once"
    path.write_bytes(wav(1.5)[:5000])
    hold_the_clock(any_engine)
    assert job.draft(draft_id) == "waits"
    assert of(any_engine, ticket).attempts == 0
    path.write_bytes(wav(1.5))
    hold_the_clock(any_engine)
    assert job.draft(draft_id) == "ready"


@pytest.mark.parametrize("state", ["dead", "removed"])
def test_a_recording_that_will_not_come_is_waited_for_no_longer(
    any_engine: sa.Engine, folder: Path, state: str
) -> None:
    """Its register says that it was given up, or destroyed."""
    ticket = opened(any_engine)
    note_recording(any_engine, call_id=CALL, turn=7, recording_sid=SID, now=NOW)
    with any_engine.begin() as connection:
        connection.execute(recordings.update().values(state=state))
    assert drafter(any_engine, folder).draft(of(any_engine, ticket).id) == "dead"


def test_a_recording_is_not_waited_for_for_ever(any_engine: sa.Engine, folder: Path) -> None:
    """After a day and a half nothing brings it any more."""
    ticket = opened(any_engine)
    with any_engine.begin() as connection:
        then = database_now(connection) - timedelta(hours=37)
        connection.execute(drafts.update().values(created_at=then))
    assert drafter(any_engine, folder).draft(of(any_engine, ticket).id) == "dead"
    assert of(any_engine, ticket).last_error == "its recording has not come"


@pytest.mark.parametrize("how", ["fails", "floods"])
def test_a_program_that_fails_is_told_once_without_the_words(
    any_engine: sa.Engine, folder: Path, how: str
) -> None:
    """After its last attempt; the ticket and its delivery are as they were."""
    ticket = opened(any_engine)
    (folder / f"{REFERENCE}.wav").write_bytes(wav())
    job, draft_id = drafter(any_engine, folder, how), of(any_engine, ticket).id

    def attempt() -> str | None:
        outcome = job.draft(draft_id)
        return None if outcome == "skipped" else outcome

    with capture_logs() as logs:
        outcomes = [wait_until(attempt, "the next attempt is due") for _ in range(3)]
    assert outcomes == ["failed", "failed", "dead"]
    (told,) = [entry for entry in logs if entry["event"].startswith("draft_")]
    assert (told["event"], told["log_level"]) == ("draft_given_up", "warning")
    assert WORDS not in str(logs)
    assert of(any_engine, ticket).text is None
    (delivery,) = list_deliveries(any_engine)
    assert (delivery.destination, delivery.state, delivery.attempts) == ("backoffice", "pending", 0)


def test_nothing_understood_is_no_draft_and_no_failure(any_engine: sa.Engine, folder: Path) -> None:
    """It is not tried again, and nobody is told."""
    ticket = opened(any_engine)
    (folder / f"{REFERENCE}.wav").write_bytes(wav())
    acknowledge(any_engine)
    job, draft_id = drafter(any_engine, folder, "nothing"), of(any_engine, ticket).id
    assert [job.draft(draft_id), job.draft(draft_id)] == ["empty", "skipped"]
    assert len(list_deliveries(any_engine)) == 1


def test_a_draft_is_told_when_the_office_has_the_ticket_and_once(
    any_engine: sa.Engine, folder: Path
) -> None:
    """By a delivery of its own, on which no ticket waits."""
    ticket = opened(any_engine)
    (folder / f"{REFERENCE}.wav").write_bytes(wav())
    job, draft_id = drafter(any_engine, folder), of(any_engine, ticket).id
    assert job.draft(draft_id) == "ready"
    assert job.draft(draft_id) == "waits", "the office has no such ticket yet"
    acknowledge(any_engine)
    hold_the_clock(any_engine)
    assert [job.draft(draft_id), job.draft(draft_id)] == ["told", "skipped"]
    with any_engine.begin() as connection:  # a worker that died before it was written down
        connection.execute(drafts.update().values(state="ready", next_attempt_at=NOW))
    assert job.draft(draft_id) == "told"
    told = [(one.destination, one.event) for one in list_deliveries(any_engine)]
    event = f"recording.drafted:{draft_id[:14]}"
    assert sorted(told) == [("backoffice", "ticket.opened"), ("drafts", event)]


def test_two_notes_of_the_same_turn_of_their_calls_are_two_drafts(
    any_engine: sa.Engine, folder: Path
) -> None:
    """Each is told once, by a delivery of its own, which finds it and no other."""
    note = f"{'b' * 32}-7"
    ticket = opened(any_engine, attributes={"notes": [{"recording_ref": note}]})
    for reference in (REFERENCE, note):
        (folder / f"{reference}.wav").write_bytes(wav())
    job, both = drafter(any_engine, folder), drafts_of(any_engine, ticket.idempotency_key)
    assert {draft.recording_ref for draft in both} == {REFERENCE, note}
    assert [job.draft(draft.id) for draft in both] == ["ready"] * 2
    acknowledge(any_engine)
    hold_the_clock(any_engine)
    assert [job.draft(draft.id) for draft in both] == ["told"] * 2
    events = [one.event for one in list_deliveries(any_engine) if one.destination == "drafts"]
    names = [event.partition(":")[2] for event in events]
    assert len(names) == 2
    for draft in both:
        assert [names_draft(name, draft.id, draft.turn) for name in names].count(True) == 1
    assert names_draft("7", both[0].id, 7), "a delivery of the release before"


def test_a_draft_goes_with_the_ticket_that_its_caller_took_back(
    any_engine: sa.Engine, folder: Path
) -> None:
    """Nobody needs the words any more."""
    ticket = opened(any_engine)
    (folder / f"{REFERENCE}.wav").write_bytes(wav())
    job, draft_id = drafter(any_engine, folder), of(any_engine, ticket).id
    assert job.draft(draft_id) == "ready"
    with any_engine.begin() as connection:
        connection.execute(drafts.update().values(ticket_id="gone"))
    assert job.draft(draft_id) == "skipped"
    (draft,) = drafts_of(any_engine, "gone")
    assert (draft.state, draft.text) == ("removed", None)


def test_jobs_at_once_run_the_program_once(any_engine: sa.Engine, folder: Path) -> None:
    """The lease in SQL lets one in."""
    ticket = opened(any_engine)
    (folder / f"{REFERENCE}.wav").write_bytes(wav())
    job, draft_id = drafter(any_engine, folder), of(any_engine, ticket).id
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def run(step: Callable[[str], str] = job.draft) -> None:
        start.wait(5)
        outcomes.append(step(draft_id))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcomes.count("ready") == 1
    assert of(any_engine, ticket).attempts == 1


def test_attempts_that_are_cut_off_are_counted(any_engine: sa.Engine, folder: Path) -> None:
    """A worker that is killed in the middle settles nothing; after the last the program rests."""
    ticket = opened(any_engine)
    (folder / f"{REFERENCE}.wav").write_bytes(wav())
    with any_engine.begin() as connection:
        then = database_now(connection) - timedelta(seconds=1)
        values = {"attempts": 3, "lease_token": "gone", "lease_until": then}
        connection.execute(drafts.update().values(values))
    assert drafter(any_engine, folder).draft(of(any_engine, ticket).id) == "dead"


def test_a_worker_that_ends_gives_the_draft_back(any_engine: sa.Engine, folder: Path) -> None:
    """Due at once for another, and no attempt is lost."""
    ticket = opened(any_engine)
    (folder / f"{REFERENCE}.wav").write_bytes(wav())
    ending = threading.Event()
    words = (sys.executable, recogniser.__file__, "hangs", "{language}")
    made = Transcriber(words, 600.0, inherited(os.environ), ending=ending)
    threading.Timer(0.2, ending.set).start()
    draft_id = of(any_engine, ticket).id
    assert drafter(any_engine, folder, transcriber=made).draft(draft_id) == "waits"
    assert of(any_engine, ticket).attempts == 0
    assert drafter(any_engine, folder).draft(draft_id) == "ready"


def test_a_draft_ends_with_its_recording(any_engine: sa.Engine, folder: Path) -> None:
    """Also one that is made while the recording is destroyed."""
    ticket = opened(any_engine)
    path = folder / f"{REFERENCE}.wav"
    path.write_bytes(wav())
    job, draft_id = drafter(any_engine, folder), of(any_engine, ticket).id
    assert job.draft(draft_id) == "ready"
    then = datetime.now(UTC) + timedelta(days=91)
    assert remove_old_recordings(any_engine, folder, days=90, now=then) == 1
    draft = of(any_engine, ticket)
    assert (path.exists(), draft.state, draft.text) == (False, "removed", None)
    assert draft.removed_at == then
    again = opened(any_engine)
    path.write_bytes(wav())
    held = job._begin(of(any_engine, again).id)[0]
    assert held is not None
    remove_old_recordings(any_engine, folder, days=90, now=then)
    path.write_bytes(wav())  # as a program that had read it before sees it
    job._attempt(held)
    assert (of(any_engine, again).state, of(any_engine, again).text) == ("removed", None)


def test_a_recording_that_goes_while_its_program_runs_leaves_no_draft(
    any_engine: sa.Engine, folder: Path
) -> None:
    """No word is kept of what was destroyed, no end is made up for it, and the worker goes on."""
    ticket = opened(any_engine)
    path = folder / f"{REFERENCE}.wav"
    path.write_bytes(wav())
    words = ("sh", "-c", f'rm "$0"; echo {WORDS}', "{file}")
    made = Transcriber(words, 20.0, inherited(os.environ))
    job, draft_id = drafter(any_engine, folder, transcriber=made), of(any_engine, ticket).id
    assert [job.draft(draft_id), job.draft(draft_id)] == ["skipped", "skipped"]
    draft = of(any_engine, ticket)
    assert (path.exists(), draft.state, draft.text) == (False, "removed", None)
    assert draft.removed_at is not None


def test_a_draft_ends_where_the_files_are_elsewhere(any_engine: sa.Engine, folder: Path) -> None:
    """By the end that it has itself."""
    ticket = opened(any_engine)
    (folder / f"{REFERENCE}.wav").write_bytes(wav())
    assert drafter(any_engine, folder).draft(of(any_engine, ticket).id) == "ready"
    then = datetime.now(UTC) + timedelta(days=91)
    elsewhere = folder / "none"
    assert remove_old_recordings(any_engine, elsewhere, days=90, now=then) == 0
    assert of(any_engine, ticket).text is None


def test_a_program_has_its_row_for_as_long_as_it_may_take() -> None:
    """And a while: no other worker begins beside it."""
    assert draft_work(300.0).lease_s == 330.0


def test_a_draft_is_queued_again_only_when_its_program_must_have_ended(
    any_engine: sa.Engine, redis_url: str
) -> None:
    """Not after the seconds of a delivery: who waits behind a long one would be queued for ever."""
    opened(any_engine)
    lanes = [Lane(LANE, draft_work(300.0))]
    with redis.Redis.from_url(redis_url) as client:

        def queued(**since: float) -> int:
            with any_engine.begin() as connection:
                now = database_now(connection)
                values = {name: now + timedelta(seconds=ago) for name, ago in since.items()}
                if values:
                    connection.execute(drafts.update().values(values))
            return relay_once(any_engine, client, RelayPolicy(), lanes)

        assert queued() == 1
        assert queued(queued_at=-60) == 0
        assert queued(queued_at=-331) == 1
        assert queued(queued_at=-331, lease_until=200) == 0, "a worker is at it"
        assert queued(queued_at=-331, lease_until=-1) == 1, "it was killed"
        assert queued(queued_at=-331, lease_until=400) == 1, "the clock was set back"
