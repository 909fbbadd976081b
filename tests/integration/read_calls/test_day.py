"""The figures of a day: right whatever was written twice, late or by two, and soon asked for."""

import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from call_handlers.day import DayFigures, day_of
from call_handlers.hourly import HOUR, SETTLED_S, forget_hours, hours_of
from call_handlers.records import Record, replay_journal, write_records
from call_handlers.schema import call_hours, calls
from lab.own_postgres import own_database
from store.database import make_engine
from store.journal import Journal
from store.migrations import upgrade
from store.sql import reading
from tests.fixtures.processes import wait_until
from tests.fixtures.statements import asked_of
from tests.integration.calls.test_records import FACTS

RIYADH = ZoneInfo("Asia/Riyadh")
MIDNIGHT = datetime(2026, 11, 24, tzinfo=RIYADH).astimezone(UTC)
EVENING = MIDNIGHT + timedelta(hours=23, minutes=30)


def call(number: int, minutes: float, seconds: int = 60, **changes: Any) -> Record:
    """A call that began so many minutes after midnight."""
    started_ms = int((MIDNIGHT + timedelta(minutes=minutes)).timestamp() * 1000)
    facts = replace(FACTS, call_id=f"{number:032}", started_ms=started_ms)
    usual: dict[str, Any] = {"ended_ms": started_ms + seconds * 1000, "disposition": "completed"}
    return replace(Record(facts), **(usual | changes))


def begun(record: Record) -> Record:
    """The same call while it goes on."""
    return Record(record.facts)


def figures(engine: sa.Engine, now: datetime = EVENING) -> DayFigures:
    """The day's figures."""
    return day_of(engine, now, RIYADH)


def kept(engine: sa.Engine) -> int:
    """Of how many hours what was counted is kept."""
    with reading(engine) as connection:
        counted = sa.select(sa.func.count()).select_from(call_hours)
        return int(connection.execute(counted).scalar_one())


def test_a_day_is_told_by_outcome_choice_hour_and_length(any_engine: sa.Engine) -> None:
    """From midnight where the hotline is, whatever day it is in UTC."""
    write_records(
        any_engine,
        [
            call(1, -1, choice="inquiry"),
            call(2, 0, seconds=20, choice="leave_report"),
            call(3, 59.9, seconds=40, disposition="abandoned"),
            call(4, 60, seconds=300, disposition="transferred", choice="operator"),
            call(5, 60, seconds=65, disposition="blocked", choice="leave_report"),
        ],
    )
    day = figures(any_engine)
    assert day.begins == MIDNIGHT
    assert (day.calls, day.answered, day.given_up) == (4, 2, 1)
    outcomes = {"completed": 1, "abandoned": 1, "transferred": 1, "blocked": 1}
    assert day.dispositions == outcomes
    assert day.choices == {"leave_report": 2, "": 1, "operator": 1}
    assert [hour.calls for hour in day.hours] == [2, 2, *[0] * 22]
    assert day.median_s == 40


def test_a_day_without_calls_has_no_median(any_engine: sa.Engine) -> None:
    """Nothing is divided by nothing."""
    day = figures(any_engine)
    assert (day.calls, day.answered, day.median_s, day.in_progress) == (0, 0, None, 0)


def test_figures_end_with_the_hour_that_goes_on(any_engine: sa.Engine) -> None:
    """Hours that are still to come are not shown as quiet ones."""
    write_records(any_engine, [call(1, 10)])
    assert [hour.calls for hour in figures(any_engine, MIDNIGHT + HOUR / 2).hours] == [1]
    assert len(figures(any_engine, MIDNIGHT + HOUR).hours) == 2


def test_calls_in_progress_are_those_of_the_last_two_hours(any_engine: sa.Engine) -> None:
    """One that has been open for longer was lost, and goes on nowhere."""
    write_records(any_engine, [begun(call(1, 600)), begun(call(2, 60)), call(3, 601)])
    at = MIDNIGHT + timedelta(minutes=605)
    assert figures(any_engine, at).in_progress == 1
    assert figures(any_engine, at).dispositions[""] == 2


@pytest.mark.parametrize("seen", [False, True], ids=["never seen before", "seen before each"])
def test_a_call_counts_once_however_often_it_is_written(any_engine: sa.Engine, seen: bool) -> None:
    """Its begin and its end, both twice, in any order, with or without a look in between."""
    whole = call(1, 30, choice="inquiry")
    other_end = replace(whole, disposition="abandoned", choice="")
    for record in (begun(whole), begun(whole), whole, other_end, whole, begun(whole)):
        write_records(any_engine, [record])
        if seen:
            figures(any_engine)
    day = figures(any_engine)
    assert (day.dispositions, day.choices) == ({"completed": 1}, {"inquiry": 1})


def test_a_call_that_went_on_after_its_end_counts_as_it_ended_at_last(
    any_engine: sa.Engine,
) -> None:
    """What was kept of its hour is not."""
    whole = call(1, 30, disposition="abandoned")
    write_records(any_engine, [whole])
    assert figures(any_engine).given_up == 1
    write_records(any_engine, [replace(whole, disposition="transferred", amended=True)])
    day = figures(any_engine)
    assert (day.given_up, day.answered, day.calls) == (0, 1, 1)


def test_what_waited_in_the_journal_is_counted_when_it_comes(
    any_engine: sa.Engine, tmp_path: Path
) -> None:
    """Hours later, and twice: its replay was interrupted."""
    write_records(any_engine, [call(1, 30)])
    assert figures(any_engine).calls == 1
    journal = Journal(tmp_path / "records.jsonl")
    for _ in range(2):
        journal.append([asdict(call(2, 31)), asdict(call(1, 30))])
        replay_journal(any_engine, journal)
        assert figures(any_engine).calls == 2


def test_a_batch_that_fails_changes_no_figure(any_engine: sa.Engine) -> None:
    """Its hour is counted as it was, and again when the batch is written after all."""
    write_records(any_engine, [call(1, 30)])
    assert figures(any_engine).calls == 1
    nowhere = call(3, 32, last_node=None)
    with pytest.raises(sa.exc.IntegrityError):
        write_records(any_engine, [call(2, 31), nowhere])
    assert (figures(any_engine).calls, kept(any_engine)) == (1, 24)
    write_records(any_engine, [call(2, 31)])
    assert figures(any_engine).calls == 2


def test_hours_that_are_over_are_kept_and_not_counted_again(any_engine: sa.Engine) -> None:
    """A second look asks for one row an hour, and of no call."""
    write_records(any_engine, [call(number, number * 10) for number in range(60)])
    first = figures(any_engine)
    assert kept(any_engine) == 24
    with asked_of(any_engine) as asked:
        assert figures(any_engine) == first
    of_calls = [one.statement for one in asked if "FROM calls" in one.statement]
    assert len(of_calls) == 1  # how many go on now
    assert "ended_at IS NULL" in of_calls[0]


def test_an_hour_that_may_still_change_is_not_kept(any_engine: sa.Engine) -> None:
    """Nor one that has only just passed, whose calls may go on."""
    now = datetime.now(UTC)
    hours = [now - timedelta(seconds=3600 + SETTLED_S - 60), now - timedelta(seconds=60)]
    assert [hour.calls for hour in hours_of(any_engine, hours)] == [0, 0]
    assert kept(any_engine) == 0
    long_ago = [now - timedelta(seconds=3600 + SETTLED_S + 60)]
    hours_of(any_engine, long_ago)
    assert kept(any_engine) == 1


def test_a_call_of_this_moment_has_nothing_to_forget(any_engine: sa.Engine) -> None:
    """Who leads calls does no more for the figures than write the call."""
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    fresh = replace(FACTS, started_ms=now_ms - 60_000)
    with asked_of(any_engine) as asked:
        write_records(any_engine, [Record(fresh, ended_ms=now_ms, disposition="completed")])
    assert asked
    words = " ".join(one.statement for one in asked)
    assert "call_hours" not in words
    assert "advisory" not in words


def test_a_whole_day_takes_few_questions(any_engine: sa.Engine) -> None:
    """Also when nobody has looked before."""
    write_records(any_engine, [call(number, number * 10) for number in range(60)])
    for most in (6, 4):
        with asked_of(any_engine) as asked:
            figures(any_engine)
        assert len(asked) <= most


@pytest.fixture
def server(postgres_server: str) -> Iterator[sa.Engine]:
    """A database of which several may write at once."""
    with own_database(postgres_server) as url:
        engine = make_engine(url)
        upgrade(engine)
        yield engine
        engine.dispose()


def test_who_keeps_an_hour_while_a_call_is_written_is_told(server: sa.Engine) -> None:
    """They cannot see it yet: whoever writes it throws away what they have kept."""
    write_records(server, [call(1, 30)])
    with server.begin() as connection:
        connection.execute(calls.update().values(disposition="failed"))
        assert figures(server).dispositions == {"completed": 1}
        assert kept(server) == 24
        forget_hours(connection, [MIDNIGHT + HOUR / 2])
    assert figures(server).dispositions == {"failed": 1}


def test_who_keeps_an_hour_waits_for_who_has_just_changed_it(server: sa.Engine) -> None:
    """Else they would keep what was true before."""
    write_records(server, [call(1, 30)])
    found: list[DayFigures] = []
    looks = threading.Thread(target=lambda: found.append(figures(server)))
    with server.begin() as connection:
        connection.execute(calls.update().values(disposition="failed"))
        forget_hours(connection, [MIDNIGHT + HOUR / 2])
        looks.start()
        wait_until(lambda: _waits(server), what="somebody waits to keep the hour")
    looks.join(30)
    assert [day.dispositions for day in found] == [{"failed": 1}]
    assert figures(server) == found[0]


def _waits(engine: sa.Engine) -> bool:
    with reading(engine) as connection:
        locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return bool(connection.scalar(sa.text(locks)))
