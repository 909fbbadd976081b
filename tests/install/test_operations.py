"""docs/operations.md, followed word for word on a bare Debian: nothing of a citizen's is lost.

`make install-test` runs it, and says what it is at. The machine has Debian's own systemd; Asterisk,
which Debian 12 lacks, stands in it as a vendor's would. Caller and office are another machine.
"""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from embedded.asterisk.install import find_asterisk
from embedded.asterisk.places import find_owner
from hotline.bootstrap import Services
from hotline.settings import load_settings
from tests.fixtures.processes import wait_until
from tests.install.machine import (
    Machine,
    Network,
    bare_debian,
    layered,
    need_programs,
    network,
    run,
)
from tests.install.telephone import SippCall, report

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(2400)]

ROOT = Path(__file__).parents[2]
RECEIVER = ROOT / "docs" / "receiving-tickets" / "receiver.py"
_BLOCK = re.compile(r"<!-- run: ([a-z]+) -->\n```sh\n(.*?)```", re.DOTALL)
_PORT = 8941
ASTERISK = "/opt/asterisk"
MODULES = "usr/lib/x86_64-linux-gnu/asterisk"
UNIT = f"""[Unit]
Description=Asterisk of a vendor
[Service]
User=asterisk
RootDirectory={ASTERISK}
MountAPIVFS=yes
BindPaths=/etc/asterisk /srv/hotline
RuntimeDirectory=asterisk
ExecStart=/usr/sbin/asterisk -f
Restart=always
[Install]
WantedBy=multi-user.target
"""


def say(text: str) -> None:
    """To who waits for a long test."""
    sys.stderr.write(f"\n[install-test] {time.strftime('%H:%M:%S')} {text}\n")


def commands(name: str) -> str:
    """The block of the page that has this name."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    found: dict[str, str] = dict(_BLOCK.findall(page))
    return found[name]


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


class Office:
    """The receiver of the documents, on the other machine."""

    def __init__(self, where: Network, folder: Path, secret: str) -> None:
        self.file = folder / "tickets.db"
        self._where = where
        self._environ = {
            **os.environ,
            "SECRETS": secret,
            "HOST": where.their_address,
            "PORT": str(_PORT),
            "TICKETS": str(self.file),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Take tickets."""
        command = ["ip", "netns", "exec", self._where.theirs, sys.executable, str(RECEIVER)]
        self._process = subprocess.Popen(command, env=self._environ, stderr=subprocess.DEVNULL)

    def close(self) -> None:
        """Take none."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def references(self) -> list[str]:
        """Of the tickets that it has, in the order of their coming."""
        if not self.file.exists():
            return []
        with closing(sqlite3.connect(self.file)) as tickets:
            rows = tickets.execute("SELECT reference FROM tickets ORDER BY rowid").fetchall()
        return [reference for (reference,) in rows]


class Site:
    """The machine of a city, its network, and the two packages."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        sid = find_asterisk()
        assert sid is not None, "no Asterisk here: run `make setup` as root"
        self.old, self.new = packages(folder)
        lower = bare_debian([self.old, self.new])
        self.network = stack.enter_context(network())
        tree = stack.enter_context(layered(lower, folder / "machine"))
        self._asterisk = stack.enter_context(layered(sid.folder, folder / "asterisk"))
        self.machine = Machine(tree, self.network.ours, folder / "boot.log")
        stack.callback(self.machine.cut_power)
        self.office: Office | None = None
        owner = find_owner(sid.folder)
        with (tree / "etc/passwd").open("a") as users, (tree / "etc/group").open("a") as groups:
            users.write(f"asterisk:x:{owner.user}:{owner.group}::/:/usr/sbin/nologin\n")
            groups.write(f"asterisk:x:{owner.group}:\n")
        (tree / "etc/systemd/system/asterisk.service").write_text(UNIT)

    def switch_on(self) -> None:
        """As the button does."""
        modules = f"{self._asterisk / MODULES}:/{MODULES}"
        self.machine.switch_on(f"--bind={self._asterisk}:{ASTERISK}", f"--bind-ro={modules}")

    def bring(self, package: Path) -> None:
        """The file that the administrator has, and no other."""
        for old in (self.machine.folder / "root").glob("*.deb"):
            old.unlink()
        shutil.copy(package, self.machine.folder / "root" / package.name)

    def edit_asterisk(self) -> None:
        """Who may call, where SIP is spoken, who answers: as the page says in words."""
        theirs, ours = self.network.their_address, self.network.our_address
        self.machine.run(
            f"""
            cd /etc/asterisk
            sed -i 's/127\\.0\\.0\\.1/{theirs}/' hotline_trunk.conf
            sed -i 's/^bind *=.*/bind = {ours}:5060/' hotline_transport.conf
            sed -i 's|^OPERATORS = .*|OPERATORS = PJSIP/200@trunk|' hotline_globals.conf
            systemctl enable asterisk
            systemctl restart asterisk
            """
        )
        self.machine.run("timeout 30 sh -c 'until ss -lun | grep -q :5060; do sleep 0.2; done'")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Switched off, and with nothing of 940 on it."""
    need_programs()
    with ExitStack() as stack:
        made = Site(stack, tmp_path)
        yield made
        if made.office is not None:
            made.office.close()


def test_a_city_installs_upgrades_loses_power_and_restores(site: Site, tmp_path: Path) -> None:
    """A call by SIP each time; every ticket whose number was said comes to the office, once."""
    machine, where = site.machine, site.network
    services = Services(load_settings({"HOME": os.environ["HOME"]}))
    made = report(services)
    services.close()
    number = iter(range(100))

    def call() -> SippCall:
        folder = tmp_path / f"call-{next(number)}"
        target = f"{where.our_address}:5060"
        return SippCall(where.theirs, where.their_address, target, made, folder)

    say("booting a bare Debian and installing the commit before")
    site.switch_on()
    site.bring(site.old)
    machine.run(commands("install"))
    url = f"http://{where.their_address}:{_PORT}/tickets"
    line = f"HOTLINE_BACKOFFICE__URL={url}"
    machine.run(f"sed -i 's|^#HOTLINE_BACKOFFICE__URL=.*|{line}|' /srv/940/hotline.env")
    site.office = office = Office(where, tmp_path, machine.run("cat /srv/940/secrets/backoffice"))
    office.open()
    machine.run(commands("start"))
    site.edit_asterisk()
    say(machine.run(commands("check")))

    def called(tickets: int, during: Callable[[], None] = lambda: None) -> None:
        placed = call()
        try:
            wait_until(lambda: open_calls(machine) == 1, 30, "the call is in progress")
            during()
            assert placed.went_to_its_end()
        finally:
            placed.close()
        if tickets:
            wait_until(lambda: len(office.references()) == tickets, 60, f"{tickets} tickets")

    say("a canary calls, and a citizen while a prompt is reworded")
    canary = [str(ROOT / ".venv/bin/hotline"), "call", "--to", f"sip:940@{where.our_address}"]
    run(["ip", "netns", "exec", where.theirs, *canary, "--no-record"], tmp_path)

    def reworded() -> None:
        machine.run(
            "sed -i 's/Thank you. Goodbye/Thank you, goodbye/' /srv/940/config/prompts/en.yaml"
        )
        say(machine.run(commands("reload")))

    called(1, reworded)

    say("upgrading to this commit while a citizen calls")
    site.bring(site.new)
    called(2, lambda: say(machine.run(commands("upgrade"))))
    shown = machine.run("dpkg-query -W -f '${Version}' hotline-940")
    assert shown in site.new.name

    say("the office goes, a citizen calls, and the power is cut")
    office.close()
    called(0)
    wait_until(lambda: len(references(machine)) == 3, 30, "the third ticket is in the record")
    machine.cut_power()
    site.switch_on()
    office.open()
    wait_until(lambda: len(office.references()) == 3, 90, "the third ticket")
    called(4)

    say("backing up, losing the folder, and restoring it")
    kept = references(machine)
    machine.run(commands("backup"))
    machine.run("systemctl stop 'hotline-*'; rm -rf /srv/940")
    machine.run(commands("restore"))
    assert references(machine) == kept
    say(machine.run(commands("check")))
    called(5)
    assert sorted(office.references()) == sorted(references(machine))
    assert len(set(office.references())) == 5


def references(machine: Machine) -> set[str]:
    """Of the tickets in the record."""
    rows = json.loads(machine.run("hotline tickets list --json"))
    return {row["service_request_id"] for row in rows}


def open_calls(machine: Machine) -> int:
    """The calls that are in progress."""
    rows = json.loads(machine.run("hotline records list --json"))
    return sum(row["ended_at"] is None for row in rows)
