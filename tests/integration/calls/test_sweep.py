"""The sweep: what nobody ended is ended, once, and as what it was."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from typing import NoReturn

import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from call_handlers.arrival import Call
from call_handlers.records import Record
from call_handlers.schema import call_events, call_hours, calls
from call_handlers.sessions import SESSION_TTL_S
from call_handlers.sweep import SweepPolicy, SweepReport, sweep_once
from ivr.event import NoInput
from ivr.turn import Perform
from store.sql import reading
from tests.fixtures.calls import START, FailingSessions, House, arrival, play, to_confirm
from tests.fixtures.redis_process import RedisProcess

POLICY = SweepPolicy()


def sweep(house: House) -> SweepReport:
    """One sweep, as by a relay of its own."""
    return sweep_once(house.desk(), house.engine, house.journal, POLICY)


def pass_time(house: House, seconds: float, *calls: Call) -> None:
    """Let time pass, for the clock and for what Redis knows of these calls."""
    house.clock.now += seconds
    with redis.Redis.from_url(house.redis_url) as client:
        for call in calls:
            key = f"hotline:call:{call.call_id}:state"
            client.expire(key, max(1, int(client.ttl(key) - seconds)))


def forget(house: House, call: Call) -> None:
    """The session expires."""
    with redis.Redis.from_url(house.redis_url) as client:
        client.delete(f"hotline:call:{call.call_id}:state", f"hotline:call:{call.call_id}:events")


def test_a_call_that_was_left_at_a_question_was_abandoned(house: House) -> None:
    """Its server died and no handler came; of what came after the last turn nothing is known."""
    desk = house.desk()
    call = desk.begin(arrival())
    house.clock.now += 9
    call = play(desk, call, "1", "1")
    pass_time(house, 301, call)
    assert sweep(house) == SweepReport(ended=1)
    record, events = house.written(call.call_id)
    assert (record.disposition, record.last_node, record.seconds) == (
        "abandoned",
        "report_group",
        9.0,
    )
    assert [(event.kind, event.input) for event in events[-1:]] == [("end", "hangup")]
    assert len(events) == 3


def test_a_call_that_goes_on_is_left_alone(house: House) -> None:
    """Also one whose caller has been recording for a minute."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1")
    pass_time(house, 299, call)
    assert sweep(house) == SweepReport()
    assert house.written(call.call_id)[0].ended_at is None


def test_a_caller_who_talks_to_an_operator_is_left_alone(house: House) -> None:
    """A transfer lasts as long as it lasts; about to expire, nobody has told what came of it."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "0")
    pass_time(house, 3600, call)
    assert sweep(house) == SweepReport()
    pass_time(house, 3001, call)
    assert sweep(house) == SweepReport(ended=1)
    record, _ = house.written(call.call_id)
    assert (record.disposition, record.last_node) == ("failed", "operator")


def test_a_call_that_had_what_it_came_for_was_completed(house: House) -> None:
    """The disposition that was earned is kept."""
    desk = house.desk()
    call = play(desk, to_confirm(desk, desk.begin(arrival())), "1")
    pass_time(house, 301, call)
    sweep(house)
    record, _ = house.written(call.call_id)
    assert record.disposition == "completed"
    assert record.tickets == tuple(ticket.service_request_id for ticket in house.tickets())


def test_a_call_that_died_in_an_effect_gets_its_ticket(house: House) -> None:
    """The caller had pressed "send" and the server died before the commit."""

    class Killed(BaseException):
        pass

    def killed(*_: object) -> NoReturn:
        raise Killed

    desk = house.desk(opener=killed)
    call = to_confirm(desk, desk.begin(arrival()))
    with pytest.raises(Killed):
        play(desk, call, "1")
    stored = desk.find(call.call_id)
    assert stored is not None
    assert isinstance(stored.turn.action, Perform)
    pass_time(house, 301, call)
    assert sweep(house).ended == 1
    record, _ = house.written(call.call_id)
    (ticket,) = house.tickets()
    assert (record.disposition, record.tickets) == ("completed", (ticket.service_request_id,))


def test_two_sweepers_at_once_close_each_call_once(house: House) -> None:
    """As many relays as there are machines."""
    desk = house.desk()
    calls = [play(desk, desk.begin(arrival(str(number))), "1") for number in range(12)]
    house.flush()
    pass_time(house, 301, *calls)
    sweepers = [house.desk() for _ in range(4)]
    barrier = threading.Barrier(4)

    def swept(number: int) -> int:
        barrier.wait()
        return sweep_once(sweepers[number], house.engine, house.journal, POLICY).ended

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(swept, range(4))) == 12
    for call in calls:
        record, events = house.written(call.call_id)
        assert record.disposition == "abandoned"
        assert [event.kind for event in events] == ["digits", "end"]


def test_a_second_sweep_finds_nothing(house: House) -> None:
    """Closed is closed."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1")
    pass_time(house, 301, call)
    assert sweep(house).ended == 1
    house.flush()
    assert sweep(house) == SweepReport()


def test_a_late_end_after_the_sweep_changes_nothing(house: House) -> None:
    """A status callback that comes an hour late."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1")
    pass_time(house, 301, call)
    sweep(house)
    house.desk().end(arrival(), "done")
    assert house.written(call.call_id)[0].disposition == "abandoned"


def test_an_end_that_was_never_written_is_written_from_the_session(house: House) -> None:
    """The process was killed between marking the call as ended and writing its record."""
    desk = house.desk()
    call = play(desk, to_confirm(desk, desk.begin(arrival())), "1")
    assert desk.sessions.finish(call.call_id)
    house.flush()
    pass_time(house, 301)
    assert sweep(house) == SweepReport(rewritten=1)
    record, events = house.written(call.call_id)
    assert (record.disposition, len(record.tickets)) == ("completed", 1)
    assert len(events) == call.turn.number
    house.flush()
    assert sweep(house) == SweepReport()


def test_a_call_of_which_nothing_was_written_is_written_from_its_session(house: House) -> None:
    """Its process was killed after the end was marked, and before the first line of the record."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1")
    assert desk.sessions.finish(call.call_id, call.version)
    house.flush()
    with house.engine.begin() as connection:
        connection.execute(call_events.delete())
        connection.execute(calls.delete())
    assert sweep(house) == SweepReport()  # it may be on its way yet
    pass_time(house, 301, call)
    assert sweep(house) == SweepReport(rewritten=1)
    record, events = house.written(call.call_id)
    assert (record.disposition, record.last_node) == ("abandoned", "main")
    assert [event.kind for event in events] == ["digits", "end"]
    assert sweep(house) == SweepReport()


def test_a_record_whose_session_is_gone_is_closed_as_failed(house: House) -> None:
    """Only after no session could still be there."""
    call = house.desk().begin(arrival())
    house.flush()
    forget(house, call)
    house.clock.now += SESSION_TTL_S - 60
    assert sweep(house) == SweepReport()
    house.clock.now += 120
    assert sweep(house) == SweepReport(failed=1)
    record, _ = house.written(call.call_id)
    assert (record.disposition, record.ended_at) == ("failed", house.clock.moment())
    assert sweep(house) == SweepReport()


def test_a_record_that_is_closed_as_failed_is_counted_as_that(house: House) -> None:
    """Its hour was counted while the call seemed to go on: it is counted anew."""
    call = house.desk().begin(arrival())
    house.flush()
    forget(house, call)
    row = {"begins": datetime.fromtimestamp(START, UTC), "figures": {}}
    with house.engine.begin() as connection:
        connection.execute(call_hours.insert(), row)
    house.clock.now += SESSION_TTL_S + 60
    assert sweep(house) == SweepReport(failed=1)
    with reading(house.engine) as connection:
        assert connection.execute(sa.select(call_hours)).all() == []


def test_a_call_that_was_ended_without_redis_is_not_ended_again(house: House) -> None:
    """Its record is whole; only the session does not know."""
    away = threading.Event()
    sessions = FailingSessions(house.sessions(), lambda *_: away.is_set())
    desk = house.desk(sessions)
    call = play(desk, desk.begin(arrival()), "1")
    away.set()
    call = play(desk, call, "1", NoInput())
    desk.end(call, "hangup")
    record, events = house.written(call.call_id)
    pass_time(house, 301, call)
    assert sweep(house) == SweepReport()
    assert house.written(call.call_id) == (record, events)
    assert [event.kind for event in events] == ["digits", "digits", "noinput", "end"]
    assert house.sessions().unfinished(0) == []


def test_without_redis_nothing_is_ended_and_the_journal_is_replayed(
    house: House, redis_server: RedisProcess
) -> None:
    """Of a session that cannot be asked nothing is known."""
    call = house.desk().begin(arrival())
    house.flush()
    house.journal.append([asdict(Record(call.facts, ended_ms=1, disposition="abandoned"))])
    house.clock.now += SESSION_TTL_S + 1
    redis_server.kill()
    try:
        assert sweep(house) == SweepReport(replayed=1, complete=False)
    finally:
        redis_server.start()


def test_without_the_database_nothing_is_ended(house: House) -> None:
    """What cannot be written down is kept where it is."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1")
    house.flush()
    pass_time(house, 301, call)
    with house.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE calls RENAME TO elsewhere")
    with pytest.raises(OperationalError):
        sweep(house)
    assert house.sessions().unfinished(300) == [call.call_id]
