"""`hotline blacklist` as a person uses it."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import redis
from click.testing import CliRunner, Result
from pydantic import SecretStr

from hotline.bootstrap import Services
from hotline.cli.blacklist import blacklist_group
from hotline.settings import Settings
from store.database import make_engine
from tests.fixtures.house import house_of
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.recorded import Kept, keep_calls
from tests.fixtures.spellings import MOBILE, SPELLINGS

Run = Callable[..., Result]


def runner_for(redis_url: str, database_url: str, folder: Path) -> tuple[Run, Services]:
    """A way to run the command on a Redis and a database."""
    settings = Settings(
        redis_url=SecretStr(redis_url), database_url=SecretStr(database_url), state_dir=folder
    )
    services = house_of(settings)

    def run(*arguments: str, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(blacklist_group, arguments, obj=services, input=stdin)

    return run, services


@pytest.fixture
def run(redis_url: str, database_url: str, tmp_path: Path) -> Iterator[Run]:
    """Runs the command on an empty Redis and an empty database."""
    command, services = runner_for(redis_url, database_url, tmp_path)
    yield command
    services.close()


def test_a_number_is_added_shown_listed_and_removed(run: Run) -> None:
    """The life of an entry, in different spellings of one number."""
    added = run("add", "0501234567", "--reason", "harassment", "--who", "admin", "--note", "ليلاً")
    assert added.exit_code == 0
    assert "+966501234567" in added.output
    shown = json.loads(run("show", "00966501234567", "--json").output)
    assert (shown["reason"], shown["who"], shown["note"]) == ("harassment", "admin", "ليلاً")
    (listed,) = json.loads(run("list", "--json").output)
    assert (shown.pop("strikes"), shown.pop("allowed")) == ([], None)
    assert listed == shown
    assert "+966501234567" in run("list").output
    assert run("remove", "+966501234567").exit_code == 0
    assert json.loads(run("list", "--json").output) == []


@pytest.mark.parametrize("spelling", SPELLINGS[-40::6])
def test_an_entry_is_found_by_any_spelling_of_its_number(run: Run, spelling: str) -> None:
    """What was copied out of a log, a mail or a contact is the number that calls."""
    assert run("add", "--reason", "abuse", "--days", "3", "--", spelling).exit_code == 0
    assert json.loads(run("show", MOBILE, "--json").output)["number"] == MOBILE
    assert run("remove", "--", spelling).exit_code == 0
    assert json.loads(run("list", "--json").output) == []


def test_an_end_without_a_zone_is_local_time(run: Run) -> None:
    """People write Riyadh's time; UTC is stored."""
    import datetime

    day = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=3)
    done = run("add", "0501234567", "--reason", "abuse", "--until", f"{day}T10:00", "--json")
    assert json.loads(done.output)["until"] == f"{day}T07:00:00+00:00"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", "940", "--reason", "abuse"), "940 is the hotline itself"),
        (("add", "997", "--reason", "abuse"), "Red Crescent"),
        (("add", "05", "--reason", "abuse"), "full number"),
        (("add", "0501234567", "--reason", "abuse", "--days", "0"), "days"),
        (("add", "0501234567", "--reason", "abuse", "--until", "soon"), "until"),
        (("add", "0501234567", "--reason", "dislike"), "reason"),
        (("add", "0501234567"), "reason"),
        (("show", "x"), "full number"),
        (("remove", "940"), "940 is the hotline itself"),
        (("undo", ""), "prefix"),
        (("undo", "--change", "99999999999999999999"), "--change"),
        (("undo", "--batch", "0"), "--batch"),
        (("today", "--limit", "99999999999999999999"), "--limit"),
    ],
)
def test_what_is_refused_has_status_2_and_says_why(
    run: Run, arguments: tuple[str, ...], message: str
) -> None:
    """Wrong input is the person's to mend; nothing was written."""
    done = run(*arguments)
    assert done.exit_code == 2
    assert message in done.output
    assert json.loads(run("list", "--json").output) == []


def test_what_is_not_there_has_status_1(run: Run) -> None:
    """Asking for an entry that does not exist is no success."""
    assert run("show", "0501234567").exit_code == 1
    assert run("remove", "0501234567").exit_code == 1


def test_a_database_that_is_away_has_status_1_and_says_so(redis_url: str, tmp_path: Path) -> None:
    """No traceback."""
    nowhere = f"postgresql://x@127.0.0.1:{free_tcp_port()}/x"
    command, services = runner_for(redis_url, nowhere, tmp_path)
    done = command("list")
    services.close()
    assert done.exit_code == 1
    assert "DATABASE_URL" in done.output


def test_a_block_is_kept_when_redis_is_away(database_url: str, tmp_path: Path) -> None:
    """The record is SQL: the index is told later."""
    command, services = runner_for(f"redis://127.0.0.1:{free_tcp_port()}/0", database_url, tmp_path)
    added = command("add", "0501234567", "--reason", "abuse", "--who", "admin")
    (listed,) = json.loads(command("list", "--json").output)
    verified = command("verify")
    services.close()
    assert added.exit_code == 0
    assert listed["number"] == "+966501234567"
    assert verified.exit_code == 1
    assert "is Redis running" in verified.output


def test_text_of_people_cannot_drive_the_terminal(run: Run) -> None:
    """Escape sequences and markup in a note come out as plain text."""
    note = "\x1b[31m[bold]x[/bold]\r\nforged"
    assert run("add", "0501234567", "--reason", "abuse", "--note", note).exit_code == 0
    for shown in (run("show", "0501234567"), run("list"), run("history", "0501234567")):
        assert "[bold]" in shown.output
        assert "\x1b" not in shown.output
        assert "\r" not in shown.output


def test_rebuild_and_verify_name_every_difference(run: Run, redis_url: str) -> None:
    """An index that was emptied or meddled with is found out, and mended."""
    run("add", "0501234567", "--reason", "abuse")
    run("add", "0507654321", "--reason", "flood")
    assert run("rebuild").exit_code == 0
    assert run("verify").exit_code == 0
    with redis.Redis.from_url(redis_url) as client:
        client.delete(*client.keys("hotline:b*:966501234567"))
    found = run("verify", "--json")
    assert found.exit_code == 1
    assert json.loads(found.output) == {
        "agree": False,
        "differences": ["+966501234567: entry is missing in the index"],
    }
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    lost = run("verify")
    assert lost.exit_code == 1
    assert "+966507654321" in lost.output
    assert "never built" in lost.output
    assert run("rebuild").exit_code == 0
    assert "agree" in run("verify").output


def test_a_number_of_a_range_that_is_new_is_taken_with_a_note(run: Run) -> None:
    """052 can be blocked; whoever mistyped another number is asked to look again."""
    day = f"{datetime.now(ZoneInfo('Asia/Riyadh')) + timedelta(days=9):%Y-%m-%d}"
    told = run("add", "0521234567", "--reason", "flood", "--until", day)
    assert told.exit_code == 0
    assert f"+966521234567: block until {day} 23:59" in told.output
    assert "are all its digits right?" in told.output
    assert "are all its digits right?" not in run("add", "0501234567", "--reason", "flood").output
    tiny = run("add", "0501234567", "--reason", "flood", "--days", "0.0000001")
    assert (tiny.exit_code, "at least" in tiny.output) == (2, True)


def test_a_prefix_waits_for_a_second_person(run: Run) -> None:
    """Who asked cannot approve; a supervisor cannot either."""
    add = ("add", "05012345*", "--prefix", "--reason", "flood", "--days", "3", "--who", "maha")
    assert run(*add).exit_code == 0
    assert "waits" in run("list").output
    shown = run("show", "05012345", "--prefix").output
    assert "waits" in shown
    assert "with this rule: 0 calls stopped" in shown
    assert run("show", "05012346", "--prefix").exit_code == 1
    for who in ("maha", "Maha", " MAHA ", "\uff2daha", "ma\u200bha", "maha, extension op-1"):
        same = run("approve", "05012345", "--who", who)
        assert same.exit_code == 2
        assert "two people" in same.output
    assert run("approve", "05012345", "--who", "ali", "--role", "supervisor").exit_code == 2
    assert run("approve", "05012345", "--who", "nada").exit_code == 0
    assert "waits" not in run("list").output
    assert run("remove", "05012345", "--prefix").exit_code == 0
    assert json.loads(run("list", "--json").output) == []


def test_a_prefix_is_shown_with_whom_it_would_touch(run: Run, database_url: str) -> None:
    """By the recorded calls: what the second person reads, and what other programs do."""
    engine = make_engine(database_url)
    now = datetime.now(UTC)
    kept = [Kept("+966501234567", now, ticket=True), Kept("+966501234568", now, operator="amal")]
    keep_calls(engine, kept)
    added = run("add", "050123456", "--prefix", "--reason", "flood", "--who", "maha")
    assert "2 calls of 2 numbers" in added.output
    shown = run("show", "050123456", "--prefix")
    assert "with this rule: 2 calls stopped" in shown.output
    assert "1 with tickets, 1 struck, 0 both, 0 neither" in shown.output
    told = json.loads(run("show", "050123456", "--prefix", "--json").output)
    assert told["replay"]["with_rule"]["genuine"] == 1
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE calls RENAME TO lost")
    engine.dispose()
    refused = run("add", "050123457", "--prefix", "--reason", "flood")
    assert (refused.exit_code, "not accepted" in refused.output) == (1, True)
    assert run("show", "050123457", "--prefix").exit_code == 1


def test_strikes_are_shown_and_kept_in_the_history(run: Run) -> None:
    """A strike alone makes no entry, and is seen."""
    strike = ("strike", "0501234567", "--reason", "silent_call", "--who", "amal")
    assert "1 live strikes, warn" in run(*strike, "--role", "operator").output
    assert "counts already" in run(*strike, "--role", "operator").output
    shown = json.loads(run("show", "0501234567", "--json").output)
    assert [strike["operator"] for strike in shown["strikes"]] == ["amal"]
    assert [c["action"] for c in json.loads(run("history", "0501234567", "--json").output)] == [
        "strike",
        "strike",
    ]
    assert run("history", "0507654321").exit_code == 1


def test_an_operator_may_not_block(run: Run) -> None:
    """Operators strike."""
    done = run("add", "0501234567", "--reason", "abuse", "--role", "operator")
    assert done.exit_code == 2
    assert "supervisor" in done.output


def test_a_file_is_imported_exported_and_imported_again(run: Run, tmp_path: Path) -> None:
    """What is exported imports as it is, and changes nothing."""
    note = "=HYPERLINK(1)"
    source = f"number,reason,until,note\n0501234567,abuse,2099-01-01,{note}\n".encode()
    refused = run("import", "-", stdin=source)
    assert refused.exit_code == 2
    assert "row 2" in refused.output
    source = f"number,reason,note\n0501234567,abuse,{note}\n".encode()
    assert run("import", "-", "--dry-run", "--days", "3", stdin=source).exit_code == 0
    assert json.loads(run("list", "--json").output) == []
    assert "1 added" in run("import", "-", "--days", "3", stdin=source).output
    exported = tmp_path / "out.csv"
    assert run("export", "--output", str(exported)).exit_code == 0
    assert f"'{note}" in exported.read_text("utf-8-sig")
    again = run("import", str(exported))
    assert "1 unchanged" in again.output
    assert run("verify").exit_code == 0


def test_a_number_is_found_by_a_part_of_it(run: Run) -> None:
    """What somebody remembers of it: the middle, the end, or how it begins, as people write it."""
    for number in ("0501234567", "0555123400", "+441632960123"):
        assert run("add", number, "--reason", "abuse").exit_code == 0
    found = {
        "5512": ["+966555123400"],
        "123": ["+441632960123", "+966501234567", "+966555123400"],
        "0501": ["+966501234567"],
        "+44": ["+441632960123"],
        "050 123": ["+966501234567"],
        "999": [],
    }
    for part, numbers in found.items():
        entries = json.loads(run("list", "--like", part, "--json").output)
        assert sorted(entry["number"] for entry in entries) == numbers, part
    refused = run("list", "--like", "amal")
    assert (refused.exit_code, "some of its digits" in refused.output) == (2, True)


def test_the_audit_says_who_changed_what(run: Run) -> None:
    """Of all numbers, newest first, or those that are asked for."""
    assert run("add", "0501234567", "--reason", "abuse", "--who", "amal").exit_code == 0
    assert run("allow", "0507654321", "--who", "Badr").exit_code == 0
    assert run("remove", "0501234567", "--who", "badr").exit_code == 0

    def told(*arguments: str) -> list[str]:
        changes = json.loads(run("audit", *arguments, "--json").output)
        return [change["action"] for change in changes]

    assert told() == ["lifted", "allowed", "added"]
    assert told("0501234567") == ["lifted", "added"]
    assert told("--by", "BADR") == ["lifted", "allowed"]
    assert told("--action", "added") == ["added"]
    assert told("--since", "1h") == told()
    assert told("--until", "1h") == []
    assert told("--limit", "1") == ["lifted"]
    head, *lines = run("audit").output.splitlines()
    assert head.split()[:4] == ["change", "when", "what", "number"]
    assert [line.split()[4] for line in lines] == [
        *("+966501234567", "+966507654321", "+966501234567")
    ]


def test_a_history_without_a_number_says_what_it_needs(run: Run) -> None:
    """And which command tells of all numbers."""
    done = run("history")
    assert done.exit_code == 2
    assert "name a number" in done.output
    assert "blacklist audit" in done.output


def test_today_tells_a_shift_what_stands(run: Run) -> None:
    """Whole numbers, also where nobody is held; for programs as JSON in UTC."""
    assert "In force: nothing" in run("today").output
    assert run("add", "0501234567", "--reason", "abuse", "--note", "x" * 100).exit_code == 0
    assert run("strike", "0507654321", "--reason", "flood", "--who", "amal").exit_code == 0
    shown = run("today").output
    assert {"1", "block.", "+966501234567", "amal"} <= set(shown.split())
    told = json.loads(run("today", "--json").output)
    assert [entry["number"] for entry in told["held"]] == ["+966501234567"]
    assert (told["strikers"][0]["operator"], told["since"][-6:]) == ("amal", "+00:00")


def test_the_blacklist_of_freepbx_is_imported_as_it_is(run: Run) -> None:
    """It keeps neither a reason nor an end, which are asked for; its own settings are left out."""
    file = b"/blacklist/0501234567    : 1 \n/blacklist/blocked    : 1 \n2 results found.\n"
    how = ("import", "-", "--from", "freepbx")
    refused = run(*how, stdin=file)
    assert (refused.exit_code, "reason and days" in refused.output) == (2, True)
    with_all = (*how, "--reason", "abuse", "--days", "30")
    assert "1 added" in run(*with_all, "--dry-run", stdin=file).output
    assert json.loads(run("list", "--json").output) == []
    done = run(*with_all, stdin=file)
    assert (done.exit_code, "row 2: left out" in done.output) == (0, True)
    assert [entry["number"] for entry in json.loads(run("list", "--json").output)] == [MOBILE]
    wrong = run(*with_all, stdin=b"number,description\n0501234567,1\n05,1\n")
    assert (wrong.exit_code, "row 3: " in wrong.output) == (2, True)


def test_an_undo_says_what_it_will_do_and_asks(run: Run) -> None:
    """No is no; yes can be said beforehand; an import names itself."""
    assert run("add", "0501234567", "--reason", "abuse", "--note", "once").exit_code == 0
    asked = run("undo", "0501234567", stdin=b"n\n")
    assert asked.exit_code == 1
    assert {"added", "+966501234567", "note=once"} <= set(asked.output.split())
    assert run("show", "0501234567").exit_code == 0
    assert run("undo", "0501234567", "--role", "operator", "--yes").exit_code == 2
    assert "taken back" in run("undo", "0501234567", stdin=b"y\n").output
    assert run("show", "0501234567").exit_code == 1
    again = run("undo", "0501234567", "--yes")
    assert (again.exit_code, "already" in again.output) == (0, True)
    file = b"number,reason\n0501234567,abuse\n0507654321,abuse\n"
    told = run("import", "-", "--days", "3", stdin=file).output
    done = run(*told.rpartition("hotline blacklist ")[2].split(), "--yes", "--json")
    assert (done.exit_code, json.loads(done.stdout)["count"]) == (0, 2)
    assert json.loads(run("list", "--json").output) == []
    assert run("undo").exit_code == 2
