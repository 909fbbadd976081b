"""The engine: `step(flow, session, event) -> (session, turn)`. Pure; the same in, the same out.

The rules, in the words of VoiceXML 2.1's form interpretation:

- *noinput* (silence) and *nomatch* (a wrong key) are counted apart. The first and the second time
  the caller hears that node's message and the question again; the third time the node gives up.
- `0 * #` mean operator, back and again wherever the node's `keys` say so. Who asks for the same
  question again without end is led on as after a third wrong key.
- Before a recording any key skips what may be skipped, the notice never. What was said before a key
  led away, or the caller hung up, is kept.
- A call that ends leaves nothing undone: `unsent` of the flow names what, with which answers.
- Until a caller has chosen a language, all is said in each (but for `said_once` of the flow).
- A menu says its `first` to who comes there first, and its `more` to who asks to hear it again.
- A node with `skip_if` is passed over while all those answers are there. Going back ignores that:
  the caller asked for the question. One with `skip_unless` is while one of those is not there.
- A call that goes on and on is led to a human: from turn `most_turns` on every question gives up.
- A `pick` is a menu whose choices are data (`ivr.pick`); what is picked becomes answers.
- A step runs through nodes that need nothing from outside, gathering their prompts, and stops at
  the first that must wait, act or end.
"""

from collections.abc import Mapping

from ivr.catalogue import NO_RECORDING
from ivr.changed import changed
from ivr.coming import FlowError, counted, end, enter, go, stop_at, turned
from ivr.event import Digits, Done, Event, HungUp, NoInput, Recorded, Speech, Transferred
from ivr.flow import (
    BACK,
    REPEAT,
    TRIES,
    WRONG,
    Ask,
    Do,
    Flow,
    Menu,
    Node,
    Pick,
    RecordNode,
    TransferNode,
    Waiting,
)
from ivr.pick import RESUME, TRAIL, has_further, next_page, offered, told_of
from ivr.session import Session
from ivr.turn import Collect, HangUp, Perform, Prompt, Record, Turn
from ivr.way import (
    LANGUAGE,
    asked,
    asked_in_full,
    earned,
    in_each_language,
    menu_before,
    prompts_of,
    unsent,
    with_last_asked,
)

__all__ = ["FlowError", "begin", "step"]

MOST_REPEATS = 5
"""How often a question is said again when that is all that the caller asks for."""
TRANSFERRED = "transferred"
"""The disposition of a call that was put through and answered; waiting for that earns none."""
_ASCII_DIGITS = frozenset("0123456789")


def begin(
    flow: Flow, call_id: str, *, verdict: str = "allow", answers: Mapping[str, str] | None = None
) -> tuple[Session, Turn]:
    """Open a conversation at the node that the flow has for this verdict.

    It is in the language that `answers` name, where the flow has it.
    """
    known = dict(answers or {})
    if known.get(LANGUAGE) not in flow.languages:
        known.pop(LANGUAGE, None)
    session = Session(
        call_id=call_id,
        flow=flow.name,
        flow_version=flow.version,
        node="",
        language=known.get(LANGUAGE, flow.language),
        answers=known,
    )
    first = flow.starts.get(verdict, flow.starts["default"])
    return in_each_language(flow, *enter(flow, session, first, ()))


def step(flow: Flow, session: Session, event: Event) -> tuple[Session, Turn]:
    """Take `event` at the node where `session` stands.

    Raises FlowError when the session's node is not in the flow, or when an effect returns an
    outcome that its node does not name.
    """
    return in_each_language(flow, *_in_time(flow, *_stepped(flow, session, event)))


def _in_time(flow: Flow, session: Session, turn: Turn) -> tuple[Session, Turn]:
    """The turn; or, in a call that has had too many, where its question and all others give up."""
    asked = set[str]()
    while turn.number >= flow.most_turns and isinstance(turn.action, Collect | Record):
        if session.node in asked:
            raise FlowError(f"flow {flow.name}: giving up at {session.node} leads back to it")
        asked.add(session.node)
        unasked = changed(session, turn=session.turn - 1)
        session, turn = go(flow, unasked, flow.nodes[session.node], "give_up")
    return session, turn


def _stepped(flow: Flow, session: Session, event: Event) -> tuple[Session, Turn]:
    if isinstance(event, HungUp):
        return _hung_up(flow, session)
    node = flow.nodes.get(session.node)
    if node is None:
        raise FlowError(
            f"flow {flow.name}: no node {session.node!r} (begun with v{session.flow_version})"
        )
    match node, event:
        case RecordNode(), NoInput() | Digits(value=""):
            return _unrecorded(flow, session, node, "silent")
        case RecordNode(), Digits(value=key):
            return _special(flow, session, node, key) or stop_at(counted(session), node, ())
        case RecordNode(), Recorded():
            return _recorded(flow, session, node, event)
        case Waiting(), NoInput() | Digits(value=""):
            return _noinput(flow, session, node)
        case Pick(), Digits(value=keys) | Speech(text=keys):
            return _picked(flow, session, node, keys)
        case Menu(), Digits(value=keys) | Speech(text=keys):
            return _chosen(flow, session, node, keys)
        case Ask(), Digits(value=digits):
            return _entered(flow, session, node, digits)
        case Ask(check=check), Done(outcome=outcome, data=data) if check:
            return _checked(flow, session, node, outcome, data)
        case Do(), Done(outcome=outcome, data=data):
            return _done(flow, session, node, outcome, data)
        case TransferNode(), Transferred(result=result):
            if result == "answered":
                return end(counted(session, disposition=TRANSFERRED), ())
            session = changed(session, disposition=earned(flow, session), transferred_to="")
            return go(flow, session, node, "unavailable")
        case Waiting(), _:
            return _nomatch(flow, session, node)
        case _:
            raise FlowError(f"node {node.name}: {type(event).__name__} cannot happen here")


def _hung_up(flow: Flow, session: Session) -> tuple[Session, Turn]:
    if session.disposition == TRANSFERRED:  # said before it was known, by an earlier release
        session = changed(session, disposition=earned(flow, session))
    session = changed(session, disposition=session.disposition or "abandoned")
    left = unsent(flow, session)
    if not left:
        return turned(counted(session), (), HangUp())
    return enter(flow, with_last_asked(flow, session, left), left, ())


def _again(session: Session, node: Node, errors: tuple[Prompt, ...] = ()) -> tuple[Session, Turn]:
    """The node's question once more: after an error message, or all of it for who asks for that.

    `session` has counted the turn.
    """
    again = asked if isinstance(node, Pick) else _asked_shortly
    said = errors + again(session, node) if errors else asked_in_full(session, node)
    return stop_at(session, node, said)


def _asked_shortly(session: Session, node: Node) -> tuple[Prompt, ...]:
    return prompts_of(session, node.say)


def _noinput(flow: Flow, session: Session, node: Waiting) -> tuple[Session, Turn]:
    if node.noinput_to:
        return go(flow, session, node, "noinput")
    tries = session.noinput + 1
    if tries >= TRIES:
        return go(flow, session, node, "give_up")
    return _again(counted(session, noinput=tries), node, _error(node.noinput, tries))


def _nomatch(flow: Flow, session: Session, node: Waiting) -> tuple[Session, Turn]:
    tries = session.nomatch + 1
    if tries >= node.tries:
        return go(flow, session, node, "give_up")
    return _again(counted(session, nomatch=tries), node, _error(node.nomatch, tries))


def _error(messages: tuple[str, ...], tries: int) -> tuple[Prompt, ...]:
    key = messages[min(tries, len(messages)) - 1]
    return (Prompt(key, {}, guarded=True),)


def _special(flow: Flow, session: Session, node: Waiting, key: str) -> tuple[Session, Turn] | None:
    """What `0 * #` do at this node, or None when the key has no such meaning here."""
    meaning = node.keys.get(key)
    if meaning is None:
        return None
    if meaning not in (REPEAT, BACK):
        return go(flow, session, node, "key", key)
    earlier = menu_before(flow, session, node) if meaning == BACK else None
    if earlier is not None:
        return enter(flow, session, earlier, (), returning=True)
    if session.repeats >= MOST_REPEATS:
        return go(flow, session, node, "give_up")
    return _again(counted(session, repeats=session.repeats + 1), node)


def _picked(flow: Flow, session: Session, node: Pick, keys: str) -> tuple[Session, Turn]:
    choice = offered(session, node).get(keys)
    if choice is not None:
        session = changed(session, answers={**session.answers, **choice})
        return go(flow, session, node, "pick")
    if keys == node.further and has_further(session, node):
        session = counted(session, page=next_page(session, node))
        return stop_at(session, node, told_of(session, node))
    return _chosen(flow, session, node, keys)


def _chosen(flow: Flow, session: Session, node: Menu, keys: str) -> tuple[Session, Turn]:
    option = node.options.get(keys)
    if option is None:
        return _special(flow, session, node, keys) or _nomatch(flow, session, node)
    answers = {name: value for name, value in session.answers.items() if name not in option.clear}
    answers |= option.set
    if option.language:
        answers[LANGUAGE] = option.language
    session = changed(session, answers=answers, language=option.language or session.language)
    return go(flow, session, node, "key", keys)


def _entered(flow: Flow, session: Session, node: Ask, digits: str) -> tuple[Session, Turn]:
    special = _special(flow, session, node, digits) if len(digits) == 1 else None
    if special is not None:
        return special
    if not (node.min_digits <= len(digits) <= node.max_digits and _ASCII_DIGITS.issuperset(digits)):
        return _nomatch(flow, session, node)
    session = changed(session, answers={**session.answers, node.store: digits})
    if node.check:
        return turned(counted(session), (), Perform(node.check))
    return go(flow, session, node, "next")


def _checked(
    flow: Flow, session: Session, node: Ask, outcome: str, data: Mapping[str, str]
) -> tuple[Session, Turn]:
    answers = {**session.answers, **data}
    if outcome != WRONG:
        return go(flow, changed(session, answers=answers), node, "outcome", outcome)
    del answers[node.store]
    return _nomatch(flow, changed(session, answers=answers), node)


def _recorded(
    flow: Flow, session: Session, node: RecordNode, made: Recorded
) -> tuple[Session, Turn]:
    if not made.reference:
        return _unrecorded(flow, session, node, "unavailable")
    length = str(made.duration_ms)
    answers = {**session.answers, node.store: made.reference, f"{node.store}_ms": length}
    session = changed(session, answers=answers)
    return _special(flow, session, node, made.key) or go(flow, session, node, "next")


def _unrecorded(flow: Flow, session: Session, node: RecordNode, kind: str) -> tuple[Session, Turn]:
    session = changed(session, answers={**session.answers, node.store: NO_RECORDING})
    return go(flow, session, node, kind)


def _done(
    flow: Flow, session: Session, node: Do, outcome: str, data: Mapping[str, str]
) -> tuple[Session, Turn]:
    cleared = node.clears_with(outcome)
    kept = {name: value for name, value in session.answers.items() if name not in cleared}
    if node.resumes and RESUME in data:
        return _resumed(flow, changed(session, answers=kept), node, outcome, data)
    return go(flow, changed(session, answers={**kept, **data}), node, "outcome", outcome)


def _resumed(
    flow: Flow, session: Session, node: Do, outcome: str, data: Mapping[str, str]
) -> tuple[Session, Turn]:
    """Go on at the question that an effect has named, as if its caller had just come there."""
    given = {name: value for name, value in data.items() if name not in (RESUME, TRAIL)}
    session = changed(session, answers={**session.answers, **given})
    if not isinstance(flow.nodes.get(data[RESUME]), Waiting):
        return go(flow, session, node, "outcome", outcome)
    menus = data.get(TRAIL, "").split(",")
    known = [name for name in menus if isinstance(flow.nodes.get(name), Menu)]
    session = changed(session, trail=tuple(dict.fromkeys((*session.trail, *known))))
    return enter(flow, session, data[RESUME], ())
