"""A city's machine with an Asterisk, that of callers and of the office, and what each does."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from embedded.asterisk.install import find_asterisk
from embedded.asterisk.places import find_owner
from hotline.bootstrap import Services
from hotline.settings import load_settings
from tests.fixtures.processes import wait_until
from tests.install.machine import Machine, Network, layered, network, run
from tests.install.telephone import SippCall, report

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


class Office:
    """The receiver of the documents, on the other machine."""

    def __init__(self, where: Network, folder: Path) -> None:
        self.url = f"http://{where.their_address}:{_PORT}/tickets"
        self._file = folder / "tickets.db"
        self._where = where
        self._environ = {
            **os.environ,
            "HOST": where.their_address,
            "PORT": str(_PORT),
            "TICKETS": str(self._file),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def open(self, secret: str = "") -> None:
        """Take tickets that `secret` signs; without one, those of the secret before."""
        if secret:
            self._environ["SECRETS"] = secret.strip()
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
        if not self._file.exists():
            return []
        with closing(sqlite3.connect(self._file)) as tickets:
            rows = tickets.execute("SELECT reference FROM tickets ORDER BY rowid").fetchall()
        return [reference for (reference,) in rows]


class Site:
    """The machine of a city, switched off, over a bare Debian; a caller and an office beside it."""

    def __init__(
        self, stack: ExitStack, folder: Path, debian: Path, *, hotline: str, home: str
    ) -> None:
        """`hotline` is how its command is called there, `home` the folder of the installation."""
        sid = find_asterisk()
        assert sid is not None, "no Asterisk here: run `make setup` as root"
        self._folder = folder
        self._hotline, self._home = hotline, home
        self.network = stack.enter_context(network())
        tree = stack.enter_context(layered(debian, folder / "machine"))
        self._asterisk = stack.enter_context(layered(sid.folder, folder / "asterisk"))
        self.machine = Machine(tree, self.network.ours, folder / "boot.log")
        stack.callback(self.machine.cut_power)
        self.office = Office(self.network, folder)
        stack.callback(self.office.close)
        owner = find_owner(sid.folder)
        with (tree / "etc/passwd").open("a") as users, (tree / "etc/group").open("a") as groups:
            users.write(f"asterisk:x:{owner.user}:{owner.group}::/:/usr/sbin/nologin\n")
            groups.write(f"asterisk:x:{owner.group}:\n")
        (tree / "etc/systemd/system/asterisk.service").write_text(UNIT)
        services = Services(load_settings({"HOME": os.environ["HOME"]}))
        self._report = report(services)
        services.close()
        self._calls = 0

    def switch_on(self, *, containers: Path | None = None) -> None:
        """As the button does (`Machine.switch_on`)."""
        modules = f"{self._asterisk / MODULES}:/{MODULES}"
        binds = (f"--bind={self._asterisk}:{ASTERISK}", f"--bind-ro={modules}")
        self.machine.switch_on(*binds, containers=containers)

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

    def canary(self) -> None:
        """Call as a monitor does, from the other machine."""
        command = [str(ROOT / ".venv/bin/hotline"), "call", "--no-record"]
        to = ["--to", f"sip:940@{self.network.our_address}"]
        run(["ip", "netns", "exec", self.network.theirs, *command, *to], self._folder)

    def called(self, tickets: int, during: Callable[[], None] = lambda: None) -> None:
        """A citizen reports, `during` is done meanwhile, and the office then has so many tickets.

        0: the office is away, and is not asked.
        """
        self._calls += 1
        placed = SippCall(
            self.network.theirs,
            self.network.their_address,
            f"{self.network.our_address}:5060",
            self._report,
            self._folder / f"call-{self._calls}",
        )
        try:
            wait_until(lambda: self._open_calls() == 1, 30, "the call is in progress")
            during()
            assert placed.went_to_its_end()
        finally:
            placed.close()
        if tickets:
            have = self.office.references
            wait_until(lambda: len(have()) == tickets, 60, f"{tickets} tickets at the office")

    def references(self) -> set[str]:
        """Of the tickets in the record."""
        rows = json.loads(self.machine.run(f"{self._hotline} tickets list --json"))
        return {row["service_request_id"] for row in rows}

    def what_was_said_is_kept(self) -> None:
        """Of every call. The relay takes what Asterisk has not written to for two minutes."""
        folder = self.machine.folder / self._home.lstrip("/") / "state/recordings"
        wait_until(
            lambda: len(list(folder.glob("*.wav"))) == self._calls,
            seconds=240,
            what=f"{self._calls} recordings",
        )

    def _open_calls(self) -> int:
        rows = json.loads(self.machine.run(f"{self._hotline} records list --json"))
        return sum(row["ended_at"] is None for row in rows)
