"""The engine under any caller whatsoever: thousands of calls that no one would think of."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.engine import FlowError, begin, step
from ivr.event import (
    Digits,
    Done,
    Event,
    HungUp,
    NoInput,
    Recorded,
    Speech,
    Transferred,
)
from ivr.flow import BACK, REPEAT, Ask, Do, End, Menu, Node, Pick, RecordNode, TransferNode
from ivr.session import Session, session_from_json, session_to_json
from ivr.turn import (
    Collect,
    HangUp,
    Perform,
    Record,
    Transfer,
    Turn,
    turn_from_dict,
    turn_to_dict,
)
from tests.fixtures.dialog import FLOW, KNOWN, OPENED
from tests.fixtures.outcomes import outcomes_of

_PRESSED = st.sampled_from([*"123456789*#0", "7421", "23218", "", "00", "٥", "²", "-1", "*#ABCD"])
_ANYTHING: st.SearchStrategy[Event] = st.one_of(
    st.builds(Digits, _PRESSED | st.text(max_size=40)),
    st.builds(Speech, st.text(max_size=20)),
    st.just(NoInput()),
    st.builds(Recorded, st.sampled_from(["", "c1-4"]), st.integers(0, 60_000)),
    st.sampled_from([OPENED, Done("failed"), Done("wrong"), Done("never heard of")]),
    st.builds(Transferred, st.sampled_from(["answered", "busy", "no_answer", "unavailable"])),
    st.just(HungUp()),
)
_ACTION_OF: dict[type[Node], type] = {
    Menu: Collect,
    Pick: Collect,
    Ask: Collect,
    RecordNode: Record,
    Do: Perform,
    TransferNode: Transfer,
    End: HangUp,
}
_VERDICTS = st.sampled_from(["allow", "warn", "challenge", "low_priority", "voicemail", "block"])


def _fits(node: Node) -> st.SearchStrategy[Event]:
    """Events that a driver may truly send at this node."""
    match node:
        case RecordNode():
            recorded = st.builds(Recorded, st.sampled_from(["", "c1-4"]), st.integers(0, 60_000))
            return recorded | st.just(NoInput())
        case Do():
            return st.sampled_from(outcomes_of(node))
        case TransferNode():
            return st.builds(Transferred, st.sampled_from(["busy", "no_answer", "unavailable"]))
        case _:
            return st.builds(Digits, _PRESSED) | st.just(NoInput())


def _whole(session: Session, turn: Turn) -> None:
    """What must hold after every step."""
    assert session_from_json(session_to_json(session)) == session
    assert turn_from_dict(turn_to_dict(turn)) == turn
    assert turn.number == session.turn
    assert session.node in FLOW.nodes
    assert turn.language in FLOW.languages
    assert len(session.trail) == len(set(session.trail))


@settings(max_examples=400, deadline=None)
@given(_VERDICTS, st.lists(_ANYTHING, max_size=40))
def test_no_event_is_too_strange(verdict: str, events: list[Event]) -> None:
    """Any event at any node gives a turn with one action, or FlowError and no new turn."""
    session, turn = begin(FLOW, "c1", verdict=verdict, answers=KNOWN)
    _whole(session, turn)
    for event in events:
        try:
            session, turn = step(FLOW, session, event)
        except FlowError:
            continue
        _whole(session, turn)


@settings(max_examples=400, deadline=None)
@given(_VERDICTS, st.data())
def test_a_turn_does_what_its_node_is_for(verdict: str, data: st.DataObject) -> None:
    """The action of a turn is the one of the node where the session stands; none raises."""
    session, turn = begin(FLOW, "c1", verdict=verdict, answers=KNOWN)
    for number in range(2, 30):
        node = FLOW.nodes[session.node]
        if isinstance(node, End):
            assert isinstance(turn.action, HangUp)
            assert session.disposition
            return
        asks = isinstance(node, Ask) and isinstance(turn.action, Perform)
        assert asks or isinstance(turn.action, _ACTION_OF[type(node)])
        came = _fits(node)
        if asks:
            assert isinstance(node, Ask)
            came = st.sampled_from(outcomes_of(node))
        session, turn = step(FLOW, session, data.draw(came))
        _whole(session, turn)
        assert turn.number == number


def _settled(session: Session, turn: Turn) -> tuple[Session, Turn]:
    """Where the caller stands once every effect has come to its first outcome."""
    while isinstance(turn.action, Perform):
        node = FLOW.nodes[session.node]
        assert isinstance(node, Do | Ask)
        session, turn = step(FLOW, session, outcomes_of(node)[0])
    return session, turn


@settings(max_examples=300, deadline=None)
@given(st.data(), st.integers(0, 40))
def test_every_caller_can_reach_a_human(data: st.DataObject, steps: int) -> None:
    """From wherever a caller stands, `0` leads to the operators, and silence comes to an end.

    It leads to them too, or to goodbye: from operators that did not answer, and where the call has
    come to what it was for.
    """
    session, turn = begin(FLOW, "c1", answers=KNOWN)
    for _ in range(steps):
        session, turn = _settled(session, turn)
        if isinstance(turn.action, HangUp | Transfer):
            return
        node = FLOW.nodes[session.node]
        session, turn = step(FLOW, session, data.draw(_fits(node)))
    session, turn = _settled(session, turn)
    if isinstance(turn.action, HangUp | Transfer):
        return
    if not isinstance(turn.action, Record):
        _, zero = step(FLOW, session, Digits("0"))
        assert zero.action == Transfer("operators") or session.node.endswith("_contact")
    for _ in range(30):
        if isinstance(turn.action, HangUp | Transfer):
            break
        session, turn = _settled(*step(FLOW, session, NoInput()))
    assert session.node in ("operator", "silent_goodbye", "goodbye")


def test_every_key_of_every_menu_leads_somewhere() -> None:
    """No key that the flow offers raises, from a session that stands at its menu."""
    start, _ = begin(FLOW, "c1", answers=KNOWN)
    tried = 0
    for node in FLOW.nodes.values():
        if not isinstance(node, Menu):
            continue
        for key in (*node.options, *node.keys):
            fields = {name: getattr(start, name) for name in start.__slots__}
            session, turn = step(FLOW, Session(**{**fields, "node": node.name}), Digits(key))
            _whole(session, turn)
            came_back = session.path[-1] == node.name != session.path[-2]
            assert node.keys.get(key) in (REPEAT, BACK) or session.node != node.name or came_back
            tried += 1
    assert tried > 80
