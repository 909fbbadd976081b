"""Commands whose output, disk or encoding takes nothing: a sentence and a status, no traceback."""

import fcntl
import json
import os
import sqlite3
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from hotline.trouble import of_database, of_system
from tests.fixtures.databases import lay_migrated

pytestmark = pytest.mark.xdist_group("command")  # its database is made once

Run = Callable[..., subprocess.CompletedProcess[str]]
NOTE = "مرحبا 😀"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run `hotline` as people do, on a database with one allowed number."""
    folder = tmp_path_factory.mktemp("command")
    environ = {
        **os.environ,
        "HOTLINE_STATE_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/h.db",
        "REDIS_URL": f"unix://{folder}/none.sock",
    }

    def command(*arguments: str, out: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """With `out` as its output, and more in its environment."""
        with open(out or os.devnull, "w") as file:  # noqa: PTH123 - a device
            return subprocess.run(
                [sys.executable, "-m", "hotline", *arguments],
                env={**environ, **more},
                stdout=file if out else subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                timeout=60,
            )

    lay_migrated(folder / "h.db")
    assert command("blacklist", "allow", "0521234567", "--note", NOTE).returncode == 0
    return command


COMMANDS = [
    ("--help",),
    ("blacklist", "list"),
    ("blacklist", "export"),
    ("flow", "diagram"),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_an_output_that_is_full_is_said_and_fails(run: Run, arguments: tuple[str, ...]) -> None:
    """Who redirects a list into a file must not take half of it for the whole."""
    done = run(*arguments, out="/dev/full")
    assert done.returncode == 1
    assert done.stderr.strip() == "hotline: the disk is full: make room"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_output_that_has_no_arabic_is_whole_all_the_same(run: Run, encoding: str) -> None:
    """Under cron, in a container without a locale: JSON stays JSON, text is to be read."""
    told = run("blacklist", "list", "--json", PYTHONIOENCODING=encoding)
    assert (told.returncode, told.stderr) == (0, "")
    assert json.loads(told.stdout)[0]["note"] == NOTE
    shown = run("blacklist", "show", "0521234567", PYTHONIOENCODING=encoding)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert NOTE in shown.stdout or json.dumps(NOTE)[1:-1] in shown.stdout


def test_a_folder_that_may_not_be_written_is_named(run: Run, tmp_path: Path) -> None:
    """Here one that is a file; a read-only disk is said likewise."""
    (tmp_path / "file").touch()
    done = run("records", "export", "--format", "csv", "--output", "/dev/full")
    assert (done.returncode, done.stderr.strip()) == (1, "hotline: the disk is full: make room")
    done = run("serve", HOTLINE_STATE_DIR=str(tmp_path / "file" / "state"))
    assert done.returncode == 1
    assert done.stderr.strip() == f"hotline: {tmp_path}/file/state: Not a directory"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "No space left on device"), "the disk is full: make room"),
        (OSError(30, "Read-only file system", "/x"), "/x: it is read-only: mount it for"),
        (OSError(13, "Permission denied", "/x"), "/x: no right to"),
        (OSError(5, "Input/output error"), "Input/output error"),
    ],
)
def test_an_error_of_the_system_is_a_sentence(error: OSError, told: str) -> None:
    """What happened, where, and the mend."""
    assert of_system(error).startswith(told)


def test_a_database_says_what_it_lacks(tmp_path: Path) -> None:
    """Full and read-only are no riddles of a driver."""
    path = tmp_path / "h.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (x)")
        database.execute("PRAGMA max_page_count = 2")
        with pytest.raises(sqlite3.OperationalError) as full:
            database.execute("INSERT INTO t VALUES (zeroblob(100000))")
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    with closing(database), pytest.raises(sqlite3.OperationalError) as read_only:
        database.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.OperationalError) as away:
        sqlite3.connect(tmp_path / "none" / "h.db")
    told = [
        of_database(OperationalError("insert", {}, error.value))
        for error in (full, read_only, away)
    ]
    assert told[0] == "database: the disk is full: make room"
    assert told[1].startswith("database: it is read-only")
    assert told[2].startswith("database: its file cannot be opened")


def test_a_listing_on_a_terminal_has_whole_numbers(run: Run) -> None:
    """Eighty columns wide: what has no room stands in the next line."""
    reader, writer = os.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with closing(os.fdopen(reader, "rb", buffering=0)) as terminal:
        done = run("blacklist", "list", out=os.ttyname(writer))
        shown = terminal.read(65_536).decode()
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, shown.splitlines())) <= 80
    assert "+966521234567" in shown.split()
    assert set(NOTE.split()) <= set(shown.split())
