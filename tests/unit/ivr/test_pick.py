"""Menus made of data: what is offered, picked, heard again; and the small rules of the engine."""

import json
from pathlib import Path

import pytest

from ivr.engine import begin, step
from ivr.event import Digits, Done, NoInput, Transferred
from ivr.flow import Flow
from ivr.pick import RESUME, TRAIL, choices_of, told
from ivr.session import Session, session_from_json, session_to_json
from ivr.turn import Perform, Transfer, Turn
from tests.fixtures.flows import HEAD, small

NAMES = ("one", "two", "three", "four", "five")
CHOICES = told({"name": name, "code": name[0]} for name in NAMES)
FLOW = """
main: {kind: do, effect: look, outcomes: {found: names, none: bye}}
names:
  kind: pick
  of: names
  most: 2
  further: "8"
  say: [main]
  each: [{choice: [name, key]}]
  further_say: [{more: [key]}]
  then: [other]
  options: {"9": {to: bye}}
  next: read
read:
  kind: menu
  say: [{read: [name]}, {"code?": [code]}, {"gone?": [gone]}]
  options: {"1": {to: names}}
bye: {kind: end, say: [bye]}
"""


def looked_up(flow: Flow, choices: str = CHOICES) -> tuple[Session, Turn]:
    """A caller to whom these are offered."""
    session, turn = begin(flow, "c1")
    assert turn.action == Perform("look")
    return step(flow, session, Done("found", {"names": choices}))


def said(turn: Turn) -> list[str]:
    """What is said: of a choice its values too."""
    return [" ".join((prompt.key, *prompt.values.values())) for prompt in turn.prompts]


def press(flow: Flow, session: Session, *keys: str) -> tuple[Session, Turn]:
    """Press these, with the session turned into JSON between."""
    for key in keys:
        session, turn = step(flow, session_from_json(session_to_json(session)), Digits(key))
    return session, turn


def test_choices_are_told_with_their_keys(tmp_path: Path) -> None:
    """So many at once; then how to hear others, and what is always there."""
    _, turn = looked_up(small(tmp_path, FLOW))
    assert said(turn) == ["main", "choice one 1", "choice two 2", "more 8", "other"]


def test_what_is_picked_becomes_the_caller_s_answers(tmp_path: Path) -> None:
    """All its fields, and the call goes on."""
    flow = small(tmp_path, FLOW)
    session, turn = press(flow, looked_up(flow)[0], "2")
    assert (session.node, session.answers["name"], session.answers["code"]) == ("read", "two", "t")
    assert said(turn) == ["read two", "code t"], "what is not there is not said"


def test_further_choices_have_the_same_keys_and_begin_again_behind_the_last(tmp_path: Path) -> None:
    """Nobody is led out of a list by its end."""
    flow = small(tmp_path, FLOW)
    session, turn = press(flow, looked_up(flow)[0], "8")
    assert said(turn) == ["choice three 1", "choice four 2", "more 8", "other"]
    assert press(flow, session, "1")[0].answers["name"] == "three"
    session, turn = press(flow, session, "8")
    assert said(turn) == ["choice five 1", "more 8", "other"]
    assert press(flow, session, "8", "1")[0].answers["name"] == "one"


def test_a_key_that_no_choice_has_is_a_wrong_key(tmp_path: Path) -> None:
    """On the last page there are fewer; the choices are told again after the error."""
    flow = small(tmp_path, FLOW)
    session, _ = press(flow, looked_up(flow)[0], "8", "8")
    session, turn = press(flow, session, "2")
    assert (session.nomatch, said(turn)) == (
        1,
        ["nomatch", "main", "choice five 1", "more 8", "other"],
    )
    session, turn = step(flow, session, NoInput())
    assert said(turn)[0] == "noinput"


def test_hash_tells_the_same_choices_again(tmp_path: Path) -> None:
    """Not the first ones."""
    flow = small(tmp_path, FLOW)
    _, turn = press(flow, looked_up(flow)[0], "8", "#")
    assert said(turn) == ["main", "choice three 1", "choice four 2", "more 8", "other"]


def test_who_comes_back_is_offered_the_first_ones(tmp_path: Path) -> None:
    """A menu met anew begins anew."""
    flow = small(tmp_path, FLOW)
    _, turn = press(flow, looked_up(flow)[0], "8", "1", "*")
    assert said(turn)[1] == "choice one 1"


def test_few_choices_have_no_further_ones(tmp_path: Path) -> None:
    """Its key is then a wrong one."""
    flow = small(tmp_path, FLOW)
    session, turn = looked_up(flow, told([{"name": "one", "code": "o"}]))
    assert said(turn) == ["main", "choice one 1", "other"]
    assert press(flow, session, "8")[0].nomatch == 1
    assert press(flow, session, "9")[0].node == "bye"


@pytest.mark.parametrize("answer", ["", "no JSON", "3", '{"name": "one"}', "[1, null]"])
def test_what_is_no_list_of_choices_offers_none(tmp_path: Path, answer: str) -> None:
    """The menu's own keys are there all the same."""
    flow = small(tmp_path, FLOW)
    session, turn = looked_up(flow, answer)
    assert said(turn) == ["main", "other"]
    assert press(flow, session, "9")[0].node == "bye"
    assert choices_of(answer) == ()


def test_choices_are_texts() -> None:
    """Whatever an effect put in."""
    assert json.loads(told([{"name": "حي", "key": "1"}])) == [{"name": "حي", "key": "1"}]


def test_a_question_is_passed_over_while_something_is_not_there(tmp_path: Path) -> None:
    """And put where it is, also to who has answered it before."""
    nodes = """
    main: {kind: menu, say: [main], options: {"1": {to: draft}, "2": {to: draft, set: {draft: a}}}}
    draft: {kind: menu, say: [read], skip_unless: [draft], skip_to: bye, options: {"1": {to: bye}}}
    bye: {kind: end, say: [bye]}
    """
    flow = small(tmp_path, nodes)
    assert press(flow, begin(flow, "c1")[0], "1")[0].node == "bye"
    assert press(flow, begin(flow, "c1")[0], "2")[0].node == "draft"


RESUMES = """
main: {kind: do, effect: look, resumes: true, outcomes: {found: first, none: bye}}
first: {kind: menu, say: [main], options: {"1": {to: second}}}
second: {kind: menu, say: [read], options: {"1": {to: bye}}}
bye: {kind: end, say: [bye]}
"""


def test_a_call_goes_on_at_the_question_that_an_effect_names(tmp_path: Path) -> None:
    """With the answers, and the way back, that it gives."""
    flow = small(tmp_path, RESUMES)
    session, _ = begin(flow, "c1")
    given = {RESUME: "second", TRAIL: "first,never,second", "code": "x"}
    session, turn = step(flow, session, Done("found", given))
    assert (session.node, said(turn), session.answers) == ("second", ["read"], {"code": "x"})
    assert press(flow, session, "*")[0].node == "first"


@pytest.mark.parametrize("node", ["never", "bye", "main", ""])
def test_where_that_is_no_question_of_this_flow_the_outcome_leads(
    tmp_path: Path, node: str
) -> None:
    """The flow may be another by now."""
    flow = small(tmp_path, RESUMES)
    session, _ = step(flow, begin(flow, "c1")[0], Done("found", {RESUME: node, "code": "x"}))
    assert (session.node, session.answers) == ("first", {"code": "x"})


def test_a_node_may_allow_more_wrong_entries(tmp_path: Path) -> None:
    """Silence gives up with the third all the same."""
    ask = "main: {kind: ask, say: [main], digits: [9, 9], store: a, tries: 5, next: bye}\n"
    flow = small(tmp_path, ask + "bye: {kind: end, say: [bye]}\n", HEAD)
    session, _ = begin(flow, "c1")
    session, _ = press(flow, session, *["12"] * 4)
    assert (session.node, session.nomatch) == ("main", 4)
    assert press(flow, session, "12")[0].node == "bye"
    for _ in range(3):
        session, _ = step(flow, session, NoInput())
    assert session.node == "bye"


def test_a_transfer_goes_to_whom_an_answer_names(tmp_path: Path) -> None:
    """And the call comes back from there as from any other; nobody named is an operator."""
    nodes = """
    main: {kind: menu, say: [main], options: {"1": {to: to, set: {who: "997"}}, "2": {to: to}}}
    to: {kind: transfer, target_from: who, unavailable: bye}
    bye: {kind: end, say: [bye]}
    """
    flow = small(tmp_path, nodes)
    session, turn = press(flow, begin(flow, "c1")[0], "1")
    assert (turn.action, session.transferred_to) == (Transfer("997"), "997")
    assert step(flow, session, Transferred("busy"))[0].node == "bye"
    assert press(flow, begin(flow, "c1")[0], "2")[1].action == Transfer("operators")
