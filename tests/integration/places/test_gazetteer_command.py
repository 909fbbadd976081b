"""`hotline gazetteer`: as an admin types it, on a state folder of its own."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotline.main import cli
from tests.fixtures.databases import lay_migrated

ADDED = "rows: 51 added, 0 updated, 0 unchanged"
SAMPLE = Path(__file__).parents[3] / "config" / "gazetteer.sample.csv"
Command = Callable[..., Result]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command, on an empty migrated database and an empty folder of sounds."""
    (tmp_path / "state").mkdir()
    lay_migrated(tmp_path / "state" / "hotline.db")
    monkeypatch.setenv("HOTLINE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HOTLINE_SOUNDS_DIR", str(tmp_path / "sounds"))

    def run(*words: object, given: bytes | None = None) -> Result:
        return CliRunner().invoke(cli, ["gazetteer", *map(str, words)], input=given)

    return run


def test_the_sample_is_imported_found_and_counted(command: Command) -> None:
    """Every way to look one up; 0, and 1 for an address that is not there."""
    done = command("import", SAMPLE)
    assert (done.exit_code, done.stdout) == (
        0,
        "51 rows: 51 added, 0 updated, 0 unchanged, 0 refused\n",
    )
    again = command("import", SAMPLE)
    assert (again.exit_code, again.stdout) == (
        *(0, "51 rows: 0 added, 0 updated, 51 unchanged, 0 refused\n"),
    )
    by_plate = json.loads(command("find", "7421", "23218", "--json").stdout)
    assert [place["street"]["en"] for place in by_plate] == ["Al Marjan Street"]
    by_keys = json.loads(command("find", "77732929", "--json").stdout)
    assert [place["short_address"] for place in by_keys] == ["RRRD2929", "SRPE2929"]
    assert json.loads(command("find", "rrrd2929", "--json").stdout) == by_keys[:1]
    assert "Al Sadaf Street" in command("find", "RRRD2929").stdout
    assert command("find", "0000", "00000").exit_code == 1
    assert command("find", "1", "2", "3").exit_code == 2
    assert command("stats").stdout.startswith("51 addresses in 5 postal codes: 45 with a short")
    assert json.loads(command("stats", "--json").stdout)["keyed_alike"] == 2


def test_a_wrong_row_is_told_where_it_stands_and_nothing_imported(command: Command) -> None:
    """2; with --keep-going the others are, and 0."""
    wrong = SAMPLE.read_bytes() + b"421,23218,,,,,,,Jedda,,\n"
    done = command("import", "-", given=wrong)
    assert (done.exit_code, done.stdout) == (2, "1 of 52 rows are wrong: nothing was imported\n")
    assert [
        line.partition(" has ")[0].partition(" is ")[0] for line in done.stderr.splitlines()
    ] == [
        "row 53: building_number:",
        "row 53: sub_municipality:",
    ]
    assert json.loads(command("stats", "--json").stdout)["addresses"] == 0
    done = command("import", "-", "--keep-going", given=wrong)
    assert (done.exit_code, done.stdout) == (
        0,
        "52 rows: 51 added, 0 updated, 0 unchanged, 1 refused\n",
    )


def test_a_dry_run_and_a_file_that_is_no_gazetteer_write_nothing(command: Command) -> None:
    """0 and 2."""
    assert command("import", SAMPLE, "--dry-run").stdout.endswith("nothing was written\n")
    refused = command("import", "-", given=b"name\nx\n")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("refused: row 1 must name columns")
    assert json.loads(command("stats", "--json").stdout)["addresses"] == 0


def test_an_operator_does_not_import(command: Command) -> None:
    """2, and who may."""
    done = command("import", SAMPLE, "--role", "operator")
    assert done.exit_code == 2
    assert "needs a manager" in done.stderr


def test_the_sounds_of_names_are_made_once(command: Command, tmp_path: Path) -> None:
    """With the import, or apart from it; in both rates."""
    done = command("import", SAMPLE, "--audio")
    assert done.stdout.endswith("30 names' sounds made, 0 there already, 0 not made\n")
    assert len(list((tmp_path / "sounds").glob("*/*.wav"))) == 30
    assert len(list((tmp_path / "sounds").glob("*/*.wav16"))) == 30
    again = command("sounds")
    assert (again.exit_code, again.stdout) == (
        *(0, "0 names' sounds made, 30 there already, 0 not made\n"),
    )
