"""What is sensitive to time or sound runs by itself, and what failed runs once more, by itself.

Under `-n N --dist loadgroup`, which is how `make test` runs:

1. everything but the tests marked `alone`, on N workers;
2. the tests marked `alone`, one after another in one process, when the workers have gone; and then
   those marked `alone("…")` with a name, a process for each name, beside one another;
3. what failed, once more in one process. What passes then is named under "passed only alone",
   with how it failed at first: the run passes with up to three of these, and with none that is
   under tests/faults.

One closing line counts it all. A run that stops at the first failure (`-x`) tries nothing again.
"""

import copy
import json
import os
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

FORGIVEN = 3
"""More tests than this that pass only alone are no accident."""
UNFORGIVEN = "tests/faults/"
TRIED_AGAIN = 20
"""Where more have failed, something is broken, and none is tried again."""
REPORTS = "--reports-to"
TAIL = 4000


def pytest_addoption(parser: pytest.Parser) -> None:
    """The way back from the process in which tests run by themselves."""
    parser.addoption(REPORTS, type=int, help="file descriptor that takes each report as JSON")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Take the part of this process: the one that leads, or the one that runs tests alone."""
    config = session.config
    reports = config.getoption(REPORTS)
    if reports is not None:
        config.pluginmanager.register(_Teller(config, reports))
    elif config.pluginmanager.hasplugin("dsession") and config.getvalue("dist") == "loadgroup":
        config.pluginmanager.register(_Leader(session), "alone-leader")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Workers leave out what is to run alone, and tell the leader of it when they end."""
    if hasattr(config, "workerinput") and config.getvalue("loadgroup"):
        alone = [item for item in items if item.get_closest_marker("alone")]
        items[:] = [item for item in items if not item.get_closest_marker("alone")]
        told = [(_name(item), _bare(item.nodeid)) for item in alone]
        config.workeroutput["alone"] = told  # type: ignore[attr-defined]  # xdist's worker has it


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, Any] | None:
    """A failure that is tried again is counted as `rerun`."""
    return ("rerun", "R", ("RERUN", {"yellow": True})) if report.outcome == "rerun" else None  # type: ignore[comparison-overlap]  # pytest knows three


class _Teller:
    """In the process that runs tests by themselves: hands each report to the leader."""

    def __init__(self, config: pytest.Config, descriptor: int) -> None:
        self._config = config
        self._reports = os.fdopen(descriptor, "w", encoding="utf-8")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        self._reports.write(json.dumps(data) + "\n")
        self._reports.flush()


class _Leader:
    """In the process that leads the workers: adds parts 2 and 3 to the run."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session
        self._config = session.config
        self._alone: list[tuple[str, str]] = []
        self._failed: dict[str, list[pytest.TestReport]] = {}
        self._withholds = not session.config.getvalue("maxfail")
        self._passed_alone: list[str] = []
        self._verdict = ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._alone = getattr(node, "workeroutput", {}).get("alone") or self._alone

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None]:
        if report.failed and self._withholds:
            self._failed.setdefault(_bare(report.nodeid), []).append(copy.copy(report))
            report.outcome = "rerun"  # type: ignore[assignment]  # pytest knows three
        yield

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        result = yield
        if self._alone and not self._session.shouldfail:
            self._session.testscollected += len(self._alone)
            lanes: dict[str, list[str]] = {}
            for name, nodeid in self._alone:
                lanes.setdefault(name, []).append(nodeid)
            first = lanes.pop("", [])
            for beside in ([first], list(lanes.values())):
                for report in self._by_themselves(beside, "by themselves"):
                    self._count(report)
        self._withholds = False
        if self._failed:
            self._try_again()
        return result

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._passed_alone:
            terminalreporter.write_sep("=", "passed only alone", yellow=True)
            for nodeid in self._passed_alone:
                terminalreporter.write_line(nodeid)
            for nodeid in self._passed_alone:
                terminalreporter.write_sep("_", f"how {nodeid} failed at first")
                for report in self._failed[nodeid]:
                    terminalreporter.write_line(report.longreprtext[-TAIL:])
            if self._verdict:
                terminalreporter.write_line(self._verdict, red=True)

    def _try_again(self) -> None:
        """Run what failed, and decide which result counts: the new one, or the first."""
        if len(self._failed) > TRIED_AGAIN:
            again: list[pytest.TestReport] = []
            refused = set(self._failed)
        else:
            again = list(self._by_themselves([list(self._failed)], "once more, by themselves"))
            failed_again = {_bare(report.nodeid) for report in again if report.failed}
            self._passed_alone = [nodeid for nodeid in self._failed if nodeid not in failed_again]
            refused = self._refused()
        for report in again:
            if report.nodeid not in refused and not self._counted_before(report):
                self._count(report)
        for nodeid in refused:
            for report in self._failed[nodeid]:
                self._count(report)

    def _refused(self) -> set[str]:
        """Whose passing alone is not taken."""
        if len(self._passed_alone) > FORGIVEN:
            self._verdict = f"more than {FORGIVEN} passed only alone: they count as failed"
            return set(self._passed_alone)
        faults = {nodeid for nodeid in self._passed_alone if nodeid.startswith(UNFORGIVEN)}
        if faults:
            self._verdict = f"what is under {UNFORGIVEN} and passed only alone counts as failed"
        return faults

    def _counted_before(self, report: pytest.TestReport) -> bool:
        """Whether it passed at first too, and only its clearing up failed."""
        first = self._failed[report.nodeid]
        return report.when == "call" and report.passed and {r.when for r in first} == {"teardown"}

    def _count(self, report: pytest.TestReport) -> None:
        self._config.hook.pytest_runtest_logreport(report=report)

    def _by_themselves(
        self, lanes: Iterable[Sequence[str]], how: str
    ) -> Iterator[pytest.TestReport]:
        """Run tests in a process for each lane, beside one another; their reports, as they come."""
        lanes = [nodeids for nodeids in lanes if nodeids]
        terminal = self._config.pluginmanager.getplugin("terminalreporter")
        if terminal is not None and lanes:
            terminal.write_line("")
            terminal.write_line(f"{sum(map(len, lanes))} {how}")
        with ExitStack() as stack, selectors.DefaultSelector() as selector:
            for nodeids in lanes:
                lane = _Lane(self._config, nodeids)
                stack.callback(lane.close)
                selector.register(lane.pipe, selectors.EVENT_READ, lane)
            while selector.get_map():
                for key, _ in selector.select():
                    lines = key.data.read()
                    if lines is None:
                        selector.unregister(key.fd)
                        yield from key.data.unfinished()
                        continue
                    for line in lines:
                        report = self._config.hook.pytest_report_from_serializable(
                            config=self._config, data=json.loads(line)
                        )
                        if report.when == "teardown":
                            key.data.left.pop(report.nodeid, None)
                        yield report


class _Lane:
    """A process in which tests run by themselves."""

    def __init__(self, config: pytest.Config, nodeids: Sequence[str]) -> None:
        self.left = dict.fromkeys(nodeids)
        self._output = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 - see close
        self._begun = b""
        self.pipe, write = os.pipe()
        command = [sys.executable, "-m", "pytest", "-n0", f"{REPORTS}={write}"]
        command.append(f"--rootdir={config.rootpath}")
        if config.inipath is not None:
            command.append(f"--config-file={config.inipath}")
        self._process = subprocess.Popen(
            [*command, *nodeids],
            cwd=config.rootpath,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            pass_fds=[write],
        )
        os.close(write)

    def read(self) -> list[bytes] | None:
        """The reports that are whole by now, a line each; None when there are no more."""
        read = os.read(self.pipe, 1 << 16)
        if not read:
            return None
        *lines, self._begun = (self._begun + read).split(b"\n")
        return lines

    def unfinished(self) -> Iterator[pytest.TestReport]:
        """A failure for each test that was not done when the process ended."""
        status = self._process.wait()
        self._output.seek(0)
        words = self._output.read()[-TAIL:]
        for nodeid in self.left:
            yield _unfinished(nodeid, f"its process ended (status {status}) before it:\n{words}")

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._output.close()
        os.close(self.pipe)


def _name(item: pytest.Item) -> str:
    """Beside which it may run: beside those of other names. Empty: beside none."""
    marker = item.get_closest_marker("alone")
    return str(marker.args[0]) if marker and marker.args else ""


def _bare(nodeid: str) -> str:
    """Without the name of its group, which xdist adds."""
    grouped = nodeid.rfind("@") > nodeid.rfind("]")
    return nodeid.rpartition("@")[0] if grouped else nodeid


def _unfinished(nodeid: str, why: str) -> pytest.TestReport:
    path = nodeid.partition("::")[0]
    return pytest.TestReport(nodeid, (path, None, nodeid), {}, "failed", why, "call")
