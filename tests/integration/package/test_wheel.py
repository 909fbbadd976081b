"""The package, installed where there is no checkout, leads calls."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TRANSCRIPTS = ROOT / "tests" / "transcripts"

pytestmark = pytest.mark.xdist_group("wheel")  # it is built and installed once


class Installed:
    """An environment that has the package and what it depends on, and a folder to work in."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder / "elsewhere"
        self.folder.mkdir()
        self._programs = folder / "bare" / "bin"
        venv.create(folder / "bare")
        (packages,) = (folder / "bare" / "lib").glob("python*/site-packages")
        # A line in a .pth adds a folder and reads no .pth in it: the checkout stays out.
        (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
        uv = Path(sys.executable).with_name("uv")
        install = [str(uv), "pip", "install", "--no-deps", "--no-index", "--offline"]
        _run([*install, "--python", str(self._programs / "python"), str(wheel)], folder)

    def run(self, program: str, *arguments: str) -> str:
        """What it prints; it must end with status 0."""
        return _run([str(self._programs / program), *arguments], self.folder)


def _run(command: list[str], folder: Path) -> str:
    left_out = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in left_out and not key.startswith("HOTLINE_")
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """From the source distribution, and so from what a release publishes."""
    folder = Path(tmp_path_factory.mktemp("package"))
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    _run([*build, "-t", "sdist"], ROOT)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    _run([*build, "-t", "wheel"], folder / archive.name.removesuffix(".tar.gz"))
    (wheel,) = folder.glob("*.whl")
    return Installed(folder, wheel)


def test_nothing_of_the_checkout_is_used(installed: Installed) -> None:
    """Code and configuration are the package's own."""
    where = installed.run(
        "python",
        "-c",
        "import hotline, hotline.settings as s; print(hotline.__file__); print(s.CONFIG_DIR)",
    ).splitlines()
    assert len(where) == 2
    for path in where:
        assert not Path(path).is_relative_to(ROOT)
        assert "site-packages" in path


def test_every_file_that_is_no_code_is_there(installed: Installed) -> None:
    """Whatever is in the folders of code, and the configuration."""
    config = Path(
        installed.run("python", "-c", "import hotline.settings as s; print(s.CONFIG_DIR)").strip()
    )
    rooms = ("ivr", "agi_scripts", "call_handlers", "blacklist", "tickets", "console", "hotline")
    listed = _run(["git", "ls-files", "--", *rooms, "config"], ROOT).splitlines()
    packages = config.parent.parent
    for name in listed:
        inside = Path("hotline", name) if name.startswith("config/") else Path(name)
        assert (packages / inside).is_file(), name


def test_its_menu_has_nothing_to_mend(installed: Installed) -> None:
    """Flow, prompts, services, agencies and dialplan are found."""
    assert installed.run("hotline", "flow", "lint").endswith("0 findings\n")


def test_its_tables_are_made(installed: Installed) -> None:
    """The migrations are there."""
    installed.run("hotline", "db", "upgrade")


@pytest.mark.parametrize("via", ["engine", "agi"])
def test_it_leads_a_call(installed: Installed, via: str) -> None:
    """A whole report: screening's and the sessions' scripts run in Redis, a ticket is made."""
    shutil.copy(TRANSCRIPTS / "report_roads.yaml", installed.folder)
    told = installed.run("hotline", "call", "--transcript", "report_roads.yaml", "--via", via)
    assert told.startswith("passed"), told
