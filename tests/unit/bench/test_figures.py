"""The arithmetic of figures, and how they are told. No time is ever asserted."""

import json

import pytest
from rich.console import Console

from lab.bench.figures import (
    Bound,
    Figure,
    Measured,
    Part,
    amount,
    difference,
    ratio,
    times_less,
    to_json,
)
from lab.bench.table import render

pytestmark = pytest.mark.bench

OURS = Measured("our process", 10.0, "ms CPU")
THEIRS = Measured("Asterisk", 40.0, "ms CPU")
AT_MOST_ONE = Bound("at most", 1.0)


def shown(*parts: Part) -> str:
    """The table as a terminal of 80 columns shows it."""
    console = Console(width=80, no_color=True)
    with console.capture() as captured:
        console.print(render(parts))
    return captured.get()


def test_a_ratio_is_ours_divided_by_what_it_is_compared_with() -> None:
    """10 beside 40 is a quarter."""
    assert ratio("cost", OURS, THEIRS).value == 0.25


def test_times_less_is_the_other_way_round() -> None:
    """10 beside 40 is four times less."""
    assert times_less("cost", OURS, THEIRS).value == 4.0


def test_a_difference_keeps_its_unit_and_its_sign() -> None:
    """Ours below the other is negative."""
    figure = difference("cost", OURS, THEIRS)
    assert (figure.value, figure.unit) == (-30.0, "ms CPU")


@pytest.mark.parametrize(
    ("bound", "value", "kept"),
    [
        (Bound("at most", 1.0), 1.0, True),
        (Bound("at most", 1.0), 1.01, False),
        (Bound("at least", 20.0), 20.0, True),
        (Bound("at least", 20.0), 19.9, False),
        (Bound("at most", 1.0), float("nan"), False),
        (Bound("at least", 1.0), float("nan"), False),
    ],
)
def test_the_limit_itself_keeps_a_bound_and_no_number_never_does(
    bound: Bound, value: float, kept: bool
) -> None:
    """Both sides, at the limit and beyond it."""
    assert Figure("cost", value, "x", OURS, bound=bound).kept is kept


def test_a_figure_for_information_is_neither_kept_nor_broken() -> None:
    """None, and its part is fine."""
    figure = amount("cost", OURS)
    assert figure.kept is None
    assert Part("cpu", (figure,)).kept


def test_nothing_measured_on_the_other_side_breaks_the_bound() -> None:
    """A ratio to zero must not pass as a good one, on either side."""
    nothing = Measured("Asterisk", 0.0, "ms CPU")
    assert ratio("cost", OURS, nothing, AT_MOST_ONE).kept is False
    assert times_less("cost", nothing, OURS, Bound("at least", 20.0)).kept is False


def test_one_broken_bound_breaks_its_part() -> None:
    """However many others are kept."""
    kept = ratio("one", OURS, THEIRS, AT_MOST_ONE)
    broken = ratio("two", THEIRS, OURS, AT_MOST_ONE)
    assert Part("cpu", (kept,)).kept
    assert not Part("cpu", (kept, broken)).kept


def test_a_part_that_failed_is_not_kept_and_one_that_was_skipped_is() -> None:
    """What went wrong must not look like a success; what cannot be measured here is no failure."""
    assert not Part("cpu", failed="no calls").kept
    assert Part("cpu", skipped="no Asterisk here").kept


def test_json_tells_every_number_and_whether_all_is_kept() -> None:
    """Machines read it: the bound, both sides, six significant digits."""
    third = ratio("cost", OURS, Measured("Asterisk", 30.0, "ms CPU"), AT_MOST_ONE)
    told = json.loads(to_json([Part("cpu", (third,), ("a note",), seconds=1.26)]))
    assert told == {
        "kept": True,
        "parts": [
            {
                "name": "cpu",
                "seconds": 1.3,
                "skipped": None,
                "failed": None,
                "figures": [
                    {
                        "what": "cost",
                        "value": 0.333333,
                        "unit": "x",
                        "ours": {"name": "our process", "amount": 10.0, "unit": "ms CPU"},
                        "against": {"name": "Asterisk", "amount": 30.0, "unit": "ms CPU"},
                        "bound": {"side": "at most", "value": 1.0},
                        "kept": True,
                    }
                ],
                "notes": ["a note"],
            }
        ],
    }


def test_json_has_null_where_there_is_no_number() -> None:
    """NaN is no JSON."""
    figure = ratio("cost", OURS, Measured("Asterisk", 0.0, "ms CPU"), AT_MOST_ONE)
    told = json.loads(to_json([Part("cpu", (figure,))]))
    assert told["kept"] is False
    assert told["parts"][0]["figures"][0]["value"] is None


def test_the_table_tells_ratio_both_sides_bound_and_verdict() -> None:
    """All that is needed to judge a figure stands in its row."""
    text = shown(Part("cpu", (ratio("cost of a call", OURS, THEIRS, AT_MOST_ONE),), ("a note",)))
    for expected in (
        *("cpu", "cost of a call", "0.25 x", "our process: 10 ms CPU", "Asterisk: 40 ms CPU"),
        *("≤ 1 x", "kept", "a note."),
    ):
        assert expected in text
    assert "NOT KEPT" not in text


def test_the_table_shouts_when_a_bound_is_broken() -> None:
    """Nobody overlooks it."""
    broken = times_less("cost", OURS, THEIRS, Bound("at least", 20.0))
    text = shown(Part("classic", (broken,)))
    assert "≥ 20 x" in text
    assert "NOT KEPT" in text


def test_the_table_gives_the_reason_of_a_part_without_figures() -> None:
    """Skipped and failed parts have a row."""
    text = shown(Part("cpu", skipped="no Asterisk"), Part("memory", failed="it ended"))
    assert "skipped: no Asterisk" in text
    assert "failed: it ended" in text


def test_words_in_brackets_are_shown_as_they_are() -> None:
    """A message of another program is text, not markup."""
    assert "failed: [red]oops[/red]" in shown(Part("cpu", failed="[red]oops[/red]"))
