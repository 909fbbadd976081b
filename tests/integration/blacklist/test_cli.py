"""`hotline blacklist` as a person uses it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from hotline.bootstrap import Services
from hotline.cli.blacklist import blacklist_group
from hotline.settings import Settings
from tests.fixtures.redis_process import free_port

Run = Callable[..., Result]


def runner_for(redis_url: str, folder: Path) -> tuple[Run, Services]:
    """A way to run the command on a Redis."""
    services = Services(Settings(redis_url=SecretStr(redis_url), state_dir=folder))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(blacklist_group, arguments, obj=services)

    return run, services


@pytest.fixture
def run(redis_url: str, tmp_path: Path) -> Iterator[Run]:
    """Runs the command on an empty Redis."""
    command, services = runner_for(redis_url, tmp_path)
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
    assert listed == shown
    assert "+966501234567" in run("list").output
    assert run("remove", "+966501234567").exit_code == 0
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


def test_a_store_that_is_away_has_status_1_and_says_so(tmp_path: Path) -> None:
    """No traceback."""
    command, services = runner_for(f"redis://127.0.0.1:{free_port()}/0", tmp_path)
    done = command("list")
    services.close()
    assert done.exit_code == 1
    assert "is Redis running" in done.output


def test_text_of_people_cannot_drive_the_terminal(run: Run) -> None:
    """Escape sequences and markup in a note come out as plain text."""
    run("add", "0501234567", "--reason", "abuse", "--note", "\x1b[31m[bold]x[/bold]\r\nforged")
    for shown in (run("show", "0501234567").output, run("list").output):
        assert "\x1b" not in shown
        assert "\r" not in shown
        assert "[bold]" in shown
