"""What citizens have said is readable by its owner alone, whatever the umask is."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotline.main import cli
from hotline.settings import load_settings

COMMANDS = [
    ["db", "upgrade"],
    ["tickets", "list"],
    ["deliveries", "list"],
    ["records", "list"],
    ["blacklist", "list"],
    ["token", "list"],
]


@pytest.fixture(autouse=True)
def careless() -> Iterator[None]:
    """Somebody's umask that closes nothing."""
    kept = os.umask(0)
    yield
    os.umask(kept)


def run(state: Path, *words: str, **environ: str) -> None:
    """Run a command. Whether it can do its work with these files is another matter."""
    settings = load_settings({"HOTLINE_STATE_DIR": str(state), **environ})
    CliRunner().invoke(cli, words, obj=settings)


def open_to_others(state: Path) -> list[str]:
    """What somebody else may do anything with."""
    found = [state, *state.rglob("*")]
    return [str(path) for path in found if stat.S_IMODE(path.lstat().st_mode) & 0o077]


def test_the_database_and_its_folder_are_made_closed(tmp_path: Path) -> None:
    """By the first command that anybody runs."""
    run(tmp_path / "state", "tickets", "list")
    assert (tmp_path / "state" / "hotline.db").exists()
    assert open_to_others(tmp_path / "state") == []


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_closes_what_was_left_open(tmp_path: Path, words: list[str]) -> None:
    """By a release before, or by whoever copied it there; also what SQLite keeps beside it."""
    state = tmp_path / "state"
    state.mkdir(mode=0o777)
    for name in ("hotline.db", "hotline.db-wal", "hotline.db-shm"):
        (state / name).touch(mode=0o666)
    run(state, *words)
    assert open_to_others(state) == []


def test_another_folder_of_the_database_is_left_as_it_is(tmp_path: Path) -> None:
    """It may be shared; the file in it is ours."""
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    run(tmp_path / "state", "db", "upgrade", DATABASE_URL=f"sqlite:///{shared / 'x.db'}")
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755
    assert stat.S_IMODE((shared / "x.db").stat().st_mode) == 0o600


def test_a_folder_that_is_for_everybody_is_left_as_it_is(tmp_path: Path) -> None:
    """As `/tmp`, which somebody may name by mistake."""
    state = tmp_path / "state"
    state.mkdir()
    state.chmod(0o1777)
    run(state, "tickets", "list")
    assert stat.S_IMODE(state.stat().st_mode) == 0o1777
    assert stat.S_IMODE((state / "hotline.db").stat().st_mode) == 0o600
