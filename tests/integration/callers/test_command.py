"""`hotline call`: exit status, the words for people, the JSON for programs."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fixtures.callers import FOLDER, REPORT, written

Command = Callable[..., subprocess.CompletedProcess[str]]

HEAD = 'name: x\ncaller: "+966501234567"\n'
SPEECH = HEAD + 'turns:\n  - speak: "نعم"\n'


@pytest.fixture
def call(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Runs the command as people do."""
    state = tmp_path_factory.mktemp("state")

    def call(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hotline", "call", "--transcript", str(path), *options],
            env={**os.environ, "HOTLINE_STATE_DIR": str(state)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return call


@pytest.mark.parametrize("via", ["engine", "agi", "twilio"])
def test_zero_when_the_call_went_as_written(call: Command, tmp_path: Path, via: str) -> None:
    """And one line says so."""
    done = call(written(tmp_path, REPORT), "--via", via)
    assert (done.returncode, done.stdout) == (0, "passed   A report (call.yaml)\n")


@pytest.mark.parametrize("via", ["engine", "agi", "twilio"])
def test_one_and_the_first_difference_when_not(call: Command, tmp_path: Path, via: str) -> None:
    """Turn, expected, heard."""
    done = call(written(tmp_path, REPORT + "then: {language: en}\n"), "--via", via)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "FAILED   A report (call.yaml)",
        "  after the call",
        "  expected: language en",
        "  heard:    ar",
    ]


def test_two_when_the_file_is_wrong(call: Command, tmp_path: Path) -> None:
    """File, line and key, on stderr."""
    path = written(tmp_path, HEAD + "turns:\n  - press: 1\n")
    done = call(path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{path}:4: turns.0.press: ")
    assert done.stdout == ""


def test_two_when_a_fact_cannot_be_given(call: Command, tmp_path: Path) -> None:
    """The schema cannot know it, the stores do."""
    path = written(tmp_path, HEAD + "given: {blocked: {reason: x, days: 1}}\nturns: []\n")
    done = call(path)
    assert (done.returncode, done.stderr.split(": ")[0]) == (2, f"{path}:3")


def test_a_wrong_file_in_a_folder_stops_before_any_call(call: Command, tmp_path: Path) -> None:
    """All wrong files are told, and nothing is run."""
    written(tmp_path, REPORT, "a.yaml")
    written(tmp_path, "name: b\n", "b.yaml")
    written(tmp_path, "name: c\n", "c.yaml")
    done = call(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "b.yaml:1:" in done.stderr
    assert "c.yaml:1:" in done.stderr


def test_two_when_there_is_no_transcript(call: Command, tmp_path: Path) -> None:
    """An empty folder passes nothing."""
    assert call(tmp_path).returncode == 2


def test_a_folder_ends_with_the_counts(call: Command, tmp_path: Path) -> None:
    """Passed, failed, and skipped when there is any."""
    written(tmp_path, REPORT, "a.yaml")
    done = call(tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 passed, 0 failed")
    written(tmp_path, REPORT + "then: {verdict: warn}\n", "b.yaml")
    written(tmp_path, SPEECH, "c.yaml")
    done = call(tmp_path, "--jobs", "2")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "1 passed, 1 failed, 1 skipped")


def test_skipped_is_told_with_the_reason_and_is_no_failure(call: Command, tmp_path: Path) -> None:
    """Speech, on a driver without a recogniser."""
    done = call(written(tmp_path, SPEECH))
    assert done.returncode == 0
    assert done.stdout == "skipped  x (call.yaml)\n  this driver has no recogniser for speech\n"


def test_json_is_one_object_with_the_contracts_keys(call: Command, tmp_path: Path) -> None:
    """Nothing else is on stdout."""
    done = call(written(tmp_path, REPORT), "--json")
    told = json.loads(done.stdout)
    assert list(told) == [
        *("call_id", "disposition", "verdict", "language", "path", "turns", "tickets"),
        "transferred_to",
    ]
    assert len(told["call_id"]) == 32
    assert (told["disposition"], told["verdict"], told["language"]) == ("completed", "allow", "ar")
    assert told["path"][:3] == ["welcome", "language", "main"]
    assert told["path"][-3:] == ["open_report", "registered", "reference"]
    assert told["turns"] == 14
    (ticket,) = told["tickets"]
    assert ticket["service_code"] == "RD_HOLE"
    assert ticket["address"] == {"building_number": "7421", "postal_code": "23218"}
    assert ticket["call_id"] == told["call_id"]
    assert told["transferred_to"] == ""


def test_json_of_a_folder_is_one_object_a_line(call: Command, tmp_path: Path) -> None:
    """A failed call has its object too; words and counts go to stderr."""
    written(tmp_path, REPORT, "a.yaml")
    written(tmp_path, REPORT + "then: {verdict: warn}\n", "b.yaml")
    done = call(tmp_path, "--json")
    assert done.returncode == 1, done.stderr
    assert done.stdout, done.stderr
    assert [json.loads(line)["verdict"] for line in done.stdout.splitlines()] == ["allow", "allow"]
    assert done.stderr.splitlines()[-1] == "1 passed, 1 failed"


def test_the_repositorys_transcripts_pass_by_one_command(call: Command) -> None:
    """Four at a time, each on stores of its own."""
    done = call(FOLDER, "--via", "agi", "--jobs", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith(" passed, 0 failed")
