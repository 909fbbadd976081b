"""One call is told with all that belongs to it, in the order in which it happened."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from blacklist.entry import new_entry
from blacklist.record.entries import put_entry, row_of
from blacklist.record.fields import Evidence
from blacklist.record.strikes import add_strike
from call_handlers.records import Record, write_records
from call_handlers.timeline import Moment, story_of
from lab.seeding.plan import Plan
from lab.seeding.seed import seed
from recordings.kept import is_kept, opened, sound_of
from recordings.register import note_recording
from recordings.schema import recordings
from tests.fixtures.record import AMAL, MAHA, NUMBER
from tests.fixtures.statements import asked_of
from tests.integration.calls.test_records import FACTS
from tests.integration.seeding.test_seed import CITY
from tickets.model import Address, NewTicket
from tickets.open import open_ticket

START = datetime.fromtimestamp(FACTS.started_ms / 1000, UTC)
CALL = FACTS.call_id
PLACE = Address(building_number="7421", postal_code="23218")


def at(seconds: float) -> datetime:
    """A moment of the call."""
    return START + timedelta(seconds=seconds)


def event(turn: int, seconds: float, kind: str, kept: str, node: str = "main") -> str:
    """What came of a turn, as it is stored."""
    moment = FACTS.started_ms + int(seconds * 1000)
    told = {"turn": turn, "node": node, "language": "ar", "prompts": [node], "ms": 900}
    return json.dumps(told | {"kind": kind, "input": kept, "at_ms": moment})


def write_call(engine: sa.Engine, references: tuple[str, ...] = ()) -> None:
    """A call in which something was pressed, spoken and sent."""
    events = (
        event(1, 4, "digits", "1"),
        event(2, 20, "recording", "12000 ms", "description"),
        event(3, 25, "recording", "unavailable", "message"),
        event(4, 31, "effect", "opened", "open_report"),
        event(5, 40, "end", "done", "goodbye"),
    )
    ended = FACTS.started_ms + 40_000
    record = Record(FACTS, ended_ms=ended, disposition="completed", tickets=references)
    write_records(engine, [replace(record, events=events)])


def names(moments: tuple[tuple[datetime, Moment], ...]) -> list[str]:
    """What kind of thing each moment is."""
    return [type(one).__name__ for _, one in moments]


def test_a_call_is_told_in_the_order_in_which_it_happened(
    any_engine: sa.Engine, tmp_path: Path
) -> None:
    """Turns, what was spoken, the ticket, and the strike after it."""
    new = NewTicket(origin="call:1", service_code="RD_HOLE", call_id=CALL, address=PLACE)
    ticket = open_ticket(any_engine, new, destinations=[], now=at(31.5))
    write_call(any_engine, (ticket.service_request_id,))
    with any_engine.begin() as connection:
        add_strike(connection, NUMBER, by=AMAL, reason="abuse", now=at(60), call_id=CALL)
        add_strike(connection, NUMBER, by=AMAL, reason="flood", now=at(90), call_id="b" * 32)
    story = story_of(any_engine, CALL, tmp_path)
    assert story is not None
    assert names(story.moments) == [
        *("CallEvent", "CallEvent", "Spoken", "CallEvent", "CallEvent", "Ticket", "CallEvent"),
        "NotedStrike",
    ]
    assert [moment for moment, _ in story.moments] == sorted(m for m, _ in story.moments)
    assert [one.reason for one in story.strikes] == ["flood", "abuse"]
    assert [one.reason for one in story.struck] == ["abuse"]


def test_what_was_spoken_is_there_until_it_is_destroyed(
    any_engine: sa.Engine, tmp_path: Path
) -> None:
    """Who looks sees whether it can be heard, and when it went."""
    write_call(any_engine)
    story = story_of(any_engine, CALL, tmp_path)
    assert story is not None
    (spoken,) = story.spoken
    assert (spoken.reference, spoken.seconds) == (f"{CALL}-2", 12.0)
    assert (spoken.kept, spoken.removed_at) == (False, None)
    (tmp_path / f"{CALL}-2.wav").write_bytes(b"RIFF")
    sid = "RE" + "0" * 32
    note_recording(any_engine, call_id=CALL, turn=2, recording_sid=sid, now=START)
    with any_engine.begin() as connection:
        connection.execute(recordings.update().values(removed_at=at(99)))
    story = story_of(any_engine, CALL, tmp_path)
    assert story is not None
    assert (story.spoken[0].kept, story.spoken[0].removed_at) == (True, at(99))


def test_an_addition_shows_the_ticket_that_it_was_made_to(
    any_engine: sa.Engine, tmp_path: Path
) -> None:
    """The ticket is another call's, so it was not opened in this one."""
    other = NewTicket(origin="call:2", service_code="RD_HOLE", call_id="b" * 32, address=PLACE)
    ticket = open_ticket(any_engine, other, destinations=[], now=START - timedelta(days=2))
    write_call(any_engine, (ticket.service_request_id,))
    story = story_of(any_engine, CALL, tmp_path)
    assert story is not None
    assert [one.service_request_id for one in story.tickets] == [ticket.service_request_id]
    assert "Ticket" not in names(story.moments)


def test_the_blocklist_tells_what_rests_on_this_call(any_engine: sa.Engine, tmp_path: Path) -> None:
    """And what else stood about the number; of a prefix it is in, nothing."""
    write_call(any_engine)
    with any_engine.begin() as connection:
        for days, calls in ((3, (CALL,)), (9, ("b" * 32,))):
            entry = new_entry(NUMBER, reason="abuse", who="maha", now=at(100 + days), days=days)
            row = row_of("number", entry, evidence=Evidence(calls=calls))
            put_entry(connection, row, MAHA, at(100 + days))
    story = story_of(any_engine, CALL, tmp_path)
    assert story is not None
    assert [one.ended_why for one in story.entries] == ["", "replaced"]
    assert [one.calls for one in story.rests_on_it] == [(CALL,)]


def test_nothing_stands_about_who_shows_no_number(any_engine: sa.Engine, tmp_path: Path) -> None:
    """Callers who withhold theirs are not one person."""
    hidden = replace(FACTS, e164=None, caller="", withheld=True)
    write_records(any_engine, [Record(hidden)])
    story = story_of(any_engine, CALL, tmp_path)
    assert story is not None
    assert (story.strikes, story.entries, story.moments) == ((), (), ())


def test_there_is_no_story_of_a_call_that_never_was(any_engine: sa.Engine, tmp_path: Path) -> None:
    """A link may be old, or made up."""
    assert story_of(any_engine, "' OR 1=1 --", tmp_path) is None


def test_a_story_takes_few_questions(any_engine: sa.Engine, tmp_path: Path) -> None:
    """As many for a long call as for a short one."""
    list(seed(any_engine, Plan(50, 20, 3, 1, 50, START), CITY))
    with asked_of(any_engine) as asked:
        assert story_of(any_engine, CALL, tmp_path) is None
    assert len(asked) == 1
    with any_engine.connect() as connection:
        calls = connection.scalars(sa.text("SELECT id FROM calls ORDER BY turns DESC")).all()
    for call_id in (calls[0], calls[-1]):
        with asked_of(any_engine) as asked:
            assert story_of(any_engine, call_id, tmp_path) is not None
        assert len(asked) <= 6


@pytest.mark.parametrize("reference", ["../secret", f"{CALL}-1/../x", "", f"{CALL}-99999", CALL])
def test_nothing_but_a_recording_is_opened(tmp_path: Path, reference: str) -> None:
    """A name is a call and a turn, and no path."""
    assert opened(tmp_path, reference) is None
    assert sound_of(tmp_path, reference) is None
    assert not is_kept(tmp_path, reference)


def test_a_recording_is_read_from_where_the_listener_wants(tmp_path: Path) -> None:
    """So a minute need not be sent again for its last second."""
    (tmp_path / f"{CALL}-2.wav").write_bytes(b"0123456789")
    file = opened(tmp_path, f"{CALL}-2")
    assert file is not None
    with file:
        file.seek(6)
        assert file.read(3) == b"678"
    assert sound_of(tmp_path, f"{CALL}-2") == b"0123456789"
