"""Whatever a caller does and whatever effects come to, the dialog ends, and ends well."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.engine import begin, step
from ivr.event import Digits, Event
from ivr.flow import Ask, Do
from ivr.session import Session, session_from_json, session_to_json
from ivr.turn import Collect, HangUp, Perform, Transfer, Turn
from tests.fixtures.dialog import FLOW, KNOWN
from tests.fixtures.outcomes import outcomes_of
from tests.fixtures.random_caller import MOST_TURNS, does

VERDICTS = st.sampled_from(["allow", "warn", "challenge", "low_priority", "voicemail", "block"])
HELD = frozenset({"challenge", "voicemail", "block"})
"""Verdicts whose callers are not led to an operator by `0` before they have come through."""
REMEMBERED = st.fixed_dictionaries(
    {},
    optional={
        "language": st.sampled_from(FLOW.languages),
        "draft": st.just('{"at": "location", "answers": {}}'),
        "announcement": st.just('{"ar": "أَمْطَارْ.", "en": "Rain."}'),
    },
)


@cache
def outcomes(name: str) -> st.SearchStrategy[Event]:
    """What may come of this node's effect, failures too: all that it names."""
    node = FLOW.nodes[name]
    assert isinstance(node, Do | Ask)
    return st.sampled_from(outcomes_of(node))


def end_of(data: st.DataObject) -> tuple[Session, Turn, str]:
    """One call, played to its end: every step through JSON; the verdict that it began with."""
    verdict, stays = data.draw(VERDICTS), data.draw(st.booleans())
    session, turn = begin(FLOW, "c1", verdict=verdict, answers={**KNOWN, **data.draw(REMEMBERED)})
    while not isinstance(turn.action, HangUp):
        assert turn.number < MOST_TURNS, session.path[-20:]
        if isinstance(turn.action, Perform):
            node = FLOW.nodes[session.node]
            assert isinstance(node, Do | Ask)
            event: Event = data.draw(outcomes(node.name))
        else:
            if isinstance(turn.action, Collect) and verdict not in HELD:
                assert way_to_a_human(session), session.node
            event = data.draw(does(turn, stays=stays))
        session = session_from_json(session_to_json(session))
        session, turn = step(FLOW, session, event)
    return session, turn, verdict


def way_to_a_human(session: Session) -> bool:
    """Whether `0` leads to an operator here, or to emergency help where that is what is asked."""
    if session.node in ("ask_contact", "complaint_contact"):  # 0 is the first digit of a number
        return True
    _, turn = step(FLOW, session, Digits("0"))
    return isinstance(turn.action, Transfer)


def ends_well(data: st.DataObject) -> None:
    """The call has a disposition, and leaves nothing undone that was given."""
    session, turn, _ = end_of(data)
    assert session.disposition
    assert turn.number <= MOST_TURNS


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_every_call_comes_to_its_end(data: st.DataObject) -> None:
    """Within 80 turns; nobody is ever at a question without a way to a human."""
    ends_well(data)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@settings(max_examples=50_000, deadline=None)
@given(st.data())
def test_every_call_comes_to_its_end_all_night(data: st.DataObject) -> None:
    """The same, a hundred times as often."""
    ends_well(data)


def test_who_plays_with_the_keys_for_ever_is_led_to_an_operator() -> None:
    """And where no operator answers, is called back: the call does not go on."""
    session, turn = begin(FLOW, "c1", answers={**KNOWN, "language": "ar"})
    while isinstance(turn.action, Collect):
        session, turn = step(FLOW, session, Digits("*" if session.node == "agencies" else "5"))
    assert (turn.action, turn.number) == (Transfer("operators"), FLOW.most_turns)


def test_a_held_caller_who_plays_with_the_keys_is_led_to_no_operator() -> None:
    """What holds them holds to the end."""
    session, turn = begin(FLOW, "c1", verdict="block", answers=KNOWN)
    while isinstance(turn.action, Collect):
        session, turn = step(FLOW, session, Digits("#"))
    assert isinstance(turn.action, HangUp)
    assert session.disposition == "blocked"
