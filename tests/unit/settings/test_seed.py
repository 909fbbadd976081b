"""The seed of a run of tests reaches the tests, and no process of the house is refused over it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hotline.environment import SettingsWrong
from hotline.settings import load_settings
from tests.fixtures.seed import NAME, fault_seed, take_seed

REPOSITORY = Path(__file__).parents[3]
TEST = """
import os, subprocess, sys
from tests.fixtures.seed import fault_seed
def test_it():
    assert fault_seed() == 7
    command = [sys.executable, "-m", "hotline", "flow", "lint"]
    assert subprocess.run(command, check=False).returncode == 0
"""


def test_a_seed_is_taken_out_of_the_names_of_settings() -> None:
    """Where it stood, every process would refuse to start."""
    environ = {NAME: "7"}
    with pytest.raises(SettingsWrong, match=NAME):
        load_settings(environ)
    take_seed(environ)
    load_settings(environ)
    assert fault_seed(environ) == 7
    assert fault_seed({}) != fault_seed({})


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_run_with_a_seed_has_it_and_its_processes_start(tmp_path: Path, workers: str) -> None:
    """In one process and in a worker of many."""
    (tmp_path / "test_seed.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "--rootdir", str(REPOSITORY)]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "-p", "tests.conftest", str(tmp_path)],
        cwd=REPOSITORY,
        # Only what is needed: a dozen plugins take seconds to import.
        env={
            **os.environ,
            NAME: "7",
            "PYTHONPATH": str(REPOSITORY),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_PLUGINS": "xdist.plugin,pytest_timeout",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
