"""What is counted of a call while it goes on, and when it ends."""

from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from call_handlers.sessions import MemorySessions
from ivr.event import NoInput
from tests.fixtures.calls import FailingSessions, House, arrival, play, to_confirm

Samples = dict[tuple[str, str], float]


def samples() -> Samples:
    """Every figure of calls, by name and labels."""
    return {
        (sample.name, " ".join(value for _, value in sorted(sample.labels.items()))): sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name.startswith(("hotline_call", "hotline_turns", "hotline_effect"))
        and not sample.name.endswith(("_created", "_bucket"))
    }


def added(what: Callable[[], object]) -> Samples:
    """What the figures have grown by."""
    before = samples()
    what()
    return {name: value - before.get(name, 0) for name, value in samples().items()
            if value != before.get(name, 0)}  # fmt: skip


def test_a_call_is_counted_at_its_begin_with_its_turns_and_effects_and_at_its_end(
    house: House,
) -> None:
    """By its channel, its verdict, what the caller did where, and how long it took."""
    desk = house.desk()
    call = desk.begin(arrival("0"))
    begun = added(lambda: desk.begin(arrival("1")))
    assert begun[("hotline_calls_total", "asterisk ok allow")] == 1
    turn = added(lambda: play(desk, call, "1"))
    assert turn == {("hotline_turns_total", "digits language"): 1}
    call = to_confirm(desk, desk.begin(arrival("2")))
    sent = added(lambda: play(desk, call, "1"))
    assert sent[("hotline_turns_total", "digits confirm")] == 1
    assert sent[("hotline_turns_total", "effect open_report")] == 1
    assert sent[("hotline_effects_total", "open_report opened")] == 1
    assert sent[("hotline_effect_seconds_count", "open_report")] == 1
    assert 0 < sent[("hotline_effect_seconds_sum", "open_report")] < 60
    over = play(desk, desk.begin(arrival("2")), NoInput())
    house.clock.now += 75
    ended = added(lambda: desk.end(over, "done"))
    assert ended[("hotline_calls_ended_total", "asterisk completed")] == 1
    assert ended[("hotline_call_seconds_count", "asterisk")] == 1
    assert ended[("hotline_call_seconds_sum", "asterisk")] == 75


def test_a_call_that_no_server_led_is_counted_by_itself(house: House) -> None:
    """It ended, and had not begun for us: callers who hear no menu are not to be overlooked."""
    ended = added(lambda: house.desk().end(arrival("0"), "hangup"))
    assert ended[("hotline_calls_never_led_total", "")] == 1
    assert ("hotline_calls_total", "asterisk ok allow") not in ended


@pytest.mark.parametrize("passed_s", [0, -30])
def test_a_call_takes_no_less_than_no_time(house: House, passed_s: float) -> None:
    """Also where the clock was set back while it went on."""
    desk = house.desk()
    call = desk.begin(arrival())
    house.clock.now += passed_s
    ended = added(lambda: desk.end(call, "hangup"))
    assert ended[("hotline_call_seconds_count", "asterisk")] == 1
    assert ("hotline_call_seconds_sum", "asterisk") not in ended


def test_turns_that_the_store_did_not_take_are_counted(house: House) -> None:
    """Someone looks at the store when there are many."""
    lost = FailingSessions(MemorySessions(), lambda doing, turn: (doing, turn) == ("save", 2))
    desk = house.desk(lost)
    call = desk.begin(arrival())
    grown = added(lambda: play(desk, call, "1", "1"))
    assert grown[("hotline_turns_unsaved_total", "")] == 1
