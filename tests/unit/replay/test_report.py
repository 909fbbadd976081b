"""The figures of a replay, on histories small enough to count by hand."""

import json

import pytest

from blacklist.replay.report import figures_of, mask, report
from blacklist.replay.run import Replay
from blacklist.verdict import DISPOSITIONS
from lab.simulate.stream import simulate
from tests.fixtures.replay import CALLER, DAY, HOUR, POLICY, call, dispositions

OTHER = "+966527654321"


def test_a_genuine_caller_who_is_put_last_counts_once() -> None:
    """Callers are counted, not their calls, and set against all calls."""
    made = Replay(POLICY)
    dispositions(made, [call(10 * n, label="genuine", kind="worried") for n in range(20)])
    dispositions(made, [call(300 + n, caller=f"+96652{n:07}", label="genuine") for n in range(80)])
    genuine = figures_of(made.tally)["genuine"]
    assert genuine["touched"] == 1
    assert genuine["per_100000_calls"] == 1000.0
    assert genuine["by_kind"] == {"worried": 1}
    assert genuine["who"][0] == {
        "caller": mask(CALLER),
        "kind": "worried",
        "hardest": "low_priority",
        "calls": 14,
        "hours": pytest.approx(1.0, abs=0.1),
    }


def test_a_warning_is_not_worse_than_a_warning() -> None:
    """Who hears one sentence more is served like everybody."""
    made = Replay(POLICY)
    dispositions(made, [call(0, striker="op1", label="genuine"), call(9, label="genuine")])
    found = figures_of(made.tally)
    assert found["callers"]["warn"]["callers"] == 1
    assert found["genuine"]["touched"] == 0


def test_a_family_that_shares_a_pranksters_number_is_counted_apart() -> None:
    """Whether the nuisance call was itself touched or not."""
    made = Replay(POLICY)
    dispositions(made, [call(0, label="nuisance")])
    dispositions(made, [call(10 + n, label="genuine") for n in range(10)])
    genuine = figures_of(made.tally)["genuine"]
    assert (genuine["touched"], genuine["shared_with_nuisance"]) == (0, 1)


def test_each_withheld_genuine_call_put_last_counts_as_a_caller() -> None:
    """They cannot be told apart, so none may be counted away."""
    made = Replay(POLICY)
    dispositions(made, [call(0, caller="", label="genuine") for _ in range(43)])
    genuine = figures_of(made.tally)["genuine"]
    assert genuine["withheld"] == genuine["touched"] == 3


def test_flood_calls_count_from_ten_minutes_after_the_flood_began() -> None:
    """A flood of a number is put last, one without a number is not, and both are shown."""
    made = Replay(POLICY)
    for n in range(60):
        facts = {"label": "nuisance", "kind": "flood"}
        made.take(call(60 * n, flood="a", **facts))
        made.take(call(60 * n + 1, caller="", flood="b", **facts))
    floods = figures_of(made.tally)["floods"]
    assert floods["flood"] == {"calls": 98, "not_ahead": 49, "percent": 50.0}
    assert floods["flood, number shown"] == {"calls": 49, "not_ahead": 49, "percent": 100.0}
    assert floods["flood, withheld"] == {"calls": 49, "not_ahead": 0, "percent": 0.0}
    assert floods["all"]["percent"] == 50.0


def test_a_measure_lasts_until_its_end_and_overlaps_count_once() -> None:
    """Ten calls that renew an hour are not ten hours."""
    made = Replay(POLICY)
    dispositions(made, [call(60 * n) for n in range(16)])
    held = figures_of(made.tally)["callers"]["low_priority"]
    assert held["callers"] == 1
    assert held["longest_hours"] == pytest.approx(1 + 9 / 60, abs=0.06)


def test_every_call_stands_once_in_the_confusion_table() -> None:
    """Rows and columns add up to all calls."""
    made = Replay(POLICY)
    dispositions(made, simulate(4, 5_000))
    found = figures_of(made.tally)
    assert sum(sum(row.values()) for row in found["confusion"].values()) == 5_000
    assert sum(row[d] for row in found["kinds"] for d in DISPOSITIONS) == 5_000


def test_changes_name_who_fares_otherwise_and_masks_them() -> None:
    """Harder, milder, and nobody's whole number anywhere."""
    today, new = Replay(POLICY, [OTHER]), Replay(POLICY, [CALLER])
    for made in (today, new):
        dispositions(made, [call(n, caller=CALLER) for n in range(10)])
        dispositions(made, [call(20 + n, caller=OTHER) for n in range(10)])
    found = report({"today": today.tally, "new": new.tally})
    assert (found["changes"]["harder"], found["changes"]["milder"]) == (1, 1)
    assert {(one["was"], one["now"]) for one in found["changes"]["who"]} == {
        ("low_priority", "allow"),
        ("allow", "low_priority"),
    }
    text = json.dumps(found)
    assert CALLER not in text
    assert OTHER not in text


def test_long_strikes_of_a_number_show_for_how_long() -> None:
    """Voicemail for seven days is 168 hours."""
    made = Replay(POLICY)
    dispositions(made, [call(HOUR * n, striker=f"op{n}") for n in range(3)])
    dispositions(made, [call(4 * HOUR), call(2 * DAY)])
    held = figures_of(made.tally)["callers"]["voicemail"]
    assert held["longest_hours"] == pytest.approx(7 * 24 - 2, abs=0.1)
