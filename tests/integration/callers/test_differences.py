"""A call that does not go as written fails, and the first difference is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hotline.bootstrap import Services
from lab.callers.agi_driver import AgiDriver
from lab.callers.engine_driver import EngineDriver
from lab.callers.line import Difference
from lab.callers.runs import Result
from lab.transcript import TranscriptError
from tests.fixtures.callers import REPORT, played, transcript_of

Play = Callable[[str], Result]
HEAD = 'name: x\ncaller: "+966501234567"\n'


@pytest.fixture(params=["engine", "agi"])
def play(request: pytest.FixtureRequest, services: Services, tmp_path: Path) -> Play:
    """Plays a text on each driver that has no sound."""
    driver = EngineDriver() if request.param == "engine" else AgiDriver(services.catalogue)

    def play(text: str) -> Result:
        return played(services, driver, transcript_of(tmp_path, text))

    return play


def difference_of(result: Result) -> Difference:
    """The difference; the call's facts are told all the same."""
    assert result.difference is not None, "passed"
    assert result.facts is not None
    return result.difference


def test_a_report_without_expectations_passes(play: Play) -> None:
    """So that what follows fails for its expectation alone."""
    assert play(REPORT).passed


def test_a_prompt_that_is_not_heard(play: Play) -> None:
    """The turn, the line, the expected keys, and those that came."""
    text = HEAD + 'turns:\n  - press: "1"\n  - hear: [report_group]\n    press: "1"\n'
    told = difference_of(play(text))
    assert told == Difference("turn 2", "report_group", "main", line=5)


def test_prompts_in_another_order(play: Play) -> None:
    """Others may stand between, but the order is the order."""
    right = HEAD + 'turns:\n  - hear: [welcome, language]\n    press: "1"\n'
    assert play(right).passed
    wrong = HEAD + 'turns:\n  - hear: [language, welcome]\n    press: "1"\n'
    assert difference_of(play(wrong)).expected == "language, welcome"


def test_the_first_difference_is_told(play: Play) -> None:
    """Not a later one that follows from it."""
    text = HEAD + (
        'turns:\n  - {hear: [danger], press: "1"}\n  - {hear: [operator], press: "1"}\n'
        '  - {hear: [main], press: "1"}\nthen: {disposition: failed}\n'
    )
    assert difference_of(play(text)).where == "turn 2"


def test_inputs_that_are_left_when_the_call_is_over(play: Play) -> None:
    """A call that ends, or is put through, too early."""
    text = HEAD + 'turns:\n  - press: "1"\n  - press: "0"\n  - press: "1"\n'
    told = difference_of(play(text))
    assert told.where == "turn 3"
    assert told.expected == 'to be asked for press "1"'
    assert told.heard == "operator, and a transfer to operators"


def test_keys_where_a_recording_is_made(play: Play) -> None:
    """They skip to the notice and are lost over it; and a recording where keys are wanted."""
    text = REPORT.replace("{record: 3}", '{press: "11"}') + "then: {heard: [recording_choices]}\n"
    assert difference_of(play(text)).expected == "recording_choices heard in the call"
    text = HEAD + "turns:\n  - record: 3\n"
    assert difference_of(play(text)).expected == "to be asked for 3 s into a recording"


@pytest.mark.parametrize(
    ("then", "expected", "heard"),
    [
        ("disposition: abandoned", "disposition abandoned", "completed"),
        ("verdict: block", "verdict block", "allow"),
        ("language: en", "language en", "ar"),
        ("transferred_to: operators", "transferred_to operators", "none"),
        ("heard: [reference, operator]", "operator heard in the call", None),
        ("tickets: []", "0 ticket(s)", "1: RD_HOLE"),
        ("tickets: [{}, {}]", "2 ticket(s)", "1: RD_HOLE"),
        ("tickets: [{service_code: LT_OUT}]", "ticket 1: service_code 'LT_OUT'", "'RD_HOLE'"),
        (
            'tickets: [{address: {building_number: "1234"}}]',
            "ticket 1: address.building_number '1234'",
            "'7421'",
        ),
        ("tickets: [{colour: red}]", "ticket 1: colour 'red'", "None"),
    ],
)
def test_what_does_not_hold_after_the_call(
    play: Play, then: str, expected: str, heard: str
) -> None:
    """Each key of `then` can fail."""
    told = difference_of(play(f"{REPORT}then:\n  {then}\n"))
    assert (told.where, told.expected) == ("after the call", expected)
    assert heard is None or told.heard == heard


def test_a_reference_that_was_never_heard_cannot_be_pressed(play: Play) -> None:
    """The placeholder has nothing to stand for."""
    text = HEAD + 'turns:\n  - press: "{reference}"\n'
    assert difference_of(play(text)).expected == "a reference number heard before this turn"


def test_a_reference_heard_in_this_call_can_be_pressed(play: Play) -> None:
    """It is keyed as heard: nine digits, of which the menu after it takes the first."""
    text = REPORT + '  - {hear: [reference], press: "{reference}"}\n'
    result = play(text)
    assert result.difference is None or "reference number heard" not in result.difference.expected
    assert result.facts is not None
    assert result.facts.turns > 11


def test_a_given_ticket_is_there_and_is_not_one_of_the_call(play: Play) -> None:
    """Its reference can be pressed from the first turn on."""
    given = "given: {tickets: [{service_code: RD_HOLE, status: in_progress, reference: auto}]}\n"
    text = HEAD + given + 'turns:\n  - press: "{reference}"\nthen: {tickets: []}\n'
    assert play(text).passed


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{blocked: {reason: boredom, days: 7}}", r":3: given\.blocked: reason 'boredom'"),
        ("{tickets: [{service_code: NOPE}]}", r":3: given\.tickets\.0: no such service: NOPE"),
    ],
)
def test_facts_that_cannot_be_given_make_the_file_wrong(
    play: Play, given: str, message: str
) -> None:
    """They are told like every other mistake in the file."""
    with pytest.raises(TranscriptError, match=message):
        play(HEAD + f"given: {given}\nturns: []\n")


def test_a_clock_and_speech_are_skipped_with_the_reason(play: Play) -> None:
    """Neither can be had on these drivers."""
    assert "clock" in play(HEAD + 'given: {clock: "2026-11-27T03:00+03:00"}\nturns: []\n').skipped
    assert "speech" in play(HEAD + 'turns:\n  - speak: "نعم"\n').skipped


def test_nothing_is_left_behind(play: Play, services: Services) -> None:
    """The house's own state is not touched."""
    assert play(REPORT).passed
    assert not services.settings.state_dir.exists()
