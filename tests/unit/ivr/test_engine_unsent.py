"""What a call that ends leaves undone, and what it has earned by then."""

from dataclasses import replace

import pytest

from ivr.catalogue import NO_RECORDING
from ivr.engine import TRANSFERRED, step
from ivr.event import Done, HungUp
from ivr.session import Session
from ivr.turn import HangUp, Perform
from ivr.way import given, unsent
from tests.fixtures.dialog import FLOW, REPORT, Caller, at_confirm


def left(session: Session) -> list[str]:
    """The nodes that a caller who hangs up here leaves to be done."""
    _, turn = step(FLOW, session, HungUp())
    return [turn.action.effect] if isinstance(turn.action, Perform) else []


def test_a_report_that_was_given_and_not_sent_is_left() -> None:
    """Whoever has said what is wrong and where has given it."""
    session = at_confirm().session
    assert unsent(FLOW, session) == "open_unconfirmed"
    assert left(session) == ["open_unconfirmed"]


def test_a_report_without_a_recording_leaves_a_draft() -> None:
    """It was asked for and answered with silence: nothing is sent, but can be gone on with."""
    session = at_confirm().session
    silent = replace(session, answers={**session.answers, "recording": NO_RECORDING})
    assert unsent(FLOW, silent) == "keep_draft"
    assert left(silent) == ["keep_draft"]


def test_what_is_left_is_done_once() -> None:
    """A call whose end was told twice has been there."""
    session, turn = step(FLOW, at_confirm().session, HungUp())
    assert unsent(FLOW, session) == ""
    again, turn = step(FLOW, session, HungUp())
    assert isinstance(turn.action, HangUp)
    assert again.path == session.path


@pytest.mark.parametrize(
    ("answers", "told"), [({}, ""), ({"a": NO_RECORDING}, ""), ({"a": "x"}, "x")]
)
def test_an_answer_of_no_recording_is_none(answers: dict[str, str], told: str) -> None:
    """As one that was never given."""
    assert given(answers, "a") == told


def test_how_long_was_spoken_is_known() -> None:
    """In milliseconds, beside the recording."""
    assert at_confirm().session.answers["recording_ms"] == "3000"


@pytest.mark.parametrize("earned", ["abandoned", "blocked"])
def test_a_hang_up_takes_back_a_transfer_that_was_only_announced(earned: str) -> None:
    """An earlier release wrote it down before anybody had answered."""
    caller = Caller(verdict="block" if earned == "blocked" else "allow")
    announced = replace(caller.session, disposition=TRANSFERRED)
    session, _ = step(FLOW, announced, HungUp())
    assert session.disposition == earned


@pytest.mark.parametrize(("outcome", "kept"), [("opened", False), ("failed", True)])
def test_what_was_given_for_a_report_is_kept_until_it_is_opened(outcome: str, kept: bool) -> None:
    """An effect that failed has used nothing up: whoever takes over has it all."""
    asked = Caller(done=Done(outcome, {}))
    report = asked.press(*REPORT).record()
    session = report.press("1").session
    assert ("building_number" in session.answers, "recording" in session.answers) == (kept, kept)
