"""Sessions and turns as JSON: what one process writes, any other reads."""

import json
from dataclasses import replace

import pytest

from ivr.session import Session, session_from_dict, session_from_json, session_to_json
from ivr.stored import Unreadable
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
    session = Session("c1", "940", "1", "main", "ar", answers={"note": "حفرة"}, trail=("main",))
    text = session_to_json(session)
    assert "حفرة" in text
    assert session_from_json(text) == session


def test_a_session_in_mid_call_is_small() -> None:
    """It is written after every turn."""
    assert len(session_to_json(at_confirm().session)) < 1000


def test_what_a_session_of_another_release_has_too_much_is_left_out() -> None:
    """A newer one may know more of a call; the caller goes on with what both know."""
    session = at_confirm().session
    data = json.loads(session_to_json(session)) | {"colour": "red"}
    assert session_from_dict(data) == session


@pytest.mark.parametrize("name", ["trail", "answers", "noinput", "disposition"])
@pytest.mark.parametrize("null", [True, False])
def test_what_a_session_of_another_release_lacks_is_filled_in(name: str, null: bool) -> None:
    """An older one knew less; null where nothing is null is as good as missing."""
    session = at_confirm().session
    data = json.loads(session_to_json(session))
    data = data | {name: None} if null else {k: v for k, v in data.items() if k != name}
    usual = Session("", "", "", "", "")
    assert session_from_dict(data) == replace(session, **{name: getattr(usual, name)})


def test_a_session_that_names_no_node_cannot_be_read() -> None:
    """Where the caller stands is not guessed at."""
    data = json.loads(session_to_json(at_confirm().session))
    del data["node"]
    with pytest.raises(Unreadable, match="node"):
        session_from_dict(data)


@pytest.mark.parametrize("action", [{"kind": "Sing"}, {"kind": "Collect"}, {}, None])
def test_an_action_of_another_release_leads_to_an_operator(action: object) -> None:
    """What this release cannot do, a person can; silence is no answer."""
    turn = at_confirm().turn
    data = turn_to_dict(turn) | {"action": action}
    assert turn_from_dict(data) == replace(turn, action=Transfer("operators"))


def test_prompts_may_have_more_to_them_and_less() -> None:
    """A prompt is written in a row, whose length is the release's."""
    data = turn_to_dict(at_confirm().turn)
    longer = ["confirm", {"contact": "1"}, False, True, "en", "slowly"]
    data["prompts"] = [["main"], longer, []]
    read = turn_from_dict(json.loads(json.dumps(data)))
    longer_read = Prompt("confirm", {"contact": "1"}, whole=True, language="en")
    assert read.prompts == (Prompt("main"), longer_read)
