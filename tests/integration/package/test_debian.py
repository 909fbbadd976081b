"""The Debian package, unpacked where it is: it is whole, and brings nothing of who works on it."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.nightly


def _run(*command: str | Path, **environ: str) -> str:
    kept = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    done = subprocess.run(
        command, env=kept | environ, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As dpkg lays it, but not under /."""
    folder = Path(tmp_path_factory.mktemp("debian"))
    made = _run(ROOT / "tools" / "package", folder, **_mirrors()).strip()
    _run("dpkg-deb", "-R", made, folder / "root")
    return folder / "root"


def _mirrors() -> dict[str, str]:
    """Where this machine gets packages from."""
    kinds = ("PIP_", "UV_", "SSL_")
    return {name: value for name, value in os.environ.items() if name.startswith(kinds)}


def test_its_command_runs_by_the_debian_python(unpacked: Path) -> None:
    """Wherever it lies, without an activated environment, with the configuration in it."""
    command = unpacked / "opt/hotline-940/bin/hotline"
    assert _run(command, "flow", "lint").endswith("0 findings\n")
    python = unpacked / "opt/hotline-940/bin/python"
    assert python.readlink() == Path("/usr/bin/python3")


def test_it_has_no_tests_linters_or_figures(unpacked: Path) -> None:
    """What is not there need not be kept free of holes."""
    (packages,) = (unpacked / "opt/hotline-940/lib").glob("python3*/site-packages")
    there = {path.name.partition("-")[0] for path in packages.iterdir()}
    assert "hotline" in there
    unwanted = {"pytest", "mypy", "ruff", "uv", "hatchling", "mutmut", "tests", "matplotlib", "pip"}
    assert there & unwanted == set()


def test_who_wants_a_figure_is_told_what_it_needs(unpacked: Path, tmp_path: Path) -> None:
    """Before the replay where it was asked for; else the replay goes without."""
    hotline = unpacked / "opt/hotline-940/bin/hotline"
    calls = tmp_path / "calls.csv"
    _run(hotline, "blacklist", "simulate", "--seed", "940", "--calls", "50", "--out", calls)
    replay = (hotline, "blacklist", "replay", "--calls", calls)
    assert "genuine" in _run(*replay)
    asked = subprocess.run(
        [*replay, "--plot", "x.png"], capture_output=True, text=True, check=False
    )
    assert (asked.returncode, "hotline-940[plots]" in asked.stderr) == (2, True)


def test_it_starts_nothing_and_keeps_what_a_city_has(unpacked: Path) -> None:
    """Its scripts know no `enable`, and remove no folder and no user."""
    for script in (unpacked / "DEBIAN").glob("p*"):
        said = script.read_text(encoding="utf-8")
        for word in ("systemctl enable", "rm ", "deluser", "delgroup"):
            assert word not in said
