"""A bare Debian 12 with its own systemd, in a container: what a city installs 940 on.

`debootstrap` makes it once, in the cache; each machine is a layer over it (overlayfs), started by
systemd-nspawn in a network namespace of its own. Needs root.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from embedded.asterisk.install import cache_folder

_INCLUDED = "systemd,systemd-sysv,dbus,iproute2,ca-certificates,procps"
_BOOT_S = 60.0
PROGRAMS = ("systemd-nspawn", "debootstrap", "dpkg-deb", "ip", "nsenter", "sipp")


def need_programs() -> None:
    """Fail with the mend where something is missing."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        pytest.fail(
            f"needs root and {', '.join(missing) or 'nothing more'}: apt-get install "
            "systemd-container debootstrap iproute2 sip-tester"
        )


def bare_debian(packages: Sequence[Path]) -> Path:
    """The folder of a bare Debian whose apt has fetched what `packages` depend on.

    A machine of a test has no network beyond the test's own.
    """
    folder = cache_folder() / "bare-bookworm"
    if not folder.exists():
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.parent.mkdir(parents=True, exist_ok=True)
        options = ["--variant=minbase", f"--include={_INCLUDED}"]
        run(["debootstrap", *options, "bookworm", str(part)])
        part.rename(folder)
    for name in ("resolv.conf", "hosts"):
        shutil.copy(Path("/etc", name), folder / "etc" / name)
    fetch = ["apt-get", "install", "-y", "-q", "--download-only", "redis-server", "sqlite3"]
    for package in packages:
        shutil.copy(package, folder / "root" / package.name)
    try:
        run(["chroot", str(folder), "apt-get", "update", "-q"])
        run(["chroot", str(folder), *fetch, *(f"/root/{package.name}" for package in packages)])
    finally:
        for package in packages:
            (folder / "root" / package.name).unlink()
    return folder


@contextmanager
def layered(lower: Path, work: Path) -> Iterator[Path]:
    """A folder that shows `lower`, and keeps in `work` what is written to it."""
    parts = {name: work / name for name in ("upper", "scratch", "merged")}
    for part in parts.values():
        part.mkdir(parents=True)
    options = f"lowerdir={lower},upperdir={parts['upper']},workdir={parts['scratch']}"
    run(["mount", "-t", "overlay", "overlay", "-o", options, str(parts["merged"])])
    try:
        yield parts["merged"]
    finally:
        run(["umount", "--lazy", str(parts["merged"])])


@dataclass(frozen=True, slots=True)
class Network:
    """Two machines on one cable: a network namespace for each."""

    ours: str
    theirs: str
    our_address: str = "10.94.0.1"
    their_address: str = "10.94.0.2"


@contextmanager
def network() -> Iterator[Network]:
    """A cable between two namespaces, taken away at the end."""
    mark = str(os.getpid())
    made = Network(f"h940-{mark}", f"w940-{mark}")
    ends = {
        made.ours: (f"ha{mark}", made.our_address),
        made.theirs: (f"hb{mark}", made.their_address),
    }
    try:
        for namespace in ends:
            run(["ip", "netns", "add", namespace])
        (first, _), (second, _) = ends.values()
        run(["ip", "link", "add", first, "type", "veth", "peer", "name", second])
        for namespace, (device, address) in ends.items():
            run(["ip", "link", "set", device, "netns", namespace])
            inside = ["ip", "netns", "exec", namespace, "ip"]
            run([*inside, "address", "add", f"{address}/24", "dev", device])
            run([*inside, "link", "set", device, "up"])
            run([*inside, "link", "set", "lo", "up"])
        # Docker wants it, and cannot set it: a machine in a container has its /proc/sys read-only.
        forward = "echo 1 > /proc/sys/net/ipv4/ip_forward"
        run(["ip", "netns", "exec", made.ours, "sh", "-c", forward])
        yield made
    finally:
        for namespace in ends:
            subprocess.run(["ip", "netns", "delete", namespace], check=False, capture_output=True)


class Machine:
    """One machine: its folder, and its systemd while it is switched on."""

    def __init__(self, folder: Path, namespace: str, log: Path) -> None:
        self.folder = folder
        self._namespace = namespace
        self._log = log
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._init = 0

    def switch_on(self, *binds: str, containers: Path | None = None) -> None:
        """Boot, and wait until systemd has started all that it starts.

        A machine that has containers of its own may what they may not. They lie in the folder
        `containers`: layers of theirs cannot lie in a layer.
        """
        command = ["systemd-nspawn", "--directory", str(self.folder), "--boot", "--quiet"]
        command += ["--register=no", "--keep-unit", f"--machine={self._namespace}"]
        command += [f"--network-namespace-path=/run/netns/{self._namespace}"]
        environ = dict(os.environ)
        if containers is not None:
            containers.mkdir(exist_ok=True)
            command += ["--capability=all", f"--bind={containers}:/var/lib/docker"]
            environ["SYSTEMD_SECCOMP"] = "0"
        with self._log.open("ab") as log:
            self._nspawn = subprocess.Popen(
                [*command, *binds], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environ
            )
        deadline = time.monotonic() + _BOOT_S
        while not self._booted():
            assert time.monotonic() < deadline, self._log.read_text(errors="replace")[-3000:]
            time.sleep(0.1)

    def _booted(self) -> bool:
        assert self._nspawn is not None
        children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children")
        with_init = [int(pid) for pid in children.read_text().split()]
        for pid in with_init:
            if Path(f"/proc/{pid}/comm").read_text().strip() == "systemd":
                self._init = pid
                state = self.ask("systemctl is-system-running")
                return state.stdout.strip() in ("running", "degraded")
        return False

    def cut_power(self) -> None:
        """Every process of it ends at once, without a word."""
        if self._nspawn is None:
            return
        if self._init:
            os.kill(self._init, signal.SIGKILL)  # the kernel ends all others of its namespace
        self._nspawn.wait(30)
        self._nspawn = None

    def ask(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script as root there, in root's home."""
        entered = ["nsenter", "--target", str(self._init), "--all", "--wdns=/root"]
        clean = {
            "PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "LC_ALL": "C.UTF-8",
        }
        clean["DEBIAN_FRONTEND"] = "noninteractive"
        return subprocess.run(
            [*entered, "bash", "-euo", "pipefail", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=clean,
            check=False,
            timeout=900,
        )

    def run(self, script: str) -> str:
        """What it says; it must end well."""
        done = self.ask(script)
        assert done.returncode == 0, (
            f"status {done.returncode} of:\n{script}\n{done.stdout[-6000:]}"
        )
        return done.stdout


def run(command: Sequence[str], folder: Path | None = None) -> str:
    """Of this machine; it must end with status 0."""
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}"
    return done.stdout
