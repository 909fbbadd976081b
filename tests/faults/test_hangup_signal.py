"""SIGHUP (logrotate, `systemctl reload`, a terminal that is closed) ends no process and no call."""

import signal
from collections.abc import Callable

from hotline.settings import Settings
from lab.callers.fake_asterisk import FakeAsterisk
from tests.fixtures.processes import wait_until
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter, place
from tests.fixtures.whole_stack import parts_of, with_redis

PARTS = ("backoffice", "relay", "worker-1", "agi-1", "agi-2")


def test_a_call_goes_on_and_its_log_in_a_new_file(
    settings: Callable[..., Settings], redis_url: str, ear: Ear
) -> None:
    """Every role is told, in mid-call, that its log was moved away."""
    with parts_of(settings(**with_redis(redis_url))) as parts:
        parts.start()
        log = parts.settings.state_dir / "log" / "agi-1.log"

        def told(question: str) -> None:
            if question == "record_notice":
                log.rename(log.with_suffix(".old"))
                for name in PARTS:
                    parts.signal(name, signal.SIGHUP)

        caller = Reporter(ear, on_question=told)
        _, lived = place(FakeAsterisk(parts.agi, seconds=20.0), caller)
        assert caller.questions == list(QUESTIONS)
        assert [visit.server for visit in lived.visits] == [parts.agi[0]] * len(lived.visits)
        parts.wait_delivered(1)
        assert all(parts.running(name) for name in PARTS)
        wait_until(lambda: "ticket_opened" in log.read_text(), 10, "the new file has the rest")
        parts.signal("agi-1", signal.SIGTERM)
        assert parts.wait("agi-1", 30)
        assert parts.exit_status("agi-1") == 0
