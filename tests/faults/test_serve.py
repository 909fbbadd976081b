"""`hotline serve` as a person runs it: a signal drains it, and nothing of it is left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from hotline.settings import Settings
from hotline.stack import to_environment
from lab.callers.fake_asterisk import FakeAsterisk
from tests.fixtures.processes import alive, descendants, wait_until
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter, place
from tests.fixtures.stack_looks import Looks
from tests.fixtures.whole_stack import READY_S

READY = "940 is ready."


@contextmanager
def serving(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    """`hotline serve` without an Asterisk, once it says that it is ready."""
    output = settings.state_dir / "serve.txt"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "hotline", "serve", "--no-asterisk", "--quiet"],
            env={**os.environ, **to_environment(settings)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:

        def ready() -> bool:
            assert process.poll() is None, output.read_text()
            return READY in output.read_text()

        wait_until(ready, 2 * READY_S, "hotline serve is ready")
        yield process
    finally:
        left = descendants(process.pid)
        process.kill()
        process.wait()
        for pid in filter(alive, left):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def served(settings: Callable[..., Settings]) -> Settings:
    """Settings of an embedded stack with a Redis of its own, and real sounds: it looks at them."""
    return settings(sounds_dir=None)


def test_sigterm_drains_the_whole_stack_and_leaves_no_process(served: Settings, ear: Ear) -> None:
    """The call in progress is led to its end and its ticket is there; then everything is gone."""
    looks = Looks(served)
    with serving(served) as process:
        parts = descendants(process.pid)
        assert len(parts) >= 6  # redis, back office and its worker, relay, worker, two servers

        def on_question(key: str) -> None:
            if key == "confirm":
                process.send_signal(signal.SIGTERM)
                wait_until(lambda: "agi_drains" in log_of(served, "agi-1"), 20, "it drains")

        caller = Reporter(ear, on_question)
        call_id, _ = place(FakeAsterisk(looks.agi), caller)
        assert caller.questions == list(QUESTIONS)
        assert process.wait(60) == 0
        assert not [pid for pid in parts if alive(pid)]
    (ticket,) = looks.tickets(call_id)
    assert set(caller.references) == {ticket.service_request_id}
    looks.views.close()


def test_a_killed_supervisor_takes_the_whole_stack_with_it(served: Settings) -> None:
    """SIGKILL: every role ends by itself, so nothing holds the ports of the next start."""
    with serving(served) as process:
        parts = descendants(process.pid)
        process.kill()
        process.wait()
        wait_until(lambda: not [pid for pid in parts if alive(pid)], 60, "all have ended")


def log_of(settings: Settings, name: str) -> str:
    """What a role has logged."""
    return (settings.state_dir / "log" / f"{name}.log").read_text()
