"""A log that takes nothing costs lines, and no call: in every process, with each way to fail."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from hotline.setting_groups import LogSettings, MetricsSettings
from hotline.settings import Settings
from hotline.stack import to_environment
from lab.callers.fake_asterisk import FakeAsterisk
from tests.fixtures.processes import descendants, free_tcp_port, wait_until
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter, place
from tests.fixtures.stack_looks import Looks
from tests.fixtures.unwritable import every_kind, unwritable
from tests.fixtures.whole_stack import READY_S, parts_of, with_redis

PARTS = ("backoffice", "relay", "worker-1", "agi-1", "agi-2")


@every_kind
def test_a_report_is_taken_and_delivered_while_no_log_can_be_written(
    settings: Callable[..., Settings], redis_url: str, ear: Ear, kind: str
) -> None:
    """From the first prompt to the back office: no part of the way waits for its log."""
    made = settings(**with_redis(redis_url), log=LogSettings(level="debug"))
    logs = [made.state_dir / "log" / f"{name}.log" for name in PARTS]
    with unwritable(kind, *logs) as broken, parts_of(made) as parts:
        parts.start()
        broken()
        for _ in range(3):
            caller = Reporter(ear)
            _, lived = place(FakeAsterisk(parts.agi, seconds=20.0), caller)
            assert caller.questions == list(QUESTIONS)
            assert lived.visits[0].status == "SUCCESS"
        parts.wait_delivered(3)
        assert all(parts.running(name) for name in PARTS)


@pytest.mark.nightly
def test_relay_and_workers_deliver_after_redis_was_away_while_no_log_could_be_written(
    settings: Callable[..., Settings], own_redis: RedisProcess, ear: Ear
) -> None:
    """What is told of an absence ends no loop, and a loop that ended would end its process."""
    made = settings(**with_redis(own_redis.url), log=LogSettings(level="debug"))
    logs = [made.state_dir / "log" / f"{name}.log" for name in PARTS]
    with unwritable("full disk", *logs) as broken, parts_of(made) as parts:
        parts.start()
        place(FakeAsterisk(parts.agi, seconds=20.0), Reporter(ear))
        parts.wait_delivered(1)
        broken()
        relay = parts.pid("relay")
        own_redis.kill()
        place(FakeAsterisk(parts.agi, seconds=20.0), Reporter(ear))
        own_redis.start()
        parts.wait_delivered(2)
        assert (parts.running("relay"), parts.pid("relay")) == (True, relay)


def arguments(pid: int) -> list[str]:
    """What a process was started with."""
    return (Path("/proc") / str(pid) / "cmdline").read_text().split("\0")


@contextmanager
def serve(settings: Settings, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`hotline serve`, whose words all go to `log`."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "hotline", "serve", "--no-asterisk"],
            env={**os.environ, **to_environment(settings)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("full disk", marks=pytest.mark.nightly),
        pytest.param("reader gone", marks=pytest.mark.nightly),
        "reader hangs",
    ],
)
def test_the_supervisor_goes_on_when_nobody_takes_what_it_shows(
    settings: Callable[..., Settings], ear: Ear, kind: str, tmp_path: Path
) -> None:
    """It starts what ends, and drains when it is told to."""
    made = settings(sounds_dir=None, log=LogSettings(level="debug"))
    log = tmp_path / "shown"
    with unwritable(kind, log) as broken, serve(made, log) as process:
        broken()
        looks = Looks(made)

        def answered() -> bool:
            assert process.poll() is None, "the supervisor ended"
            _, lived = place(FakeAsterisk(looks.agi, seconds=20.0), Reporter(ear))
            return not lived.alone

        wait_until(answered, 2 * READY_S, "a call is led to its end")
        newest = made.state_dir / "log" / "agi-2.log"

        def pings() -> int:
            return newest.read_text().count('"script": "ping"')

        wait_until(lambda: pings() > 1, READY_S, "all have started, and the last is looked after")
        servers = [pid for pid in descendants(process.pid) if "agi" in arguments(pid)]
        assert len(servers) == 2
        for pid in servers:
            os.kill(pid, signal.SIGKILL)
        wait_until(answered, READY_S, "the servers were started again")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        looks.views.close()


def test_without_standard_error_a_server_leads_calls(
    settings: Callable[..., Settings], redis_url: str, ear: Ear
) -> None:
    """It was closed before the start, as some supervisors do: no socket is taken for the log."""
    made = settings(**with_redis(redis_url))
    port = made.agi.ports[0]
    process = subprocess.Popen(
        ["/bin/sh", "-c", f"exec {sys.executable} -m hotline agi --port {port} 0<&- 1>&- 2>&-"],
        env={**os.environ, **to_environment(made)},
    )
    looks = Looks(made)
    try:

        def answered() -> bool:
            assert process.poll() is None, "the server ended"
            _, lived = place(FakeAsterisk(looks.agi[:1], seconds=20.0), Reporter(ear))
            return not lived.alone

        wait_until(answered, READY_S, "a call is led to its end")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        looks.views.close()


def test_lost_lines_are_among_the_figures(
    settings: Callable[..., Settings], redis_url: str, ear: Ear
) -> None:
    """`hotline_log_lines_lost_total` says that the log is not whole."""
    port = free_tcp_port()
    ports = MetricsSettings(agi_ports=(port, free_tcp_port()))
    made = settings(**with_redis(redis_url), metrics=ports)
    log = made.state_dir / "log" / "agi-1.log"
    with unwritable("full disk", log), parts_of(made) as parts:
        parts.start("agi-1")
        place(FakeAsterisk(parts.agi[:1]), Reporter(ear))
        shown = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        (line,) = re.findall(r"^hotline_log_lines_lost_total (.+)$", shown, re.MULTILINE)
        assert float(line) > 0
