"""`hotline records`: what people and programs see, and the exit status."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from call_handlers.records import write_records
from hotline.cli.records import records_group
from hotline.settings import load_settings
from recordings.register import note_recording
from tests.fixtures.calls import House, arrival, play, to_confirm
from tests.fixtures.house import house_of
from tests.fixtures.vcon_rules import check_vcon
from tests.integration.calls.test_history import a_call

Run = Callable[..., Result]


@pytest.fixture
def run(house: House, tmp_path: Path) -> Iterator[Run]:
    """Run `hotline records ...` on the house's database."""
    services = house_of(
        load_settings(
            {
                "DATABASE_URL": house.engine.url.render_as_string(),
                "HOTLINE_STATE_DIR": str(tmp_path),
            }
        )
    )

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(records_group, arguments, obj=services)

    yield command
    services.close()


@pytest.fixture
def call_id(house: House) -> str:
    """A report that was completed at noon in Riyadh, and the only record there is."""
    desk = house.desk()
    call = play(desk, to_confirm(desk, desk.begin(arrival())), "1")
    house.clock.now += 95
    desk.end(call, "hangup")
    house.flush()
    return call.call_id


def test_list_is_a_table(run: Run, call_id: str) -> None:
    """One line a call, with the whole id and the local time, however narrow the terminal."""
    result = run("list")
    assert result.exit_code == 0
    head, line = result.stdout.splitlines()
    assert head.split() == [
        "call",
        "started",
        "seconds",
        "caller",
        "verdict",
        "disposition",
        "tickets",
    ]
    assert line.startswith(f"{call_id}  2099-11-24 12:00:00  95       +966501234567  allow")


def test_list_as_json_is_exact(run: Run, call_id: str) -> None:
    """For programs: UTC, whole ids."""
    (one,) = json.loads(run("list", "--json").stdout)
    assert (one["id"], one["started_at"]) == (call_id, "2099-11-24T09:00:00+00:00")
    assert "events" not in one


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--since", "2099-11-24T12:00"), 1),
        (("--since", "2099-11-24T12:01"), 0),
        (("--since", "2099-11-24T09:00:00Z", "--until", "2099-11-24T09:00:01+00:00"), 1),
        (("--until", "2099-11-24"), 1),
        (("--until", "2099-11-23"), 0),
        (("--until", "2099-11-24T00:00"), 0),
        (("--since", "2099-11-25"), 0),
        (("--caller", "050 123 4567"), 1),
        (("--caller", "withheld"), 0),
        (("--disposition", "abandoned"), 0),
        (("--channel", "asterisk", "--disposition", "completed"), 1),
        (("--disposition", "answered"), 1),
        (("--disposition", "in_progress"), 0),
        (("--verdict", "allow"), 1),
        (("--verdict", "block"), 0),
        (("--node", "main"), 0),
        (("--reference", "123456782"), 0),
    ],
)
def test_filters_are_in_local_time(
    run: Run, call_id: str, options: tuple[str, ...], found: int
) -> None:
    """A time without a zone is the hotline's; until a date is until its end."""
    assert len(json.loads(run("list", "--json", *options).stdout)) == found


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--since", "yesterday"),
        ("list", "--since", "99999999999d"),
        ("list", "--since", "٣d"),
        ("list", "--disposition", "fine"),
        ("list", "--limit", "0"),
        ("export",),
        ("export", "--format", "xml"),
        ("show",),
    ],
)
def test_wrong_usage_is_status_two(run: Run, arguments: tuple[str, ...]) -> None:
    """And says what is right."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr


def test_show_tells_the_story(run: Run, call_id: str) -> None:
    """Who, what was said and pressed and when, how it came out."""
    result = run("show", call_id)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == f"Call {call_id}, by asterisk, 2099-11-24 12:00:00 (Asia/Riyadh)"
    assert "  caller       +966501234567, attested A" in lines
    assert "  outcome      completed after 95 s, at reference" in lines
    assert "  12:00:00    1 language: welcome, danger, danger, danger, language" in lines
    assert "  12:00:00      caller pressed 1" in lines
    assert "  12:00:00      caller pressed 4 keys" in lines
    assert "  12:01:35      the call ended: hangup" in lines
    assert "7421" not in result.stdout


def test_show_names_the_recordings_that_the_provider_held(
    run: Run, call_id: str, house: House
) -> None:
    """Under the name of ours, and how far each is."""
    sid, now = "RE" + "5" * 32, datetime(2099, 11, 24, 9, 1, tzinfo=UTC)
    note_recording(house.engine, call_id=call_id, turn=7, recording_sid=sid, now=now)
    assert f"  recording    {call_id}-7.wav, pending" in run("show", call_id).stdout.splitlines()
    (shown,) = json.loads(run("show", call_id, "--json").stdout)["recordings"]
    assert (shown["provider_sid"], shown["created_at"]) == (sid, "2099-11-24T09:01:00+00:00")


def test_show_takes_an_id_as_people_paste_it(run: Run, call_id: str) -> None:
    """Upper case, hyphens, a blank."""
    dashed = f" {call_id[:8]}-{call_id[8:12]}-{call_id[12:]} ".upper()
    assert json.loads(run("show", dashed, "--json").stdout)["id"] == call_id


@pytest.mark.parametrize("arguments", [("show",), ("export", "--format", "jsonl", "--call")])
def test_an_unknown_call_is_status_one(run: Run, arguments: tuple[str, ...]) -> None:
    """And is named."""
    result = run(*arguments, "f" * 32)
    assert result.exit_code == 1
    assert "no call has this id" in result.stderr
    assert result.stdout == ""


def test_export_as_json_lines(run: Run, call_id: str) -> None:
    """One object a line, with events."""
    (line,) = run("export", "--format", "jsonl").stdout.splitlines()
    assert json.loads(line)["events"][0]["node"] == "language"


def test_export_as_csv(run: Run, call_id: str) -> None:
    """A byte order mark first, CRLF, and the number as text."""
    raw = run("export", "--format", "csv").stdout_bytes
    assert raw.startswith(b"\xef\xbb\xbfid,")
    assert raw.count(b"\r\n") == 2
    assert b"\r\r\n" not in raw
    (row,) = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    assert row["e164"] == "'+966501234567"


def test_export_as_vcon(run: Run, call_id: str) -> None:
    """One vCon a line, each by the draft's rules."""
    (line,) = run("export", "--format", "vcon", "--call", call_id).stdout.splitlines()
    whole = json.loads(line)
    check_vcon(whole)
    assert whole["parties"][0]["tel"] == "tel:+966501234567"
    assert "7421" not in line


def test_export_to_a_file(run: Run, call_id: str, tmp_path: Path) -> None:
    """As it would be on stdout; a folder that is not there is status 1."""
    path = tmp_path / "calls.csv"
    result = run("export", "--format", "csv", "--output", str(path))
    assert (result.exit_code, result.stdout) == (0, "")
    assert path.read_bytes() == run("export", "--format", "csv").stdout_bytes
    missing = run("export", "--format", "csv", "--output", str(tmp_path / "none" / "calls.csv"))
    assert missing.exit_code == 1
    unbroken = "".join(c for c in missing.stderr if c not in " \n│")  # the panel breaks long lines
    assert "none/calls.csv" in unbroken


def test_an_export_of_many_calls_is_whole(run: Run, house: House) -> None:
    """More than one batch."""
    write_records(house.engine, [a_call(number, seconds=number) for number in range(1203)])
    lines = run("export", "--format", "jsonl").stdout.splitlines()
    assert [int(json.loads(line)["id"]) for line in lines] == list(range(1203))


def test_a_database_that_is_away_is_status_one(run: Run, house: House) -> None:
    """Said in one line, without a traceback."""
    with house.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE calls RENAME TO elsewhere")
    for arguments in (("list",), ("show", "a"), ("export", "--format", "vcon")):
        result = run(*arguments)
        assert result.exit_code == 1
        assert "database:" in result.stderr
