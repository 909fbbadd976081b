"""One running Asterisk with folders of its own inside the root, stopped by its process id."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import structlog

from embedded.asterisk.install import AsteriskRoot
from embedded.asterisk.layout import Layout, write_layout
from embedded.asterisk.manager import ManagerAccess
from embedded.asterisk.places import SOUNDS_INSIDE, Places, find_owner
from embedded.asterisk.sounds import lay_audio, lay_sounds
from host.inherited import inherited

log = structlog.get_logger()

_SETTLED_S = 2.0
"""A file system's clock is coarser than ours: what changed so lately is looked at again."""


class AsteriskFailed(Exception):
    """Asterisk did not start or did not answer; the message holds the end of its log."""


class AsteriskInstance:
    """A context manager: Asterisk is ready for calls inside it, and gone after it.

    `folder_name` names its folders under the root (letters, digits, hyphen; unique among those
    running). `agi_a` and `agi_b` are host:port of the two FastAGI servers. `sounds_source` is a
    folder of prompts on the host; a prompt's path for Asterisk is `sounds_inside`, a slash and the
    file's name without its ending (one folder of the root for all instances, unless another is
    chosen). `globals` are dialplan globals over the lab's (layout.LAB_GLOBALS), `telephones` are
    inside ones (layout.Layout). `access` opens its manager interface.
    """

    def __init__(
        self,
        root: AsteriskRoot,
        folder_name: str,
        *,
        config: Path,
        sip_port: int,
        rtp_range: tuple[int, int],
        agi_a: str = "127.0.0.1:4573",
        agi_b: str = "127.0.0.1:4574",
        sounds_source: Path | None = None,
        sounds_inside: str = SOUNDS_INSIDE,
        globals: Mapping[str, str] | None = None,
        telephones: Mapping[str, str] | None = None,
        access: ManagerAccess | None = None,
        keep: bool = False,
    ) -> None:
        self.root = root
        self.layout = Layout(
            folder_name,
            sip_port,
            rtp_range,
            agi_a,
            agi_b,
            globals=dict(globals or {}),
            telephones=dict(telephones or {}),
            access=access,
        )
        self._config = config
        self.sounds_inside = sounds_inside
        self._sounds_source = sounds_source
        self._keep = keep
        self._laid_at = 0.0
        self._seen: dict[Path, float] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def places(self) -> Places:
        """Where what is ours lies."""
        return self.layout.places(self.root, self.sounds_inside)

    @property
    def sip_address(self) -> str:
        """host:port where it speaks SIP."""
        return f"{self.layout.sip_host}:{self.layout.sip_port}"

    @property
    def recordings_inside(self) -> str:
        """Where RECORD FILE writes, as Asterisk sees it."""
        return self.places.recordings

    @property
    def recordings_outside(self) -> Path:
        """The same folder, as the host sees it."""
        return self.places.outside(self.places.recordings)

    @property
    def log_file(self) -> Path:
        """Its messages, as the host sees them."""
        return self.layout.outside(self.root, "log", "messages.log")

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None, "not started"
        return self._process.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, timeout: float = 30) -> None:
        """Lay out the folders, start it, and return when it takes calls.

        Raises AsteriskFailed when it ends or is not ready within `timeout` seconds.
        """
        self.root.name_this_machine()
        self._end_orphan()
        shutil.rmtree(self.layout.outside(self.root), ignore_errors=True)
        write_layout(self.layout, self.root, self._config)
        lay_audio(
            self.places,
            find_owner(self.root.folder),
            self._sounds_source,
            keeper_group=os.getegid(),
        )
        output = self.layout.outside(self.root, "log", "output.txt").open("wb")
        with output:
            self._process = subprocess.Popen(
                self.root.command(
                    "/usr/sbin/asterisk",
                    *("-f", "-U", "asterisk", "-G", "asterisk", "-C", self._conf),
                ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/"},
            )
        try:
            self._wait_until_ready(time.monotonic() + timeout)
        except BaseException:  # an interrupt too leaves no process behind
            self.stop()
            raise
        log.info("asterisk_started", pid=self.pid, sip=self.sip_address)

    def refresh_sounds(self) -> int:
        """Bring new prompts of `sounds_source` to Asterisk; how many were new.

        Files are looked at only where a folder of theirs has changed since: it costs next to
        nothing to ask every second. Raises OSError.
        """
        if self._sounds_source is None:
            return 0
        folders = (self._sounds_source, *self._sounds_source.iterdir())
        seen = {path: path.stat().st_mtime for path in folders if path.is_dir()}
        settled = max(seen.values(), default=0.0) < self._laid_at - _SETTLED_S
        if settled and seen == self._seen:
            return 0
        began = time.time()
        laid = lay_sounds(self._sounds_source, self.places.outside(self.sounds_inside))
        self._laid_at, self._seen = began, seen
        return laid

    def rx(self, command: str, timeout: float = 10) -> str:
        """What the console answers to `command`.

        Raises AsteriskFailed when it does not answer within `timeout` seconds.
        """
        try:
            done = subprocess.run(
                self.root.command("/usr/sbin/asterisk", "-C", self._conf, "-rx", command),
                capture_output=True,
                stdin=subprocess.DEVNULL,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
                env=inherited(os.environ),
            )
        except subprocess.TimeoutExpired:
            raise AsteriskFailed(f"{command!r}: no answer in {timeout} s") from None
        if done.returncode != 0:
            raise AsteriskFailed(f"{command!r}: {(done.stdout + done.stderr).strip()}")
        return done.stdout

    def active_calls(self) -> int:
        """How many calls it has now."""
        for line in self.rx("core show channels count").splitlines():
            # "2 active calls", or "2 of 1000 max active calls (0.20% of capacity)"
            if "active call" in line:
                return int(line.split()[0])
        raise AsteriskFailed("core show channels count: no line of active calls")

    def cpu_seconds(self) -> float:
        """Processor time it has used since its start, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def drain(self, seconds: float) -> bool:
        """Refuse new calls and end when the last has ended; False when `seconds` were not enough.

        `stop` comes after it in either case.
        """
        if not self.running:
            return True
        try:
            self.rx("core stop gracefully")
            assert self._process is not None
            self._process.wait(seconds)
        except (AsteriskFailed, subprocess.TimeoutExpired):
            return not self.running
        return True

    def stop(self, timeout: float = 5) -> None:
        """End it: SIGTERM, SIGKILL after `timeout` seconds; remove its folders unless kept."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if not self._keep:
            shutil.rmtree(self.layout.outside(self.root), ignore_errors=True)

    def _end_orphan(self) -> None:
        """End the Asterisk that a killed run of the same folder left behind: it holds the port."""
        try:
            pid = int(self.layout.outside(self.root, "run", "asterisk.pid").read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return
        if self._conf.encode() not in command.split(b"\0"):
            return  # the number belongs to somebody else by now
        log.warning("asterisk_orphan_ended", pid=pid)
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.02)

    @property
    def _conf(self) -> str:
        return self.layout.inside("etc", "asterisk.conf")

    def _wait_until_ready(self, deadline: float) -> None:
        control = self.layout.outside(self.root, "run", "asterisk.ctl")
        while not control.exists():
            self._still_alive(deadline)
            time.sleep(0.02)
        while True:
            self._still_alive(deadline)
            try:
                self.rx("core waitfullybooted", max(1.0, deadline - time.monotonic()))
                listening = self.rx("pjsip show transports")
            except AsteriskFailed:
                time.sleep(0.05)
                continue
            if self.sip_address not in listening:
                raise AsteriskFailed(
                    f"nothing speaks SIP on {self.sip_address}; is the port taken?"
                    f"\n{self._last_words()}"
                )
            return

    def _still_alive(self, deadline: float) -> None:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AsteriskFailed(
                f"Asterisk ended at its start ({self._process.returncode})\n{self._last_words()}"
            )
        if time.monotonic() > deadline:
            raise AsteriskFailed(f"Asterisk was not ready in time\n{self._last_words()}")

    def _last_words(self) -> str:
        words = ""
        for path in (self.log_file, self.log_file.with_name("output.txt")):
            if path.exists():
                words += "\n".join(path.read_text(errors="replace").splitlines()[-15:]) + "\n"
        return words
