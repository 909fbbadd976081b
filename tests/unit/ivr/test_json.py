"""Sessions and turns as JSON: what one process writes, any other reads."""

import json

import pytest

from ivr.session import Session, session_from_dict, session_from_json, session_to_json
from ivr.turn import (
    Action,
    Collect,
    HangUp,
    Perform,
    Prompt,
    Record,
    Transfer,
    Turn,
    turn_from_dict,
    turn_to_dict,
)
from tests.fixtures.dialog import at_confirm

ACTIONS = [Collect(4), Record(60), Transfer("911"), Perform("open_report"), HangUp()]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_turn_survives_json(action: Action) -> None:
    """With prompts, values of any script, and every kind of action."""
    prompts = (Prompt("confirm", {"contact": "٠٥"}), Prompt("nomatch_1", {}, guarded=True))
    turn = Turn(7, "confirm", "ar", prompts, action)
    assert turn_from_dict(json.loads(json.dumps(turn_to_dict(turn)))) == turn


def test_a_session_survives_json() -> None:
    """Arabic is written as it is, not as escapes three times as long."""
    session = Session("c1", "940", 1, "main", "ar", answers={"note": "حفرة"}, trail=("main",))
    text = session_to_json(session)
    assert "حفرة" in text
    assert session_from_json(text) == session


def test_a_session_in_mid_call_is_small() -> None:
    """It is written after every turn."""
    assert len(session_to_json(at_confirm().session)) < 1000


@pytest.mark.parametrize("change", [{"colour": "red"}, {"trail": None}, {"node": ...}])
def test_a_session_of_another_release_is_refused(change: dict[str, object]) -> None:
    """A field that is missing, unknown or of another kind is an error, never a guess."""
    data = json.loads(session_to_json(at_confirm().session))
    for name, value in change.items():
        if value is ...:
            del data[name]
        else:
            data[name] = value
    with pytest.raises((KeyError, TypeError)):
        session_from_dict(data)


def test_a_turn_of_another_release_is_refused() -> None:
    """An unknown action is an error."""
    data = turn_to_dict(at_confirm().turn)
    data["action"] = {"kind": "Sing"}
    with pytest.raises(KeyError):
        turn_from_dict(data)
