"""How a run of all tests treats what is sensitive, and what failed once."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
INI = "[pytest]\nmarkers = alone\n"
BY_ITSELF = """\
import os, pathlib, pytest

WORKER = os.environ.get("PYTEST_XDIST_WORKER")

def fails_once(name):
    mark = pathlib.Path(__file__).with_name(name)
    again = mark.exists()
    mark.touch()
    assert again, "the first time"
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs tests of these texts (by their paths) on two workers, as `make test` does."""

    def run(*options: str, **texts: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "pytest.ini").write_text(INI)
        (tmp_path / "conftest.py").write_text('pytest_plugins = ["tests.plugins.alone"]\n')
        for name, text in texts.items():
            path = tmp_path / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(BY_ITSELF + text)
        command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", *options]
        environment = {key: value for key, value in os.environ.items() if "PYTEST" not in key}
        # Only what is needed: a dozen plugins take seconds to import, in each of four processes.
        environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin"}
        return subprocess.run(
            command,
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return run


def closing(done: subprocess.CompletedProcess[str]) -> str:
    """The last line, without its ornaments and its time."""
    last = done.stdout.strip().splitlines()[-1]
    found = re.fullmatch(r"=+ (.+) in [0-9.]+s.* =+", last)
    assert found, done.stdout + done.stderr
    return found[1]


def test_what_is_marked_runs_after_the_rest_and_on_no_worker(run: Run, tmp_path: Path) -> None:
    """Each part writes where it ran; all are counted."""
    text = """
def note(what):
    with pathlib.Path(__file__).with_name("order").open("a") as order:
        order.write(f"{what} {WORKER is None}\\n")

@pytest.mark.alone
@pytest.mark.parametrize("name", ["a@b", "c d"])
def test_alone(name):
    note("alone")

@pytest.mark.parametrize("number", range(4))
def test_beside(number):
    note("beside")
"""
    done = run(test_x=text)
    assert (done.returncode, closing(done)) == (0, "6 passed"), done.stdout
    order = (tmp_path / "order").read_text().splitlines()
    assert order == ["beside False"] * 4 + ["alone True"] * 2


def test_those_with_a_name_run_beside_those_of_other_names(run: Run, tmp_path: Path) -> None:
    """Each waits for the other to have begun; what has no name is over by then."""
    text = """
def here(name):
    return pathlib.Path(__file__).with_name(name)

def begins(name, other):
    assert here("none").exists()
    here(name).touch()
    deadline = time.monotonic() + 20
    while not here(other).exists():
        assert time.monotonic() < deadline, f"{other} has not begun"
        time.sleep(0.01)

@pytest.mark.alone("a")
def test_a(): begins("a", "b")

@pytest.mark.alone("b")
def test_b(): begins("b", "a")

@pytest.mark.alone("b")
def test_after_b(): assert here("b").exists()

@pytest.mark.alone
def test_of_none(): here("none").touch()
"""
    done = run(test_x=f"import time\n{text}")
    assert (done.returncode, closing(done)) == (0, "4 passed"), done.stdout


def test_only_tests_that_run_alone(run: Run) -> None:
    """Workers that have nothing to do are no run without tests."""
    done = run(test_x="@pytest.mark.alone\ndef test_alone(): assert WORKER is None\n")
    assert (done.returncode, closing(done)) == (0, "1 passed"), done.stdout


def test_what_is_left_out_by_its_name_stays_out(run: Run) -> None:
    """`-k` and `-m` choose among those that run alone too."""
    text = "@pytest.mark.alone\ndef test_left(): assert False\n\ndef test_taken(): pass\n"
    done = run("-k", "taken", test_x=text)
    assert (done.returncode, closing(done)) == (0, "1 passed"), done.stdout


def test_what_passes_only_alone_is_named_and_forgiven(run: Run) -> None:
    """Three of them, in a group, marked, and plain: the run passes, and says which."""
    text = """
def test_plain(): fails_once("plain")

@pytest.mark.alone
def test_marked(): fails_once("marked")

@pytest.mark.xdist_group("g")
def test_grouped(): fails_once("grouped")
"""
    done = run(test_x=text)
    assert (done.returncode, closing(done)) == (0, "3 passed, 3 rerun"), done.stdout
    named = done.stdout.partition(" passed only alone ")[2].splitlines()[1:4]
    assert sorted(named) == [f"test_x.py::test_{n}" for n in ("grouped", "marked", "plain")]
    for name in named:
        assert f"how {name} failed at first" in done.stdout
    assert done.stdout.count("E       AssertionError: the first time") == len(named)


def test_what_fails_alone_too_fails_the_run(run: Run) -> None:
    """It is counted once, and its second failure is shown."""
    done = run(test_x="def test_broken(): assert not 'broken'\n\ndef test_fine(): pass\n")
    assert (done.returncode, closing(done)) == (1, "1 failed, 1 passed, 1 rerun"), done.stdout
    assert "passed only alone" not in done.stdout
    assert "FAILED test_x.py::test_broken" in done.stdout


def test_more_than_three_that_pass_only_alone_fail_the_run(run: Run) -> None:
    """They are counted as failed, and not as passed besides."""
    text = """
@pytest.mark.parametrize("number", range(4))
def test_shaky(number): fails_once(f"shaky{number}")
"""
    done = run(test_x=text)
    assert (done.returncode, closing(done)) == (1, "4 failed, 4 rerun"), done.stdout
    assert "more than 3 passed only alone" in done.stdout


def test_one_under_faults_that_passes_only_alone_fails_the_run(run: Run) -> None:
    """What a fault does once in a while to a test it does to a citizen."""
    text = "def test_shaky(): fails_once('shaky')\n"
    done = run(tests__faults__test_f=text, test_x=text)
    assert (done.returncode, closing(done)) == (1, "1 failed, 1 passed, 2 rerun"), done.stdout
    assert "FAILED tests/faults/test_f.py::test_shaky" in done.stdout


def test_where_much_is_broken_nothing_is_tried_again(run: Run, tmp_path: Path) -> None:
    """Each ran once, and each is counted as failed."""
    text = """
@pytest.mark.parametrize("number", range(21))
def test_broken(number):
    with pathlib.Path(__file__).with_name("runs").open("a") as runs:
        runs.write("x")
    assert False
"""
    done = run(test_x=text)
    assert (done.returncode, closing(done)) == (1, "21 failed, 21 rerun"), done.stdout
    assert (tmp_path / "runs").read_text() == "x" * 21


def test_a_process_that_dies_fails_what_it_had_not_finished(run: Run) -> None:
    """Nothing that was to run is missing from the count."""
    text = """
@pytest.mark.alone
def test_dies(): os._exit(3)

@pytest.mark.alone
def test_never_begun(): pass

@pytest.mark.alone("a")
def test_of_another_process(): pass

def test_fine(): pass
"""
    done = run(test_x=text)
    assert (done.returncode, closing(done)) == (1, "2 failed, 2 passed, 2 rerun"), done.stdout
    assert "its process ended (status 3)" in done.stdout


def test_what_fails_in_clearing_up_is_tried_again_whole(run: Run) -> None:
    """It had passed already: it is not counted as passed twice."""
    text = """
@pytest.fixture
def room():
    yield
    fails_once("room")

def test_in_a_room(room): pass
"""
    done = run(test_x=text)
    assert (done.returncode, closing(done)) == (0, "1 passed, 1 rerun"), done.stdout


def test_a_run_that_stops_at_a_failure_tries_nothing_again(run: Run) -> None:
    """Whoever works on a test sees its failure at once."""
    done = run("-x", test_x="def test_shaky(): fails_once('shaky')\n")
    assert done.returncode != 0, done.stdout
    assert "1 failed" in closing(done)
