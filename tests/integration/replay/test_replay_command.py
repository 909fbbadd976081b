"""`hotline blacklist simulate` and `replay`: files, the record, tables, the figure, exit status."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from blacklist.record.schema import entries, strikes
from blacklist.replay.history import LABELLED
from call_handlers.recorded_calls import recorded_calls
from call_handlers.records import write_records
from hotline.cli.blacklist import blacklist_group
from hotline.settings import CONFIG_DIR, load_settings
from tests.fixtures.house import house_of
from tests.fixtures.replay import CALLER
from tests.fixtures.screening import default_policy
from tests.fixtures.tickets import database_url, engine
from tests.integration.calls.test_history import a_call

__all__ = ["database_url", "engine"]
Run = Callable[..., Result]
POLICY_FILE = CONFIG_DIR / "screening.yaml"
PNG = b"\x89PNG\r\n\x1a\n"
NOW = datetime.now(UTC)
ONE_CALL = f"{','.join(LABELLED)}\n1000,+966500000001,genuine,citizen,,\n"
READ_ONLY = """
for at in $(cut -d" " -f2 /proc/mounts); do mount -o bind,remount,ro "$at" 2>/dev/null; done
touch /tmp/written 2>/dev/null && exit 99
exec "$@"
"""
"""Runs a program where it can write nothing, as in a container that is read-only."""


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Iterator[Run]:
    """Run `hotline blacklist ...` on a database of its own."""
    settings = load_settings({"DATABASE_URL": database_url, "HOTLINE_STATE_DIR": str(tmp_path)})
    services = house_of(settings)

    def command(*arguments: object) -> Result:
        return CliRunner().invoke(blacklist_group, [*map(str, arguments)], obj=services)

    yield command
    services.close()


@pytest.fixture
def history(run: Run, tmp_path: Path) -> Path:
    """A file of simulated calls."""
    file = tmp_path / "calls.csv"
    assert run("simulate", "--seed", 940, "--calls", 20_000, "--out", file).exit_code == 0
    return file


def recorded(engine: sa.Engine, number: int, *, minutes: float, **facts: Any) -> str:
    """Write a call that began so many minutes ago; its id."""
    started = int((NOW - timedelta(minutes=minutes)).timestamp() * 1000)
    made = a_call(number, started_ms=started, **facts)
    write_records(engine, [replace(made, ended_ms=started + 9000)])
    return made.facts.call_id


def test_simulated_calls_are_the_same_in_a_file_and_on_stdout(run: Run, history: Path) -> None:
    """Byte for byte, and again for the same seed."""
    printed = run("simulate", "--seed", 940, "--calls", 20_000)
    assert printed.stdout == history.read_text(encoding="utf-8")


def test_a_new_policy_is_shown_beside_todays(run: Run, history: Path, tmp_path: Path) -> None:
    """Tables on stdout, the figure in its file, and no whole number anywhere."""
    new = tmp_path / "new.yaml"
    text = POLICY_FILE.read_text(encoding="utf-8")
    todays = f"{{calls: {default_policy().rate.windows[0].calls}, within: 60m}}"
    assert todays in text
    new.write_text(text.replace(todays, "{calls: 3, within: 60m}"), "utf-8")
    plot = tmp_path / "figure.png"
    result = run("replay", "--policy", new, "--calls", history, "--plot", plot)
    assert result.exit_code == 0, result.output
    for title in ("Calls by label and disposition", "Against today: harder for", "genuine"):
        assert title in result.stdout
    assert "+966500" not in result.stdout
    assert plot.read_bytes().startswith(PNG)
    assert plot.stat().st_size > 30_000


def test_a_figure_that_nobody_asked_for_is_had_where_it_can_be(
    run: Run, engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers are told also where nothing can be written, as in a container that is read-only."""
    recorded(engine, 1, minutes=30)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "replay.png").mkdir()
    result = run("replay")
    assert (result.exit_code, "no figure: replay.png" in result.stderr) == (0, True), result.output
    asked = run("replay", "--plot", tmp_path / "none" / "replay.png")
    assert isinstance(asked.exception, FileNotFoundError)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_numbers_are_told_where_nothing_at_all_can_be_written(tmp_path: Path) -> None:
    """Nor a cache of the figure's own program: no figure then, and the way to one."""
    done = subprocess.run(
        [
            *("unshare", "--mount", "sh", "-c", READ_ONLY, "sh"),
            *(sys.executable, "-m", "hotline", "blacklist", "replay", "--calls", "-"),
        ],
        input=ONE_CALL,
        env={**os.environ, "HOTLINE_STATE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Calls by label" in done.stdout
    assert "no figure: " in done.stderr
    assert "MPLCONFIGDIR" in done.stderr


def test_json_holds_every_figure_of_both_policies(run: Run, history: Path) -> None:
    """For other programs; the same policy twice changes nothing."""
    arguments = ("--policy", POLICY_FILE, "--calls", history, "--no-plot", "--json")
    found = json.loads(run("replay", *arguments).stdout)
    assert found["calls"] == 20_000
    assert found["policies"]["today"] == found["policies"]["new"]
    assert found["changes"] == {"harder": 0, "milder": 0, "who": [], "of": ["today", "new"]}
    assert set(found["policies"]["new"]["confusion"]) == {"genuine", "nuisance"}


def test_recorded_calls_are_replayed_when_no_file_is_given(run: Run, engine: sa.Engine) -> None:
    """A flood in the record is seen; calls before --since are not."""
    for number in range(40):
        recorded(engine, number, minutes=200 - number, e164=CALLER)
    recorded(engine, 99, minutes=60 * 24 * 5, e164="+966112223334")
    found = json.loads(run("replay", "--no-plot", "--json", "--since", "1d").stdout)
    assert found["calls"] == 40
    assert found["policies"]["today"]["confusion"]["unlabelled"]["low_priority"] == 24
    assert json.loads(run("replay", "--no-plot", "--json").stdout)["calls"] == 41


def test_a_recorded_call_is_labelled_by_its_strike_or_its_ticket(engine: sa.Engine) -> None:
    """What an operator struck is nuisance, what made a ticket is genuine, the rest is unknown."""
    struck = recorded(engine, 1, minutes=30, e164=CALLER)
    recorded(engine, 2, minutes=20, e164=CALLER)
    recorded(engine, 3, minutes=10, e164=None, caller="", withheld=True)
    with engine.begin() as connection:
        connection.execute(strikes.insert(), _strike(struck))
        tickets = sa.text("UPDATE calls SET tickets = '[\"1000-5\"]' WHERE id = :id")
        connection.execute(tickets, {"id": f"{2:032}"})
        connection.execute(sa.text("UPDATE calls SET attestation = 'C', origin = 'abc'"))
    found = list(recorded_calls(engine, NOW - timedelta(hours=1)))
    assert [(one.label, one.caller, one.striker) for one in found] == [
        ("nuisance", CALLER, "layla"),
        ("genuine", CALLER, ""),
        ("", "", ""),
    ]
    assert {(one.attestation, one.origin) for one in found} == {("C", "abc")}


def test_a_number_that_is_allowed_today_is_not_touched(run: Run, engine: sa.Engine) -> None:
    """The allowlist stands above every policy."""
    for number in range(40):
        recorded(engine, number, minutes=200 - number, e164=CALLER)
    with engine.begin() as connection:
        connection.execute(entries.insert(), _allowed(CALLER))
    found = json.loads(run("replay", "--no-plot", "--json").stdout)
    assert found["policies"]["today"]["confusion"]["unlabelled"]["low_priority"] == 0


def test_wrong_files_and_options_exit_with_two(run: Run, history: Path, tmp_path: Path) -> None:
    """And say which file, which line."""
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("at,caller\n", "utf-8")
    result = run("replay", "--calls", wrong, "--no-plot")
    assert (result.exit_code, "wrong.csv: line 1" in result.stderr) == (2, True)
    wrong.write_bytes(b"\xff\xfe\x00")
    assert run("replay", "--calls", wrong, "--no-plot").exit_code == 2
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\n", "utf-8")
    result = run("replay", "--policy", policy, "--calls", history, "--no-plot")
    assert (result.exit_code, "policy.yaml" in result.stderr) == (2, True)
    assert run("replay", "--calls", history, "--since", "3d", "--no-plot").exit_code == 2


def test_no_calls_exit_with_one(run: Run) -> None:
    """An empty record proves nothing about a policy."""
    result = run("replay", "--no-plot")
    assert (result.exit_code, result.stderr) == (1, "no calls to replay\n")


def _strike(call_id: str) -> dict[str, object]:
    return {
        "id": "s1",
        "number": CALLER,
        "operator": "layla",
        "role": "operator",
        "at": NOW,
        "reason": "abuse",
        "threat": False,
        "note": "",
        "call_id": call_id,
        "recording": "",
    }


def _allowed(number: str) -> dict[str, object]:
    texts = dict.fromkeys(("reason", "note", "ended_why"), "")
    return texts | {
        "id": "e1",
        "kind": "allow",
        "subject": number,
        "disposition": "allow",
        "calls": [],
        "recordings": [],
        "source": "person",
        "who": "layla",
        "replay": {},
        "added_at": NOW,
    }
