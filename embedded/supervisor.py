"""The supervisor of the embedded stack: starts the roles, watches them, drains them in order."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from queue import Queue

import structlog

from embedded.child import Child, ChildSpec
from host.signals import hangup_reopens_logs, signals_told

TICK = 0.2
WATCH_SECONDS = 0.5
"""How often children are looked after: each look costs, and most nights are idle."""
ROTATE_SECONDS = 60.0

log = structlog.get_logger()


class StartFailed(RuntimeError):
    """A child did not become ready. The text names it, how it ended, and its last lines."""


class Supervisor:
    """Runs `children`, started in the order given, those of one `start_with` together.

    Their output goes to `log_dir/<name>.log`; `show(name, line)` is given each line besides.
    `run` is for the command line (it owns SIGTERM and SIGINT); `running` is for tests and the demo.
    """

    def __init__(
        self,
        children: Sequence[ChildSpec],
        *,
        log_dir: Path,
        show: Callable[[str, str], None] | None = None,
    ) -> None:
        self.children = {spec.name: Child(spec, log_dir / f"{spec.name}.log") for spec in children}
        self._show = show
        self._stop_asked = threading.Event()
        self._wake = threading.Event()
        self._signals = 0
        self._hung_up = False
        self._last_well: dict[str, float] = {}
        self._rotated = time.monotonic()
        self._probes: list[threading.Thread] = []

    def run(self, on_ready: Callable[[], None] | None = None) -> int:
        """Start everything, watch it until SIGTERM or SIGINT, drain, and return the exit status.

        0 after a drain, 130 when a second signal cut it short. SIGHUP is passed on. Raises
        `StartFailed`, with everything stopped again. Main thread only.
        """
        hangup_reopens_logs()
        with signals_told(self._on_signal, self.hang_up):
            try:
                self.start()
                if self.children and on_ready and not self._stop_asked.is_set():
                    on_ready()
                self._watch()
            finally:
                self.stop()
        return 130 if self._signals > 1 else 0

    @contextmanager
    def running(self) -> Iterator["Supervisor"]:
        """Start everything and watch it while inside; then drain. Raises `StartFailed`.

        One thread does it all from start to drain: the kernel ties a child to the *thread* that
        started it, so that thread must be the last to go.
        """
        outcome: Queue[StartFailed | None] = Queue()
        thread = threading.Thread(target=self._run_for, args=(outcome,), name="supervisor")
        thread.start()
        try:
            failure = outcome.get()
            if failure is not None:
                raise failure
            yield self
        finally:
            self._stop_asked.set()
            thread.join()

    def _run_for(self, outcome: "Queue[StartFailed | None]") -> None:
        try:
            self.start()
        except StartFailed as error:
            self.stop()
            outcome.put(error)
            return
        outcome.put(None)
        self._watch()
        self.stop()

    def start(self) -> None:
        """Start the children in order. Raises `StartFailed`."""
        for _, stage in groupby(
            self.children.values(), key=lambda c: c.spec.start_with or c.spec.name
        ):
            self._start_stage(list(stage))

    def _start_stage(self, stage: list[Child]) -> None:
        for child in stage:
            if self._stop_asked.is_set():
                return
            child.start()
            log.info("child_started", child=child.spec.name, pid=child.pid)
        for child in stage:
            self._until_ready(child)
            if child.spec.probe is not None and not self._stop_asked.is_set():
                probe = threading.Thread(
                    target=self._keep_probing, args=(child,), name=f"probe-{child.spec.name}"
                )
                probe.start()
                self._probes.append(probe)

    def stop(self) -> None:
        """Drain: SIGTERM stage by stage, SIGKILL for what outlives its time or a second signal."""
        self._stop_asked.set()
        for probe in self._probes:
            probe.join()
        self._probes.clear()
        by_stage = sorted(self.children.values(), key=lambda c: c.spec.stop_stage)
        for _, stage in groupby(by_stage, key=lambda c: c.spec.stop_stage):
            self._stop_stage(list(stage))
        self._show_lines()
        for child in self.children.values():
            child.close()

    def _stop_stage(self, stage: list[Child]) -> None:
        began = time.monotonic()
        for child in stage:
            child.signal(signal.SIGTERM)
        for child in stage:
            deadline = began + child.spec.stop_seconds
            while not child.wait(TICK):
                self._show_lines()
                if self._signals > 1 or time.monotonic() > deadline:
                    log.warning("child_killed", child=child.spec.name, why="did not stop in time")
                    child.signal(signal.SIGKILL)
            log.info("child_stopped", child=child.spec.name, status=child.exit_status)

    def _watch(self) -> None:
        while not self._stop_asked.is_set():
            if self._hung_up:
                self._hung_up = False
                self._pass_on(signal.SIGHUP)
            for child in self.children.values():
                try:
                    self._look_after(child)
                except Exception:  # one child's trouble never ends the others
                    log.exception("child_not_looked_after", child=child.spec.name)
                    child.plan_restart()
            self._show_lines()
            self._wake.wait(WATCH_SECONDS)
            self._wake.clear()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.running:
            if child.heard:
                self._last_well[child.spec.name] = now
            watched = child.spec.tells or child.spec.probe is not None
            if watched and self._hung(child, now):
                log.error("child_hung", child=child.spec.name, pid=child.pid)
                child.signal(signal.SIGKILL)
                child.wait(5)
            return
        if child.restart_at <= child.started_at:
            self._mended(child)
            pause = child.plan_restart()
            status = child.exit_status
            log.error("child_ended", child=child.spec.name, status=status, again_in_seconds=pause)
        elif now >= child.restart_at:
            child.start()
            log.info("child_started", child=child.spec.name, pid=child.pid)

    def _mended(self, child: Child) -> bool:
        """Whether something was changed about a child that has ended before it was well."""
        if self._last_well.get(child.spec.name, 0.0) >= child.started_at:
            child.failed_starts = 0
            return False
        if child.spec.mend is None or (child.exit_status or 0) <= 0:
            return False
        child.failed_starts += 1
        return child.spec.mend(child.failed_starts)

    def _hung(self, child: Child, now: float) -> bool:
        spec = child.spec
        well = self._last_well.get(spec.name, 0.0)
        if well < child.started_at:  # not yet heard of since it started: it may take its time
            return now - child.started_at > max(spec.hung_seconds, spec.ready_seconds)
        return now - well > spec.hung_seconds

    def _keep_probing(self, child: Child) -> None:
        while not self._stop_asked.wait(child.spec.probe_seconds):
            if _true(child.spec.probe):
                self._last_well[child.spec.name] = time.monotonic()

    def _until_ready(self, child: Child) -> None:
        deadline = time.monotonic() + child.spec.ready_seconds
        while child.spec.ready is not None and not _true(child.spec.ready):
            if self._stop_asked.is_set():
                return
            why = "" if child.running else f"it ended with status {child.exit_status}"
            if why and self._mended(child):
                child.start()
                deadline = time.monotonic() + child.spec.ready_seconds
                continue
            if time.monotonic() > deadline:
                why = f"it was not ready in {child.spec.ready_seconds:g} s"
            if why:
                last = "\n".join(f"  {line}" for line in child.new_lines()[-10:])
                raise StartFailed(f"{child.spec.name}: {why}; see {child.log_path}\n{last}")
            self._stop_asked.wait(0.05)
        if child.spec.ready is not None:
            self._last_well[child.spec.name] = time.monotonic()

    def _show_lines(self) -> None:
        """Show what children have logged, and keep their logs small. Never raises."""
        try:
            for child in self.children.values():
                if self._show is not None:
                    for line in child.new_lines():
                        self._show(child.spec.name, line)
            if time.monotonic() - self._rotated > ROTATE_SECONDS:
                self._rotated = time.monotonic()
                for child in self.children.values():
                    child.rotate_log()
        except Exception:  # logs are beside the calls
            log.exception("logs_not_looked_after")

    def _pass_on(self, number: signal.Signals) -> None:
        for child in self.children.values():
            if child.spec.takes_hangup:
                child.signal(number)

    def hang_up(self) -> None:
        """Tell the children that mind it, as SIGHUP does."""
        self._hung_up = True
        self._wake.set()

    def _on_signal(self) -> None:
        self._signals += 1
        self._stop_asked.set()
        self._wake.set()


def _true(check: Callable[[], bool] | None) -> bool:
    """Ask a probe; whatever it raises means no."""
    try:
        return check is not None and check()
    except Exception:  # what a probe cannot say is no
        return False
