"""packaging/renew: which role is restarted after which, and whom one that fails holds up."""

import os
import subprocess
from pathlib import Path

import pytest

RENEW = Path(__file__).parents[3] / "packaging" / "renew"
ALL = ("agi@4573", "agi@4574", "web", "console", "relay", "worker")
_SYSTEMCTL = """#!/bin/sh
case "$1" in
list-units)
    for last; do :; done
    case "$last" in
    *agi@*) echo hotline-agi@4573.service loaded; echo hotline-agi@4574.service loaded ;;
    *) echo "$last loaded" ;;
    esac ;;
restart)
    echo "$2" >>"$TOLD"
    [ "$2" != "$FAILS" ] ;;
esac
"""


def renew(folder: Path, fails: str = "") -> tuple[int, list[str]]:
    """The exit status, and what was restarted in turn, where one unit does not start."""
    stub = folder / "systemctl"
    stub.write_text(_SYSTEMCTL)
    stub.chmod(0o755)
    told = folder / "told"
    environ = {"PATH": f"{folder}:{os.environ['PATH']}", "TOLD": str(told)}
    environ["FAILS"] = f"hotline-{fails}.service"
    done = subprocess.run([str(RENEW)], env=environ, capture_output=True, check=False)
    restarted = told.read_text().splitlines()
    return done.returncode, [
        name.removeprefix("hotline-").removesuffix(".service") for name in restarted
    ]


def test_tables_come_first_and_each_role_once(tmp_path: Path) -> None:
    """FastAGI servers one after the other, before those that nobody waits for."""
    assert renew(tmp_path) == (0, ["prepare", *ALL])


def test_nothing_is_touched_while_the_tables_cannot_be_made(tmp_path: Path) -> None:
    """The database is away: the roles go on as they are."""
    status, restarted = renew(tmp_path, "prepare")
    assert status != 0
    assert restarted == ["prepare"]


def test_a_fastagi_server_that_does_not_start_leaves_the_other_as_it_is(tmp_path: Path) -> None:
    """It would be the last one that callers find."""
    status, restarted = renew(tmp_path, "agi@4573")
    assert status != 0
    assert restarted == ["prepare", "agi@4573"]


@pytest.mark.parametrize("fails", ["web", "console", "relay", "worker"])
def test_any_other_role_holds_nobody_up(tmp_path: Path, fails: str) -> None:
    """Nor is anything restarted twice for it: its own unit tries it again."""
    assert renew(tmp_path, fails) == (0, ["prepare", *ALL])
