"""A server that hangs is killed and its calls go on; a server that is asked to stop ends them."""

import signal
import socket
import time
from collections.abc import Callable

import pytest

from host.life import seen
from hotline.settings import Settings
from lab.callers.fake_asterisk import FakeAsterisk
from tests.fixtures.processes import alive, hang, wait_until
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter, place
from tests.fixtures.whole_stack import parts_of, supervised, with_redis


def test_a_hung_server_is_killed_and_its_call_goes_on_at_the_other(
    settings: Callable[..., Settings], redis_url: str, ear: Ear
) -> None:
    """SIGSTOP while the caller is asked for the postal code: the supervisor ends it in its time.

    The limit is `hung_seconds`; it is asserted with room for a busy machine.
    """
    with supervised(settings(**with_redis(redis_url))) as (supervisor, looks):
        child = supervisor.children["agi-1"]
        hung = child.pid
        assert hung is not None
        stopped_at: list[float] = []
        gone_after: list[float] = []

        def on_question(key: str) -> None:
            if key == "ask_postal" and not stopped_at:
                stopped_at.append(time.monotonic())
                hang(hung)
            elif key == "ask_postal":
                gone_after.append(time.monotonic() - stopped_at[0])

        caller = Reporter(ear, on_question)
        call_id, lived = place(FakeAsterisk(looks.agi, seconds=60.0), caller)
        again = QUESTIONS.index("ask_postal")
        assert caller.questions == [*QUESTIONS[: again + 1], *QUESTIONS[again:]]
        assert not alive(hung)
        assert gone_after[0] < child.spec.hung_seconds + 10.0
        (ticket,) = looks.tickets(call_id)
        assert (ticket.address["building_number"], ticket.service_code) == ("7421", "RD_HOLE")
        assert looks.wait_closed(call_id).disposition == "completed"
        assert lived.visits[1].server == looks.agi[1]
        wait_until(lambda: child.running and child.pid != hung, 30, "it is started again")


def test_sigterm_lets_the_call_finish_and_sends_new_ones_to_the_next_server(
    settings: Callable[..., Settings], redis_url: str, ear: Ear
) -> None:
    """The caller notices nothing; who calls meanwhile is refused here and served there."""
    with parts_of(settings(**with_redis(redis_url))) as parts:
        parts.start("agi-1", "agi-2")
        meanwhile: list[Reporter] = []

        def on_question(key: str) -> None:
            if key == "ask_building":
                parts.signal("agi-1", signal.SIGTERM)
                wait_until(lambda: refuses(parts.agi[0]), 20, "new calls are refused")
                other = Reporter(ear)
                _, lived = place(FakeAsterisk(parts.agi), other)
                assert [visit.status for visit in lived.visits[:2]] == ["FAILURE", "SUCCESS"]
                meanwhile.append(other)

        caller = Reporter(ear, on_question)
        call_id, lived = place(FakeAsterisk(parts.agi), caller)
        assert caller.questions == list(QUESTIONS)
        assert [(v.server, v.status) for v in lived.visits] == [(parts.agi[0], "SUCCESS")]
        assert meanwhile[0].questions == list(QUESTIONS)
        assert parts.wait("agi-1", 20)
        assert parts.exit_status("agi-1") == 0
        assert parts.wait_closed(call_id).disposition == "completed"


def refuses(server: tuple[str, int]) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(server) != 0


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["relay", "worker-1"])
def test_a_relay_or_worker_that_lives_and_does_nothing_is_started_again(
    settings: Callable[..., Settings], redis_url: str, ear: Ear, name: str
) -> None:
    """No port can be asked of it: it gives signs of life by itself, and they are missed."""
    with supervised(settings(**with_redis(redis_url))) as (supervisor, looks):
        child = supervisor.children[name]
        hung = child.pid
        assert hung is not None
        wait_until(lambda: name.startswith(_roles_seen(looks.settings)), 30, "it gives signs")
        hang(hung)
        place(FakeAsterisk(looks.agi, seconds=60.0), Reporter(ear))
        looks.wait_delivered(1, seconds=60)
        assert not alive(hung)
        assert child.running


def _roles_seen(settings: Settings) -> tuple[str, ...]:
    return tuple(role.role for role in seen(settings.state_dir))
