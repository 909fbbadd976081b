"""What commands of every day load: not what only others need, so that they begin at once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.databases import lay_migrated

pytestmark = pytest.mark.xdist_group("command")

LISTINGS = (
    ("blacklist", "list"),
    ("blacklist", "history", "0501234567"),
    ("records", "list"),
    ("tickets", "list"),
    ("deliveries", "list"),
    ("pin", "list"),
    ("token", "list"),
    ("announce", "list"),
    ("gazetteer", "find", "7421", "23218"),
)
HEAVY = ("matplotlib", "numpy", "twilio", "flask", "gunicorn", "rq")
"""What roles and figures need, and a second and more takes to load, all together."""
OF_OTHERS = (
    *HEAVY,
    *("alembic", "httpx", "redis", "ruamel", "ivr.engine"),
    *("call_handlers.desk", "call_handlers.prefix_replay"),
)
"""What a list of what is in SQL does not need."""

_PROGRAM = """
import json, sys
from click.testing import CliRunner
from hotline.main import cli

loaded = {}
for arguments in json.loads(sys.argv[1]):
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code in (0, 1), done.output
    loaded[" ".join(arguments)] = sorted(sys.modules)
print(json.dumps(loaded))
"""


def loaded_by(folder: Path, *commands: tuple[str, ...]) -> dict[str, set[str]]:
    """What is loaded once each command has run, one after another in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, json.dumps(commands)],
        env={
            **os.environ,
            "HOTLINE_STATE_DIR": str(folder),
            "REDIS_URL": f"unix://{folder}/none.sock",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return {command: set(names) for command, names in json.loads(done.stdout).items()}


def test_help_loads_no_store(tmp_path: Path) -> None:
    """Whoever asks what there is waits for no database's library."""
    for command, names in loaded_by(tmp_path, ("--help",), ("blacklist", "--help")).items():
        assert names & {*OF_OTHERS, "sqlalchemy"} == set(), command


def test_a_listing_loads_what_it_reads_and_no_more(tmp_path: Path) -> None:
    """Neither the dialog nor Redis, nor what serves, draws or delivers."""
    lay_migrated(tmp_path / "hotline.db")
    for command, names in loaded_by(tmp_path, *LISTINGS).items():
        assert names & set(OF_OTHERS) == set(), command


def test_the_doctor_and_a_change_load_no_library_of_roles(tmp_path: Path) -> None:
    """The doctor looks at sounds, menus and stores, and makes none of them."""
    lay_migrated(tmp_path / "hotline.db")
    add = ("blacklist", "add", "0501234567", "--reason", "abuse")
    for command, names in loaded_by(tmp_path, add, ("doctor",)).items():
        assert names & set(HEAVY) == set(), command
