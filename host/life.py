"""A role's sign of life, for whoever supervises it and for `hotline doctor`.

The supervisor hears it by the protocol of sd_notify(3): a datagram to the socket that the variable
NOTIFY_SOCKET names. It is systemd's own, so `WatchdogSec=` works in a unit as well, and it needs no
disk. The doctor sees it by a file under the state folder, locked for as long as its process lives.
"""

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from host.held import held_files, hold, is_held, role_of

log = structlog.get_logger()

LONGEST_SILENCE_S = 20.0
"""How long who gives signs of life may give none. What a round may take, a role minds by itself."""
VARIABLE = "NOTIFY_SOCKET"
_SIGN = b"WATCHDOG=1"


class Supervisor:
    """Whoever started this process and listens to it, if anybody does.

    Telling it never raises and never waits.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get(VARIABLE, "").replace("@", "\0", 1)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def told(self, state: bytes) -> None:
        """Tell it one line of sd_notify(3)."""
        if self._address:
            with suppress(OSError):
                self._socket.sendto(state, self._address)

    def close(self) -> None:
        """Tell nothing more."""
        self._socket.close()


def tell_ready(environ: Mapping[str, str]) -> None:
    """Tell the supervisor that this process does its work from now on, as `Type=notify` wants."""
    with closing(Supervisor(environ)) as supervisor:
        supervisor.told(b"READY=1")


class Life:
    """Tells that the process of `role` lives and does its work: first when this is made.

    Never raises, never waits.
    """

    def __init__(self, role: str, state_dir: Path, environ: Mapping[str, str]) -> None:
        self._supervisor = Supervisor(environ)
        self._supervisor.told(_SIGN)
        self._file = self._open(_folder(state_dir), role)

    def tell(self) -> None:
        """All is well just now."""
        self._supervisor.told(_SIGN)
        if self._file is not None:
            with suppress(OSError):
                os.utime(self._file)

    def close(self) -> None:
        """It ends."""
        self._supervisor.close()
        if self._file is not None:
            os.close(self._file)

    @staticmethod
    def _open(folder: Path, role: str) -> int | None:
        try:
            return hold(folder, role)
        except OSError as error:  # the doctor sees less; nobody else is the worse for it
            log.warning("life_not_shown", error=type(error).__name__)
            return None


class Ear:
    """Where a supervisor hears one child."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("")  # a name of its own, that no file has (unix(7), autobind)
        self._socket.setblocking(False)

    def close(self) -> None:
        """Hear nothing more."""
        self._socket.close()

    @property
    def environment(self) -> dict[str, str]:
        """What its child must find to be heard here."""
        name = self._socket.getsockname()
        text = name.decode() if isinstance(name, bytes) else str(name)
        return {VARIABLE: text.replace("\0", "@", 1)}

    def heard(self) -> bool:
        """Whether it has given a sign since this was last asked."""
        heard = False
        with suppress(BlockingIOError):
            while self._socket.recv(64):
                heard = True
        return heard


@dataclass(frozen=True, slots=True)
class Seen:
    """A role that lives on this machine, and how long ago it gave its last sign, in seconds."""

    role: str
    pid: int
    ago_s: float


def seen(state_dir: Path) -> Iterator[Seen]:
    """The roles of this state folder that live."""
    for path in held_files(_folder(state_dir)):
        process = role_of(path)
        if process is not None and is_held(path):
            role, pid, _ = process
            with suppress(FileNotFoundError):
                yield Seen(role, pid, max(0.0, time.time() - path.stat().st_mtime))


def _folder(state_dir: Path) -> Path:
    return state_dir / "life"
