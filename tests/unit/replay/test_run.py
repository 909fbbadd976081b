"""A policy over calls: what the machine does, what people do, and what is forgotten."""

from dataclasses import replace

import pytest

from blacklist.model import ScreeningModel
from blacklist.replay.run import Replay, replay
from lab.simulate.city import City
from lab.simulate.stream import simulate
from tests.fixtures.replay import CALLER, DAY, HOUR, POLICY, call, dispositions


def test_a_flood_is_put_last_while_it_goes_on_and_an_hour_longer() -> None:
    """One call in half a minute: the eighth finds the quarter of an hour full."""
    made = Replay(POLICY)
    decided = dispositions(made, [call(30 * number) for number in range(50)])
    assert decided == ["allow"] * 7 + ["low_priority"] * 43
    end = 30 * 49
    assert made.take(call(end + HOUR - 60)).disposition == "low_priority"
    later = dispositions(made, [call(end + DAY + 2 * HOUR)])
    assert later == ["allow"]


def test_strikes_of_two_operators_lead_from_warning_to_voicemail() -> None:
    """The ladder is climbed call by call; each strike acts on the next call."""
    calls = [call(HOUR * n, striker=by) for n, by in enumerate(("op1", "op2", "op3", ""))]
    assert dispositions(Replay(POLICY), calls) == ["allow", "warn", "challenge", "voicemail"]


def test_an_operators_strikes_on_one_number_count_once_a_day() -> None:
    """One angry operator cannot stop a caller."""
    calls = [call(HOUR * n, striker="op1") for n in range(5)]
    assert dispositions(Replay(POLICY), calls) == ["allow", *["warn"] * 4]


def test_one_operator_alone_never_sends_a_caller_to_voicemail() -> None:
    """Three strikes of one person on three days are still one person's word."""
    calls = [call(DAY * n * 1.1, striker="op1") for n in range(4)]
    decided = dispositions(Replay(POLICY), calls)
    assert "voicemail" not in decided
    assert "block" not in decided


def test_calls_that_reach_no_operator_are_not_struck() -> None:
    """In voicemail nobody meets the caller, so the block comes only with a later strike."""
    made = Replay(POLICY)
    strikes = [call(HOUR * n, striker=f"op{n}") for n in range(3)]
    dispositions(made, strikes)
    stopped = [call(4 * HOUR + n, striker=f"op{10 + n}") for n in range(3)]
    assert dispositions(made, stopped) == ["voicemail"] * 3
    after = 7 * DAY + 3 * HOUR
    fourth = [call(after, striker="op9"), call(after + HOUR)]
    assert dispositions(made, fourth) == ["warn", "block"]


def test_who_was_blocked_before_is_blocked_for_longer() -> None:
    """The second block is the one that `again` speaks of: half a year instead of a month."""
    made = Replay(POLICY)
    lasted = []
    for start in (0, 60 * DAY):
        dispositions(made, [call(start + HOUR * n, striker=f"op{n}") for n in range(3)])
        dispositions(made, [call(start + 8 * DAY, striker="op9")])
        decision = made.take(call(start + 8 * DAY + HOUR))
        assert decision.disposition == "block"
        lasted.append((decision.until - call(start + 8 * DAY).at) / DAY)
    assert lasted == [30, 183]


def test_without_people_nothing_but_the_rate_acts() -> None:
    """What the machine does alone: it never stops anybody."""
    calls = [call(n * HOUR * 3, striker=f"op{n}") for n in range(8)]
    assert set(dispositions(Replay(POLICY, people=False), calls)) == {"allow"}


def test_a_number_on_the_allowlist_is_never_touched() -> None:
    """Neither by its rate nor by strikes."""
    made = Replay(POLICY, [CALLER])
    calls = [call(n, striker=f"op{n}") for n in range(30)]
    assert set(dispositions(made, calls)) == {"allow"}
    assert not made.tally.callers


def test_withheld_callers_are_never_struck() -> None:
    """There is no number to strike."""
    calls = [call(600 * n, caller="", striker=f"op{n}") for n in range(10)]
    assert set(dispositions(Replay(POLICY), calls)) == {"allow"}


def test_two_policies_meet_the_same_calls_read_once() -> None:
    """A history is read as a stream, so it can be longer than memory."""
    strict = replace(POLICY, rate=replace(POLICY.rate, windows=POLICY.rate.windows[:1]))
    one, other = Replay(POLICY), Replay(strict)
    calls = (call(600 * n) for n in range(20))
    assert list(replay(calls, one, other)) == list(range(1, 21))
    assert one.tally.by_kind["", "", "low_priority"] == 5
    assert other.tally.by_kind["", "", "low_priority"] == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_forgotten_would_not_have_mattered(seed: int) -> None:
    """A replay that drops idle callers decides as a model that remembers everybody."""
    made, model = Replay(POLICY, people=False), ScreeningModel(POLICY)
    touched = 0
    for one in simulate(seed, 15_000, City(floods=10.0)):
        decision = made.take(one)
        way = {"trunk": one.trunk, "attestation": one.attestation}
        assert decision == model.screen(one.counted, round(one.at * 1000), **way)
        touched += decision.disposition != "allow"
    assert touched > 100


def test_calls_of_yesterday_are_remembered_to_the_end_of_the_longest_window() -> None:
    """After fourteen calls, and eight hours, the day has room for ten more but no eleventh."""
    calls = [call(2100 * n) for n in range(14)]
    later = calls[-1].at - call(0).at + 8 * HOUR
    calls += [call(later + 700 * n) for n in range(11)]
    assert dispositions(Replay(POLICY), calls) == ["allow"] * 24 + ["low_priority"]
