"""docs/operations.md, followed word for word on a bare Debian: nothing of a citizen's is lost.

`make install-test` runs it, and says what it is at. The machine has Debian's own systemd; Asterisk,
which Debian 12 lacks, stands in it as a vendor's would. Caller and office are another machine.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fixtures.processes import wait_until
from tests.install.machine import bare_debian, need_programs, run
from tests.install.site import ROOT, Site, commands, say

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(2400)]


def packages(folder: Path) -> tuple[Path, Path]:
    """That of the commit before, and of this one."""
    before = folder / "before"
    run(["git", "worktree", "add", "--detach", "--force", str(before), "HEAD^"], ROOT)
    try:
        (before / ".venv").symlink_to(ROOT / ".venv")
        old = run(["tools/package", str(folder / "old")], before).splitlines()[-1]
    finally:
        run(["git", "worktree", "remove", "--force", str(before)], ROOT)
    new = run(["tools/package", str(folder / "new")], ROOT).splitlines()[-1]
    return Path(old), Path(new)


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    """The two packages."""
    need_programs()
    return packages(tmp_path)


@pytest.fixture
def site(tmp_path: Path, both: tuple[Path, Path]) -> Iterator[Site]:
    """Switched off, and with nothing of 940 on it."""
    with ExitStack() as stack:
        yield Site(stack, tmp_path, bare_debian(both), hotline="hotline", home="/srv/940")


def bring(site: Site, package: Path) -> None:
    """The file that the administrator has, and no other."""
    home = site.machine.folder / "root"
    for old in home.glob("*.deb"):
        old.unlink()
    shutil.copy(package, home / package.name)


def test_a_city_installs_upgrades_loses_power_and_restores(
    site: Site, both: tuple[Path, Path]
) -> None:
    """A call by SIP each time; every ticket whose number was said comes to the office, once."""
    machine, office = site.machine, site.office
    before, this = both

    say("booting a bare Debian and installing the commit before")
    site.switch_on()
    bring(site, before)
    machine.run(commands("install"))
    line = f"HOTLINE_BACKOFFICE__URL={office.url}"
    machine.run(f"sed -i 's|^#HOTLINE_BACKOFFICE__URL=.*|{line}|' /srv/940/hotline.env")
    office.open(machine.run("cat /srv/940/secrets/backoffice"))
    machine.run(commands("start"))
    site.edit_asterisk()
    say(machine.run(commands("check")))

    say("a canary calls, and a citizen while a prompt is reworded")
    site.canary()

    def reworded() -> None:
        machine.run(
            "sed -i 's/Thank you. Goodbye/Thank you, goodbye/' /srv/940/config/prompts/en.yaml"
        )
        say(machine.run(commands("reload")))

    site.called(1, reworded)

    say("upgrading to this commit while a citizen calls")
    bring(site, this)
    site.called(2, lambda: say(machine.run(commands("upgrade"))))
    assert machine.run("dpkg-query -W -f '${Version}' hotline-940") in this.name

    say("the office goes, a citizen calls, and the power is cut")
    office.close()
    site.called(0)
    wait_until(lambda: len(site.references()) == 3, 30, "the third ticket is in the record")
    machine.cut_power()
    site.switch_on()
    office.open()
    wait_until(lambda: len(office.references()) == 3, 90, "the third ticket")
    site.called(4)

    say("backing up, losing the folder, and restoring it")
    site.what_was_said_is_kept()
    kept = site.references()
    machine.run(commands("backup"))
    machine.run("systemctl stop 'hotline-*'; rm -rf /srv/940")
    machine.run(commands("restore"))
    assert site.references() == kept
    say(machine.run(commands("check")))
    site.called(5)
    assert sorted(office.references()) == sorted(site.references())
    site.what_was_said_is_kept()
    assert len(set(office.references())) == 5
