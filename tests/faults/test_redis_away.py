"""Redis refuses or hangs: the caller hears the normal menu; the ticket is kept and delivered."""

import os
import signal
from collections.abc import Callable

from hotline.settings import Settings
from lab.callers.asterisk_model import Press
from lab.callers.fake_asterisk import FakeAsterisk
from store.redis_clients import FAST_SECONDS
from tests.fixtures.processes import hang
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter, place
from tests.fixtures.stack_looks import Looks
from tests.fixtures.whole_stack import parts_of, supervised, with_redis
from tests.fixtures.wire import Wire

TO_AN_OPERATOR = {"main": Press("0")}
LATER_S = 0.3
"""How much later than usual anything of the call may come."""


def report_without_redis(looks: Looks, ear: Ear, wire: Wire) -> None:
    """A report as always; all time-outs of the call together are within the bound."""
    wire.watch(None)
    caller = Reporter(ear)
    call_id, lived = place(FakeAsterisk(looks.agi, seconds=20.0), caller)
    assert caller.questions == list(QUESTIONS)
    assert [visit.status for visit in lived.visits] == ["SUCCESS"]
    assert wire.asked * FAST_SECONDS <= LATER_S, "the breaker must have opened"
    (ticket,) = looks.tickets(call_id)
    assert set(caller.references) == {ticket.service_request_id}
    record = looks.wait_closed(call_id)
    assert (record.screening, record.verdict) == ("degraded", "allow")
    assert (record.disposition, record.tickets) == ("completed", (ticket.service_request_id,))


def test_a_hung_redis_costs_a_moment_and_nothing_else(
    settings: Callable[..., Settings], own_redis: RedisProcess, ear: Ear
) -> None:
    """SIGSTOP before the call: it takes questions and never answers. Every one is a time-out."""
    with Wire(("127.0.0.1", own_redis.port)) as wire:
        through = {"REDIS_URL": f"redis://127.0.0.1:{wire.port}/0"}
        changes = with_redis(own_redis.url)
        with parts_of(settings(**changes), {"agi-1": through, "agi-2": through}) as parts:
            parts.start()
            place(FakeAsterisk(parts.agi), Reporter(ear))
            parts.wait_delivered(1)
            hang(own_redis.pid)
            try:
                report_without_redis(parts, ear, wire)
                report_without_redis(parts, ear, wire)
            finally:
                os.kill(own_redis.pid, signal.SIGCONT)
            parts.wait_delivered(3)


def test_a_stack_that_starts_without_redis_takes_reports_and_delivers_later(
    settings: Callable[..., Settings], own_redis: RedisProcess, ear: Ear
) -> None:
    """Nothing listens there: servers start all the same; workers come back when Redis does."""
    own_redis.kill()
    with Wire(("127.0.0.1", own_redis.port)) as wire:
        through = {"REDIS_URL": f"redis://127.0.0.1:{wire.port}/0"}
        changes = with_redis(own_redis.url)
        with supervised(settings(**changes), {"agi-1": through, "agi-2": through}) as (_, looks):
            report_without_redis(looks, ear, wire)
            assert looks.received() == []
            own_redis.start()
            looks.wait_delivered(1, seconds=60)
            assert len(looks.received()) == 1


def test_without_redis_a_call_that_is_put_through_is_recorded_to_its_end(
    settings: Callable[..., Settings], own_redis: RedisProcess, ear: Ear
) -> None:
    """Nobody has the call while people talk: the end is told to a server that remembers it."""
    own_redis.kill()
    with parts_of(settings(**with_redis(own_redis.url))) as parts:
        parts.start("agi-1", "agi-2")
        caller = Reporter(ear, acts=TO_AN_OPERATOR)
        call_id, lived = place(FakeAsterisk(parts.agi), caller)
        assert lived.transferred_to == "operators"
        record = parts.wait_closed(call_id)
        assert (record.disposition, record.transferred_to) == ("transferred", "operators")
        assert record.path[-1] == "operator"


def test_without_redis_a_failed_transfer_goes_on_where_it_was(
    settings: Callable[..., Settings], own_redis: RedisProcess, ear: Ear
) -> None:
    """No operator answers: the caller is offered a call back, and not welcomed again."""
    own_redis.kill()
    with parts_of(settings(**with_redis(own_redis.url))) as parts:
        parts.start("agi-1", "agi-2")
        caller = Reporter(ear, acts=TO_AN_OPERATOR)
        call_id, _ = place(FakeAsterisk(parts.agi), caller, transfers=lambda _target: "no_answer")
        assert caller.questions == ["language", "main", "call_back_or_message"]
        assert parts.wait_closed(call_id).path[-1] == "call_back_or_message"
