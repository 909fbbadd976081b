"""A whole Asterisk in a folder of the cache, for machines whose Debian has none.

Debian 12 and 13 ship no Asterisk; Debian sid does. `debootstrap` makes a small sid in a folder, and
`apt-get` inside it installs Asterisk; `chroot` runs it. About 650 MB, half a minute to two minutes.

Needed on the machine: root, Debian (or a child of it), the package `debootstrap`, the network.
"""

import fcntl
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from embedded.asterisk.places import find_modules

Progress = Callable[[str], None]

ROOT_NAME = "asterisk-sid"
PACKAGES = ("asterisk", "asterisk-modules")
# Debian packages of the machine itself that this room and the callers use.
HOST_PACKAGES = ("debootstrap", "sip-tester", "baresip", "sox", "espeak-ng", "redis-server")


class AsteriskUnavailable(Exception):
    """Asterisk cannot be had on this machine; the message says why and what mends it."""


@dataclass(frozen=True)
class AsteriskRoot:
    """A folder that holds a whole Debian with Asterisk in it."""

    folder: Path

    @property
    def binary(self) -> Path:
        """The program, as the host sees it."""
        return self.folder / "usr/sbin/asterisk"

    @property
    def modules(self) -> str:
        """The folder of modules, as Asterisk sees it."""
        found = find_modules(self.folder)
        if found is None:
            raise AsteriskUnavailable(f"{self.folder}: no modules of Asterisk; remove the folder")
        return found

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs something inside the folder."""
        return ["chroot", str(self.folder), *arguments]

    def name_this_machine(self) -> None:
        """Write etc/hosts with the machine's own name.

        Without it PJSIP asks a DNS server for that name inside every call, and calls time out while
        the processor idles.
        """
        hosts = self.folder / "etc/hosts"
        name = socket.gethostname()
        text = f"127.0.0.1 localhost {name}\n::1 localhost\n"
        if hosts.exists() and hosts.read_text() == text:
            return
        draft = hosts.with_name(f"hosts.{os.getpid()}")
        draft.write_text(text)
        draft.replace(hosts)


def cache_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Where large things are kept between runs: HOTLINE_CACHE_DIR, else ~/.cache/hotline940."""
    chosen = (os.environ if environ is None else environ).get("HOTLINE_CACHE_DIR")
    return Path(chosen).expanduser() if chosen else Path.home() / ".cache" / "hotline940"


def find_asterisk(cache: Path | None = None) -> AsteriskRoot | None:
    """The Asterisk installed earlier; None when there is none or this user may not run it."""
    root = AsteriskRoot((cache or cache_folder()) / ROOT_NAME)
    if os.geteuid() != 0 or not root.binary.exists():
        return None
    return root


def install_asterisk(progress: Progress, cache: Path | None = None) -> AsteriskRoot:
    """The Asterisk of the cache, installed now if it is not there yet.

    `progress` is told each long step in a sentence. Two that install at once: the second waits.
    An installation that is cut short leaves nothing that looks finished.

    Raises AsteriskUnavailable with the mend when this machine cannot have one.
    """
    folder = cache or cache_folder()
    found = find_asterisk(folder)
    if found:
        return found
    _check_machine()
    folder.mkdir(parents=True, exist_ok=True)
    with _only_one(folder / f"{ROOT_NAME}.lock", progress):
        found = find_asterisk(folder)
        if found:
            return found
        part = folder / f"{ROOT_NAME}.part"
        shutil.rmtree(part, ignore_errors=True)
        try:
            _fill(part, progress)
            part.rename(folder / ROOT_NAME)
        except BaseException:  # an interrupt too leaves no half of it
            shutil.rmtree(part, ignore_errors=True)
            raise
    progress("Asterisk is installed")
    return AsteriskRoot(folder / ROOT_NAME)


def _check_machine() -> None:
    if os.geteuid() != 0:
        raise AsteriskUnavailable(
            "installing Asterisk needs root (debootstrap and chroot): run as root, "
            "or use the call without an Asterisk (VIA=agi)"
        )
    if not Path("/etc/debian_version").exists():
        raise AsteriskUnavailable(
            "this is not a Debian: install Asterisk 20 or newer and `hotline asterisk install`, "
            "or use the call without an Asterisk (VIA=agi)"
        )
    if shutil.which("debootstrap") is None:
        raise AsteriskUnavailable(
            "debootstrap is missing: apt-get install " + " ".join(HOST_PACKAGES)
        )


def _fill(part: Path, progress: Progress) -> None:
    progress("Unpacking a small Debian for Asterisk (20 s to 1 min)")
    _run(["debootstrap", "--variant=minbase", "sid", str(part)], "debootstrap")
    # Packages must not start anything: this folder is not a machine.
    refusal = part / "usr/sbin/policy-rc.d"
    refusal.write_text("#!/bin/sh\nexit 101\n")
    refusal.chmod(0o755)
    root = AsteriskRoot(part)
    root.name_this_machine()
    progress("Installing Asterisk in it (10 s to 1 min)")
    _run(
        root.command("apt-get", "-y", "-q", "install", "--no-install-recommends", *PACKAGES),
        "apt-get install asterisk",
    )
    _run(root.command("apt-get", "clean"), "apt-get clean")
    version = _run(root.command("asterisk", "-V"), "asterisk -V")
    progress(version.strip())


def _run(command: list[str], what: str) -> str:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
        check=False,
    )
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-8:])
        raise AsteriskUnavailable(
            f"{what} failed ({done.returncode}); is the network there, and 1 GB of disk?\n{tail}"
        )
    return done.stdout


@contextmanager
def _only_one(lock: Path, progress: Progress) -> Iterator[None]:
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Waiting for another installation of Asterisk to end")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
