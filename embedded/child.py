"""One process under the supervisor: how it is started, looked after and ended."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import structlog

from host.inherited import inherited
from host.life import Ear

log = structlog.get_logger()

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
STEADY_SECONDS = 30.0
"""A child that ran this long is healthy again: its next restart is quick."""
LARGEST_LOG = 20 * 1024 * 1024
TIED = Path(__file__).with_name("tied.py")


def role(name: str, *arguments: str) -> tuple[str, ...]:
    """Return the command line of a role of the `hotline` command, in this Python."""
    return (sys.executable, "-m", "hotline", name, *arguments)


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What to run and what to expect of it. Times are seconds.

    Its environment is `env` and what every program needs of ours (`host.inherited`), with all
    variables that begin with one of `inherits`.

    `ready` is asked at the start until it is True (at most `ready_seconds`). `probe` is asked every
    `probe_seconds` for as long as the child runs; when it has not been True for `hung_seconds` the
    child is killed and started again. Both must bound their own time and may raise: that is False.
    Neighbours of the same `start_with` start together; whoever has none is ready before the next.
    Children of a lower `stop_stage` are stopped first, and may take `stop_seconds` after SIGTERM.
    Who `tells` gives a sign of life by itself (`host.life`): none for `hung_seconds` is
    the same as a probe that failed for so long. `mend` is called when the child has ended with an
    error before it was ever well, with how many times in a row that was; True says that something
    was changed. Who `takes_hangup` is told of the supervisor's own SIGHUP. `orphan_signal` is what
    the child gets when the supervisor itself is killed.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    inherits: tuple[str, ...] = ()
    cwd: Path | None = None
    ready: Callable[[], bool] | None = None
    ready_seconds: float = 20.0
    probe: Callable[[], bool] | None = None
    probe_seconds: float = 1.0
    hung_seconds: float = 10.0
    tells: bool = False
    takes_hangup: bool = False
    mend: Callable[[int], bool] | None = None
    start_with: str = ""
    stop_stage: int = 0
    stop_seconds: float = 10.0
    orphan_signal: signal.Signals = signal.SIGTERM


class Child:
    """The running (or ended) process of a `ChildSpec`. Used by one thread at a time."""

    def __init__(self, spec: ChildSpec, log_path: Path) -> None:
        self.spec = spec
        self.log_path = log_path
        self.restarts = 0
        self.started_at = 0.0
        self.restart_at = 0.0
        self.failed_starts = 0
        self._pause = FIRST_PAUSE
        self._process: subprocess.Popen[bytes] | None = None
        self._shown = 0
        self._ear: Ear | None = None

    @property
    def pid(self) -> int | None:
        """The process id, None before the first start."""
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        """Whether the process is there (it may still be hung)."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """How the last process ended: its exit status, or minus the signal's number."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start the process in a session of its own, its output appended to the log file.

        The output goes to the file itself and not through a pipe: a supervisor that is stopped or
        slow can never block a child that writes. Without room for the file it goes nowhere. Raises
        OSError when there can be no process.
        """
        if self.spec.tells and self._ear is None:
            self._ear = Ear()
        tied = (sys.executable, "-I", "-S", str(TIED), str(os.getpid()))
        with self._log() as output:
            self._process = subprocess.Popen(
                [*tied, str(int(self.spec.orphan_signal)), *self.spec.argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.spec.cwd,
                env=inherited(os.environ, self.spec.inherits)
                | dict(self.spec.env)
                | (self._ear.environment if self._ear else {}),
                start_new_session=True,
            )
        self.started_at = time.monotonic()

    def _log(self) -> BinaryIO:
        try:
            self.log_path.parent.mkdir(parents=True, exist_ok=True)
            if self._process is None and self.log_path.exists():
                self._shown = self.log_path.stat().st_size
            return self.log_path.open("ab")
        except OSError as error:
            log.error("child_without_log", child=self.spec.name, error=type(error).__name__)
            return Path(os.devnull).open("ab")

    @property
    def heard(self) -> bool:
        """Whether it has given a sign of life since this was last asked."""
        return self._ear is not None and self._ear.heard()

    def close(self) -> None:
        """Hear it no more."""
        if self._ear is not None:
            self._ear.close()

    def plan_restart(self) -> float:
        """Note that the process ended; return the seconds until it may start again."""
        now = time.monotonic()
        if now - self.started_at >= STEADY_SECONDS:
            self._pause = FIRST_PAUSE
        pause = self._pause
        self.restart_at = now + pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self.restarts += 1
        return pause

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process; SIGKILL goes to everything in its session's group."""
        if self._process is None or self._process.poll() is not None:
            return
        if number == signal.SIGKILL:
            os.killpg(self._process.pid, number)
        else:
            self._process.send_signal(number)

    def wait(self, seconds: float) -> bool:
        """Wait for the end; False when it did not come in time."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def new_lines(self) -> list[str]:
        """Return the whole lines logged since the last call; none when they cannot be read."""
        try:
            with self.log_path.open("rb") as file:
                file.seek(0, os.SEEK_END)
                if file.tell() < self._shown:
                    self._shown = 0
                file.seek(self._shown)
                text = file.read(1024 * 1024)
        except OSError:
            return []
        whole = text.rfind(b"\n") + 1
        self._shown += whole
        return text[:whole].decode("utf-8", "replace").splitlines()

    def rotate_log(self) -> None:
        """Keep one older log. The child appends, so the file can be emptied under it.

        Without room for the older one it goes: a full disk needs the room. Raises OSError when the
        log cannot be looked at.
        """
        if self.log_path.exists() and self.log_path.stat().st_size > LARGEST_LOG:
            older = self.log_path.with_suffix(".log.1")
            try:
                shutil.copyfile(self.log_path, older)
            except OSError as error:
                log.error("log_not_kept", child=self.spec.name, error=type(error).__name__)
                older.unlink(missing_ok=True)
            os.truncate(self.log_path, 0)
            self._shown = 0
