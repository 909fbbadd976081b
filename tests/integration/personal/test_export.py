"""A person asks what is kept of them: every room answers for its own tables."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import blacklist.record.schema
import call_handlers.schema
import people.schema
import recordings.schema
import tickets.schema
from blacklist.record.reviews import open_review
from blacklist.record.strikes import add_strike
from hotline.cli.personal import ROOMS, personal_group
from hotline.settings import load_settings
from ivr.event import Recorded
from recordings.register import note_recording
from tests.fixtures.calls import House, arrival, open_house, play
from tests.fixtures.dialog import REPORT
from tests.fixtures.house import house_of
from tests.fixtures.record import MAHA

CALLER, OTHER = "+966501234567", "+966509999999"
FINDS_A_PERSON = frozenset({"e164", "phone", "caller", "number", "subject"})
"""Names of columns by which a caller can be found."""
OF_NOBODY = frozenset({"pins"})
"""Tables with such a column that is no caller's: the number that a colleague keys."""


@pytest.fixture
def house(tmp_path: Path, redis_url: str) -> Iterator[House]:
    """A Redis, a database, and desks on them."""
    with open_house(tmp_path, redis_url) as opened:
        yield opened


def exported(house: House, number: str, *more: str) -> Result:
    """What the command says of a number, on the house's database."""
    url = house.engine.url.render_as_string(hide_password=False)
    state = str(Path(url.rpartition("///")[2]).parent)
    given = {"DATABASE_URL": url, "REDIS_URL": house.redis_url, "HOTLINE_STATE_DIR": state}
    services = house_of(load_settings(given))
    try:
        return CliRunner().invoke(
            personal_group, ["export", number, "--who", "maha", *more], obj=services
        )
    finally:
        services.close()


def lived(house: House, caller: str, provider: str) -> None:
    """Somebody reports a pothole with a recording, is struck, and asks for a review."""
    desk = house.desk()
    call = desk.begin(arrival(provider, caller=caller))
    call = play(desk, call, *REPORT)
    call = play(desk, call, Recorded(desk.recording_name(call), 3000))
    desk.end(play(desk, call, "1"), "done")
    house.flush()
    now = house.clock.moment()
    sid = f"RE{call.call_id}"
    note_recording(house.engine, call_id=call.call_id, turn=8, recording_sid=sid, now=now)
    with house.engine.begin() as connection:
        add_strike(connection, caller, by=MAHA, reason="abuse", now=now)
    open_review(
        house.engine,
        number=caller,
        call_id=call.call_id,
        recording_ref="",
        now=now,
        answer_within=timedelta(days=3),
    )


def test_everything_that_is_kept_of_a_number_is_told_and_nothing_of_another(house: House) -> None:
    """In whatever way the number is written; the audit names who asked."""
    lived(house, CALLER, "1")
    lived(house, OTHER, "2")
    done = exported(house, "0501234567")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    counts = {table: len(rows) for table, rows in told["kept"].items()}
    assert {table for table, rows in counts.items() if rows} == {
        *("calls", "call_events", "recordings", "tickets", "ticket_departments", "deliveries"),
        *("blacklist_strikes", "blacklist_reviews", "blacklist_audit"),
    }
    assert (counts["calls"], counts["tickets"], counts["blacklist_strikes"]) == (1, 1, 1)
    assert OTHER not in done.stdout
    assert told["kept"]["tickets"][0]["phone"] == CALLER
    asked = [one for one in told["kept"]["blacklist_audit"] if "export" in one["action"]]
    assert [(one["who"], one["subject"]) for one in asked] == [("maha", CALLER)]


def test_a_file_is_for_its_owner_alone(house: House, tmp_path: Path) -> None:
    """It holds what a citizen has said."""
    lived(house, CALLER, "1")
    file = tmp_path / "out.json"
    assert exported(house, CALLER, "--output", str(file)).exit_code == 0
    assert file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text(encoding="utf-8"))["number"] == CALLER


@pytest.mark.parametrize("number", ["", "withheld", "12", "+966"])
def test_what_is_no_number_is_refused(house: House, number: str) -> None:
    """And nothing is noted."""
    assert exported(house, number).exit_code == 2


def test_no_table_by_which_a_caller_can_be_found_is_forgotten() -> None:
    """Whoever adds one is told here, until its room answers for it."""
    schemas = (
        *(blacklist.record.schema, call_handlers.schema, people.schema),
        *(recordings.schema, tickets.schema),
    )
    answered = {table.name for room in ROOMS for table in room.PERSONAL}
    found = {
        table.name
        for schema in schemas
        for table in schema.metadata.tables.values()
        if FINDS_A_PERSON & {column.name for column in table.columns}
    }
    assert found - OF_NOBODY <= answered
    keyed = {
        table.name
        for schema in schemas
        for table in schema.metadata.tables.values()
        if any(key.column.table.name in answered for key in table.foreign_keys)
    }
    assert keyed <= answered
