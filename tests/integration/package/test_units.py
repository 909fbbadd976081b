"""systemd's units: what a supervisor of a city's own machine is told of the roles."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hotline.main import COMMANDS
from hotline.settings import Settings

ROOT = Path(__file__).parents[3]
UNITS = ROOT / "packaging" / "systemd"
ROLES = ("hotline-agi@4573", "hotline-web", "hotline-console", "hotline-worker", "hotline-relay")
MOST_EXPOSED = "15"
"""Tenths of what `systemd-analyze security` counts; a unit that says nothing has 96."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze here"
)


def _analyze(*words: str) -> str:
    done = subprocess.run(
        ["systemd-analyze", *words],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{UNITS}:", "SYSTEMD_COLORS": "0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


def _text(unit: str) -> str:
    name = re.sub("@.*", "@", unit)
    return (UNITS / f"{name}.service").read_text(encoding="utf-8")


@needs_systemd
@pytest.mark.parametrize("unit", [*ROLES, "hotline-prepare", "renew-hotline"])
def test_systemd_understands_every_line(unit: str) -> None:
    """But that our command is not installed on this machine."""
    told = _analyze("verify", "--man=no", f"{unit}.service").splitlines()[1:]
    assert [line for line in told if "is not executable" not in line] == []


@needs_systemd
@pytest.mark.parametrize("unit", [*ROLES, "hotline-prepare"])
def test_a_role_that_is_broken_into_can_do_little(unit: str) -> None:
    """Also the instances of a template have what the house's drop-in says."""
    told = _analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", f"{unit}.service")
    assert told.startswith("0\n"), told


@pytest.mark.parametrize("unit", ROLES)
def test_a_role_is_started_again_for_ever_and_says_itself_when_it_is_ready(unit: str) -> None:
    """Nobody is there by night to reset a counter of starts."""
    text = _text(unit)
    assert "\nType=notify\n" in text
    assert "\nRestart=always\n" in text
    house = (UNITS / "hotline-.service.d" / "house.conf").read_text(encoding="utf-8")
    assert "\nStartLimitIntervalSec=0\n" in house
    (command,) = re.findall(r"^ExecStart=/opt/hotline-940/bin/hotline (\w+)", text, re.M)
    assert command in COMMANDS


@pytest.mark.parametrize(
    ("unit", "drain_s"),
    [
        ("hotline-agi@4573", Settings().agi.drain_seconds),
        ("hotline-web", Settings().web.drain_seconds),
        ("hotline-console", Settings().console.drain_seconds),
        ("hotline-worker", Settings().deliveries.lease_seconds),
    ],
)
def test_a_role_may_finish_what_is_under_way(unit: str, drain_s: float) -> None:
    """systemd kills whoever takes longer."""
    (stop_s,) = re.findall(r"^TimeoutStopSec=(\d+)$", _text(unit), re.M)
    assert float(stop_s) > drain_s + 10
