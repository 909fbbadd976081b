"""The supervisor with real processes that die, hang, and refuse to stop."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embedded.child import ChildSpec
from embedded.supervisor import StartFailed, Supervisor
from tests.fixtures.processes import alive, hang, wait_until

HERE = Path(__file__).parent


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: sockets are made in it."""
    with tempfile.TemporaryDirectory(prefix="sv") as name:
        yield Path(name)


def well(folder: Path, name: str) -> bool:
    """Ask a child how it is; raises when it does not answer."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(0.5)
        client.connect(str(folder / f"{name}.sock"))
        return client.recv(5) == b"well\n"


def spec(folder: Path, name: str, *words: str, **given: Any) -> ChildSpec:
    """Describe a child of the tests."""
    wanted: dict[str, Any] = {
        "ready": lambda: well(folder, name),
        "stop_seconds": 5.0,
        "probe_seconds": 0.1,
    }
    wanted.update(given)
    argv = (sys.executable, str(HERE / "child_program.py"), str(folder), name, *words)
    return ChildSpec(name=name, argv=argv, **wanted)


def journal(folder: Path) -> list[list[str]]:
    """What happened, in order: name, what, process id."""
    path = folder / "journal"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def starts(folder: Path, name: str) -> list[int]:
    """The process ids that a child has had."""
    return [int(pid) for who, what, pid in journal(folder) if (who, what) == (name, "start")]


def test_children_start_in_order_and_stop_by_stage(folder: Path) -> None:
    """The store starts first and stops last; nothing is left behind."""
    children = [
        spec(folder, "store", stop_stage=9),
        spec(folder, "worker", stop_stage=5),
        spec(folder, "agi", stop_stage=0),
    ]
    with Supervisor(children, log_dir=folder / "log").running():
        pids = [starts(folder, name)[0] for name in ("store", "worker", "agi")]
        assert all(alive(pid) for pid in pids)
    happened = [(who, what) for who, what, _ in journal(folder)]
    assert [who for who, what in happened if what == "start"] == ["store", "worker", "agi"]
    assert [who for who, what in happened if what == "end"] == ["agi", "worker", "store"]
    assert not any(alive(pid) for pid in pids)


def test_a_killed_child_is_started_again(folder: Path) -> None:
    """SIGKILL one, and it is back; the other is not touched."""
    with Supervisor(
        [spec(folder, "one"), spec(folder, "two")], log_dir=folder / "log"
    ).running() as supervisor:
        os.kill(starts(folder, "one")[0], signal.SIGKILL)
        wait_until(lambda: len(starts(folder, "one")) == 2)
        wait_until(lambda: well(folder, "one"))
        assert len(starts(folder, "two")) == 1
        assert supervisor.children["one"].restarts == 1
    assert not alive(starts(folder, "one")[1])


def test_a_hung_child_is_killed_and_started_again(folder: Path) -> None:
    """SIGSTOP: alive for the kernel, silent for us."""
    hanging = spec(
        folder, "one", probe=lambda: well(folder, "one"), hung_seconds=1.0, ready_seconds=5.0
    )
    with Supervisor([hanging], log_dir=folder / "log").running():
        first = starts(folder, "one")[0]
        hang(first)
        wait_until(lambda: len(starts(folder, "one")) == 2)
        assert not alive(first)
        wait_until(lambda: well(folder, "one"))


def test_a_child_that_lives_and_makes_no_round_is_started_again(folder: Path) -> None:
    """It gives signs of life by itself; another's are none of its own."""
    argv = (sys.executable, str(HERE / "telling_program.py"), str(folder))
    telling = [
        ChildSpec(name=name, argv=(*argv, name), tells=True, hung_seconds=1.5, ready_seconds=5.0)
        for name in ("one", "two")
    ]
    with Supervisor(telling, log_dir=folder / "log").running():
        wait_until(lambda: starts(folder, "one") and starts(folder, "two"))
        first = starts(folder, "one")[0]
        wait_until(lambda: len(journal(folder)) > 40, what="both have told for a while")
        assert (len(starts(folder, "one")), len(starts(folder, "two"))) == (1, 1)
        os.kill(first, signal.SIGUSR1)
        wait_until(lambda: len(starts(folder, "one")) == 2)
        assert not alive(first)
        assert len(starts(folder, "two")) == 1


def test_a_child_that_ends_at_once_is_not_started_in_a_tight_loop(folder: Path) -> None:
    """The pause between starts grows."""
    failing = ChildSpec(name="bad", argv=(sys.executable, "-c", "print('no'); raise SystemExit(3)"))
    with Supervisor([failing], log_dir=folder / "log").running() as supervisor:
        child = supervisor.children["bad"]
        wait_until(lambda: child.restarts >= 3)
        pauses = [child.plan_restart() for _ in range(10)]
        assert pauses == sorted(pauses)
        assert pauses[0] >= 1.0
        assert pauses[-1] == 10.0


def test_a_child_that_never_gets_ready_stops_everything_and_is_named(folder: Path) -> None:
    """The message has the name, the status, the log and its last lines."""
    bad = ChildSpec(
        name="bad",
        argv=(sys.executable, "-c", "print('the port is taken'); raise SystemExit(3)"),
        ready=lambda: False,
    )
    supervisor = Supervisor([spec(folder, "good"), bad], log_dir=folder / "log")
    with (
        pytest.raises(StartFailed, match=r"(?s)bad.*status 3.*bad\.log.*port is taken"),
        supervisor.running(),
    ):
        pytest.fail("it must not come up")
    assert not alive(starts(folder, "good")[0])


def test_a_program_that_is_not_there_is_named(folder: Path) -> None:
    """Not a traceback."""
    missing = ChildSpec(name="gone", argv=("/nonexistent/program",), ready=lambda: False)
    with (
        pytest.raises(StartFailed, match=r"(?s)gone.*No such file"),
        Supervisor([missing], log_dir=folder / "log").running(),
    ):
        pytest.fail("it must not come up")


def test_a_stubborn_child_is_killed_when_its_time_is_over(folder: Path) -> None:
    """Stopping always ends."""
    stubborn = spec(folder, "one", "stubborn", stop_seconds=0.5)
    with Supervisor([stubborn], log_dir=folder / "log").running():
        pid = starts(folder, "one")[0]
    assert ["one", "term", str(pid)] in journal(folder)
    assert not alive(pid)


def test_output_is_kept_and_shown_with_its_name(folder: Path) -> None:
    """Each child's lines go to its own file and, named, to the one who looks on."""
    shown: list[tuple[str, str]] = []
    with Supervisor(
        [spec(folder, "one"), spec(folder, "two")],
        log_dir=folder / "log",
        show=lambda name, line: shown.append((name, line)),
    ).running():
        wait_until(lambda: len(shown) == 2)
    assert sorted(shown) == [("one", "one says hello"), ("two", "two says hello")]
    assert (folder / "log" / "one.log").read_text() == "one says hello\n"


def run_supervisor(folder: Path, *words: str) -> "subprocess.Popen[bytes]":
    """A supervisor as a command of its own, with children `one` and `two`."""
    program = HERE / "supervisor_program.py"
    process = subprocess.Popen(
        [sys.executable, str(program), str(folder), *words], cwd=HERE.parents[2]
    )
    wait_until(lambda: starts(folder, "one") and starts(folder, "two"))
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_in_order_and_leaves_nothing(folder: Path, number: int) -> None:
    """SIGTERM and Ctrl-C end alike: each child is asked, in its turn, and status is 0."""
    process = run_supervisor(folder)
    process.send_signal(number)
    assert process.wait(15) == 0
    ended = [who for who, what, _ in journal(folder) if what == "end"]
    assert ended == ["two", "one"]
    assert not [line for line in journal(folder) if line[1] == "int"]
    assert not any(alive(pid) for name in ("one", "two") for pid in starts(folder, name))


def test_a_second_signal_cuts_the_drain_short(folder: Path) -> None:
    """Whoever presses Ctrl-C twice does not wait."""
    process = run_supervisor(folder, "stubborn")
    process.send_signal(signal.SIGINT)
    wait_until(lambda: [line for line in journal(folder) if line[1] == "term"])
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 130
    assert not any(alive(pid) for name in ("one", "two") for pid in starts(folder, name))


def test_children_do_not_outlive_a_killed_supervisor(folder: Path) -> None:
    """SIGKILL of the parent: the kernel tells the children, and they end."""
    process = run_supervisor(folder)
    process.kill()
    process.wait()
    pids = [pid for name in ("one", "two") for pid in starts(folder, name)]
    wait_until(lambda: not any(alive(pid) for pid in pids))
    assert len([line for line in journal(folder) if line[1] == "end"]) == 2
