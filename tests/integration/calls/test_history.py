"""Reading records back: filters, order, and an export that holds little in memory."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from call_handlers.fields import CallRecord
from call_handlers.history import Wanted, count_calls, find_call, list_calls, stream_calls
from call_handlers.records import Record, write_records
from tests.fixtures.calls import House
from tests.integration.calls.test_records import ENDED, FACTS

START = datetime.fromtimestamp(FACTS.started_ms / 1000, UTC)


def a_call(number: int, *, seconds: int = 0, disposition: str = "", **facts: Any) -> Record:
    """A call with an id of its own that began so many seconds after the first."""
    started = FACTS.started_ms + seconds * 1000
    values = {name: getattr(FACTS, name) for name in FACTS.__slots__}
    changed: dict[str, Any] = {**values, "call_id": f"{number:032}", "started_ms": started, **facts}
    return Record(
        type(FACTS)(**changed),
        ended_ms=started + 9000,
        disposition=disposition or "completed",
        events=ENDED.events,
    )


def ids(calls: Iterable[CallRecord]) -> list[int]:
    """Their numbers."""
    return [int(call.id) for call in calls]


@pytest.fixture(autouse=True)
def _calls(house: House) -> None:
    write_records(
        house.engine,
        [
            replace(a_call(1), choice="leave_report"),
            a_call(2, seconds=60, disposition="abandoned"),
            a_call(3, seconds=120, e164="+966112223334", caller="0112223334"),
            a_call(4, seconds=180, e164=None, caller="", withheld=True, channel="twilio"),
            a_call(5, seconds=240, e164=None, caller='"><script>'),
        ],
    )


def test_a_list_is_newest_first_and_limited(house: House) -> None:
    """The last calls are what people look for."""
    assert ids(list_calls(house.engine, Wanted())) == [5, 4, 3, 2, 1]
    assert ids(list_calls(house.engine, Wanted(), limit=2)) == [5, 4]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(since=START + timedelta(seconds=120)), [5, 4, 3]),
        (Wanted(until=START + timedelta(seconds=120)), [2, 1]),
        (Wanted(disposition="abandoned"), [2]),
        (Wanted(channel="twilio"), [4]),
        (Wanted(choice="leave_report"), [1]),
        (Wanted(choice="none"), [5, 4, 3, 2]),
        (Wanted(caller="011 222 3334"), [3]),
        (Wanted(caller="+966112223334"), [3]),
        (Wanted(caller="٠١١٢٢٢٣٣٣٤"), [3]),
        (Wanted(caller="withheld"), [4]),
        (Wanted(caller='"><script>'), [5]),
        (Wanted(caller="' OR 1=1 --"), []),
        (Wanted(caller="011%"), []),
        (Wanted(disposition="completed", until=START + timedelta(seconds=1)), [1]),
    ],
)
def test_filters_must_all_hold(house: House, wanted: Wanted, found: list[int]) -> None:
    """A number is found however it is written."""
    assert ids(list_calls(house.engine, wanted)) == found
    assert count_calls(house.engine, wanted) == len(found)
    assert ids(record for record, _ in stream_calls(house.engine, wanted)) == found[::-1]


@pytest.mark.parametrize("batch", [1, 2, 5, 6])
def test_a_stream_gives_every_call_once_with_its_events(house: House, batch: int) -> None:
    """Oldest first, whatever the batches, also for calls that began in the same millisecond."""
    write_records(house.engine, [a_call(number, seconds=60) for number in range(10, 17)])
    streamed = list(stream_calls(house.engine, Wanted(), batch=batch))
    assert ids(record for record, _ in streamed) == [1, 2, *range(10, 17), 3, 4, 5]
    assert all(len(events) == 1 for _, events in streamed)


def test_a_stream_does_not_hold_up_calls(house: House) -> None:
    """Records are written while an export is being read."""
    stream = stream_calls(house.engine, Wanted(), batch=2)
    next(stream)
    write_records(house.engine, [a_call(9, seconds=999)])
    assert ids(record for record, _ in stream) == [2, 3, 4, 5, 9]


def test_no_call_is_none(house: House) -> None:
    """Not an empty record."""
    assert find_call(house.engine, "f" * 32) is None
