"""An entry may be checked by an effect: its "no" is a wrong entry like any other."""

from pathlib import Path

import pytest

from ivr.contract import Catalogues, EffectContract, by_name
from ivr.engine import begin, step
from ivr.event import Digits, Done, NoInput
from ivr.flow import Flow
from ivr.lint import lint
from ivr.load import FlowFileError, load_flow
from ivr.session import Session
from ivr.turn import Collect, HangUp, Perform, Turn
from tests.fixtures.flows import HEAD, PROMPTS, small, small_flow

NODES = """\
main:
  kind: ask
  say: [main]
  digits: [2, 4]
  store: keyed
  check: find
  outcomes:
    found: told
    nobody: bye
told:
  kind: end
  say: [{read: [name]}]
bye:
  kind: end
  say: [bye]
"""
FIND = EffectContract("find", {"found": ("name",), "wrong": (), "nobody": ()}, needs=("keyed",))


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    """A question whose answer is looked up."""
    return small(tmp_path, NODES)


def keyed(flow: Flow, session: Session, digits: str, done: Done) -> tuple[Session, Turn]:
    """Key an entry, and let the check come to `done`."""
    session, turn = step(flow, session, Digits(digits))
    assert turn.action == Perform("find")
    return step(flow, session, done)


def test_what_is_found_leads_on_with_what_the_check_gave(flow: Flow) -> None:
    """The entry is kept beside it."""
    session, _ = begin(flow, "c1")
    session, turn = keyed(flow, session, "77", Done("found", {"name": "Noor"}))
    assert session.answers == {"keyed": "77", "name": "Noor"}
    assert [(one.key, dict(one.values)) for one in turn.prompts] == [("read", {"name": "Noor"})]


def test_a_no_is_asked_again_and_the_third_time_no_more(flow: Flow) -> None:
    """Whether the entry had the wrong form or was wrong; and a wrong one is not kept."""
    session, _ = begin(flow, "c1")
    session, turn = keyed(flow, session, "77", Done("wrong"))
    assert [one.key for one in turn.prompts] == ["nomatch", "main"]
    assert isinstance(turn.action, Collect)
    assert "keyed" not in session.answers
    session, turn = step(flow, session, Digits("1"))  # too short: nobody is asked
    assert isinstance(turn.action, Collect)
    session, turn = keyed(flow, session, "78", Done("wrong"))
    assert (session.node, turn.action) == ("bye", HangUp())


def test_silence_is_counted_apart_from_a_no(flow: Flow) -> None:
    """Two of each and the question is still put."""
    session, turn = begin(flow, "c1")
    for _ in range(2):
        session, turn = keyed(flow, session, "77", Done("wrong"))
        session, turn = step(flow, session, NoInput())
    assert isinstance(turn.action, Collect)


def test_any_other_outcome_leads_where_the_flow_says(flow: Flow) -> None:
    """As of an effect by itself."""
    session, _ = begin(flow, "c1")
    session, _ = keyed(flow, session, "77", Done("nobody"))
    assert (session.node, session.answers["keyed"]) == ("bye", "77")


def rules(flow: Flow, *effects: EffectContract) -> list[str]:
    """What the lint finds wrong in a flow where these effects are known."""
    return [one.rule for one in lint(flow, PROMPTS, Catalogues(effects=by_name(effects)))]


def test_the_lint_reads_a_check_as_it_reads_an_effect(flow: Flow, tmp_path: Path) -> None:
    """Its name, its outcomes, what it gives, and that it can say no at all."""
    assert rules(flow, FIND) == []
    assert rules(flow) == ["unknown effect", "unset answer"]
    never = EffectContract("find", {"found": ("name",), "nobody": ()}, needs=("keyed",))
    assert rules(flow, never) == ["unknown outcome"]
    more = EffectContract("find", {**FIND.gives, "busy": ()}, needs=("keyed",))
    assert rules(flow, more) == ["missing outcome"]
    less = EffectContract("find", {"found": (), "wrong": (), "nobody": ()}, needs=("keyed",))
    assert rules(flow, less) == ["unset answer"]
    needs = EffectContract("find", FIND.gives, needs=("keyed", "language"))
    assert rules(flow, needs) == ["unset answer"]


@pytest.mark.parametrize(
    "change",
    [
        ("  check: find\n", ""),
        ("  check: find\n", "  check: find\n  next: bye\n"),
        ("  outcomes:\n    found: told\n    nobody: bye\n", ""),
    ],
    ids=["outcomes alone", "next too", "check alone"],
)
def test_an_entry_leads_on_by_one_way(change: tuple[str, str], tmp_path: Path) -> None:
    """`next`, or a check with outcomes."""
    assert change[0] in NODES
    path = small_flow(tmp_path, NODES.replace(*change), HEAD)
    with pytest.raises(FlowFileError, match="give next, or check with outcomes"):
        load_flow(path)
