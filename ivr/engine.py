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
  the caller asked for the question.
- A step runs through nodes that need nothing from outside, gathering their prompts, and stops at
  the first that must wait, act or end.
"""

from collections.abc import Mapping
from dataclasses import replace

from ivr.catalogue import NO_RECORDING
from ivr.event import Digits, Done, Event, HungUp, NoInput, Recorded, Speech, Transferred
from ivr.flow import (
    BACK,
    REPEAT,
    WRONG,
    Ask,
    Do,
    End,
    Flow,
    Menu,
    Node,
    RecordNode,
    SayNode,
    TransferNode,
    Waiting,
    target,
)
from ivr.session import Session
from ivr.turn import OPERATORS, Collect, HangUp, Perform, Prompt, Record, Transfer, Turn
from ivr.way import (
    LANGUAGE,
    asked,
    asked_in_full,
    earned,
    in_each_language,
    menu_before,
    prompts_of,
    trail_at,
    unsent,
)

TRIES = 3
MOST_REPEATS = 5
"""How often a question is said again when that is all that the caller asks for."""
TRANSFERRED = "transferred"
"""The disposition of a call that was put through and answered; waiting for that earns none."""
QUEUE, LAST = "queue", "last"
"""The answer that screening gives for a caller whom the operators take after all others."""
_ASCII_DIGITS = frozenset("0123456789")


class FlowError(Exception):
    """The flow and the session do not fit together: the flow was changed under a live call."""


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
    return in_each_language(flow, *_enter(flow, session, first, ()))


def step(flow: Flow, session: Session, event: Event) -> tuple[Session, Turn]:
    """Take `event` at the node where `session` stands.

    Raises FlowError when the session's node is not in the flow, or when an effect returns an
    outcome that its node does not name.
    """
    return in_each_language(flow, *_stepped(flow, session, event))


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
            return _special(flow, session, node, key) or _turn(session, node, ())
        case RecordNode(), Recorded():
            return _recorded(flow, session, node, event)
        case Waiting(), NoInput() | Digits(value=""):
            return _noinput(flow, session, node)
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
                return _end(replace(session, disposition=TRANSFERRED), ())
            session = replace(session, disposition=earned(flow, session), transferred_to="")
            return _go(flow, session, node, "unavailable")
        case Waiting(), _:
            return _nomatch(flow, session, node)
        case _:
            raise FlowError(f"node {node.name}: {type(event).__name__} cannot happen here")


def _go(
    flow: Flow,
    session: Session,
    node: Node,
    kind: str,
    label: str = "",
    said: tuple[Prompt, ...] = (),
) -> tuple[Session, Turn]:
    """Follow the edge of this kind and label."""
    name = target(node, kind, label)
    if name is None:
        raise FlowError(f"node {node.name}: no way on for {kind} {label!r}")
    return _enter(flow, session, name, said)


def _enter(
    flow: Flow, session: Session, name: str, said: tuple[Prompt, ...], *, returning: bool = False
) -> tuple[Session, Turn]:
    """Come to the node `name`; run on while nothing is needed from outside."""
    while True:
        node = flow.nodes.get(name)
        if node is None:
            raise FlowError(f"flow {flow.name}: no node {name!r}")
        if node.skip_to and not returning and all(session.answers.get(a) for a in node.skip_if):
            name = node.skip_to
            continue
        session = replace(
            session,
            node=name,
            noinput=0,
            nomatch=0,
            repeats=0,
            trail=trail_at(session.trail, node),
            path=(*session.path, name),
            disposition=node.disposition or session.disposition,
        )
        said += prompts_of(session, node.intro) + asked(session, node)
        if not isinstance(node, SayNode):
            return _turn(session, node, said)
        name, returning = node.next, False


def _turn(session: Session, node: Node, said: tuple[Prompt, ...]) -> tuple[Session, Turn]:
    """Stop at `node`: the turn that it makes, numbered."""
    match node:
        case Menu() | Ask():
            most = node.max_digits if isinstance(node, Ask) else 1
            collect = Collect(most, timeout_ms=node.timeout_ms, interdigit_ms=node.interdigit_ms)
            return _numbered(session, said, collect)
        case RecordNode(max_seconds=seconds, notice=notice):
            whole = tuple(replace(prompt, whole=True) for prompt in prompts_of(session, notice))
            leads = "".join(key for key in node.keys if key != "#")
            return _numbered(session, said + whole, Record(seconds, leads))
        case Do(effect=effect):
            return _numbered(session, said, Perform(effect))
        case TransferNode(target=to):
            session = replace(session, transferred_to=to)
            last = to == OPERATORS and session.answers.get(QUEUE) == LAST
            return _numbered(session, said, Transfer(to, last))
        case End():
            return _end(session, said)
        case _:
            raise FlowError(f"node {node.name}: unknown kind {type(node).__name__}")


def _numbered(
    session: Session,
    said: tuple[Prompt, ...],
    action: Collect | Record | Transfer | Perform | HangUp,
) -> tuple[Session, Turn]:
    session = replace(session, turn=session.turn + 1)
    return session, Turn(session.turn, session.node, session.language, said, action)


def _end(session: Session, said: tuple[Prompt, ...]) -> tuple[Session, Turn]:
    session = replace(session, disposition=session.disposition or "completed")
    return _numbered(session, said, HangUp())


def _hung_up(flow: Flow, session: Session) -> tuple[Session, Turn]:
    if session.disposition == TRANSFERRED:  # said before it was known, by an earlier release
        session = replace(session, disposition=earned(flow, session))
    session = replace(session, disposition=session.disposition or "abandoned")
    left = unsent(flow, session)
    return _enter(flow, session, left, ()) if left else _numbered(session, (), HangUp())


def _again(session: Session, node: Node, errors: tuple[Prompt, ...] = ()) -> tuple[Session, Turn]:
    """The node's question once more: after an error message, or all of it for who asks for that."""
    said = errors + prompts_of(session, node.say) if errors else asked_in_full(session, node)
    return _turn(session, node, said)


def _noinput(flow: Flow, session: Session, node: Waiting) -> tuple[Session, Turn]:
    if node.noinput_to:
        return _go(flow, session, node, "noinput")
    tries = session.noinput + 1
    if tries >= TRIES:
        return _go(flow, session, node, "give_up")
    session = replace(session, noinput=tries)
    return _again(session, node, _error(node.noinput, tries))


def _nomatch(flow: Flow, session: Session, node: Waiting) -> tuple[Session, Turn]:
    tries = session.nomatch + 1
    if tries >= TRIES:
        return _go(flow, session, node, "give_up")
    session = replace(session, nomatch=tries)
    return _again(session, node, _error(node.nomatch, tries))


def _error(messages: tuple[str, ...], tries: int) -> tuple[Prompt, ...]:
    key = messages[min(tries, len(messages)) - 1]
    return (Prompt(key, {}, guarded=True),)


def _special(flow: Flow, session: Session, node: Waiting, key: str) -> tuple[Session, Turn] | None:
    """What `0 * #` do at this node, or None when the key has no such meaning here."""
    meaning = node.keys.get(key)
    if meaning is None:
        return None
    if meaning not in (REPEAT, BACK):
        return _go(flow, session, node, "key", key)
    earlier = menu_before(flow, session, node) if meaning == BACK else None
    if earlier is not None:
        return _enter(flow, session, earlier, (), returning=True)
    if session.repeats >= MOST_REPEATS:
        return _go(flow, session, node, "give_up")
    return _again(replace(session, repeats=session.repeats + 1), node)


def _chosen(flow: Flow, session: Session, node: Menu, keys: str) -> tuple[Session, Turn]:
    option = node.options.get(keys)
    if option is None:
        return _special(flow, session, node, keys) or _nomatch(flow, session, node)
    answers = {name: value for name, value in session.answers.items() if name not in option.clear}
    session = replace(
        session,
        answers={**answers, **option.set},
    )
    if option.language:
        chosen = {**session.answers, LANGUAGE: option.language}
        session = replace(session, answers=chosen, language=option.language)
    return _go(flow, session, node, "key", keys)


def _entered(flow: Flow, session: Session, node: Ask, digits: str) -> tuple[Session, Turn]:
    special = _special(flow, session, node, digits) if len(digits) == 1 else None
    if special is not None:
        return special
    if not (node.min_digits <= len(digits) <= node.max_digits and _ASCII_DIGITS.issuperset(digits)):
        return _nomatch(flow, session, node)
    session = replace(session, answers={**session.answers, node.store: digits})
    if node.check:
        return _numbered(session, (), Perform(node.check))
    return _go(flow, session, node, "next")


def _checked(
    flow: Flow, session: Session, node: Ask, outcome: str, data: Mapping[str, str]
) -> tuple[Session, Turn]:
    answers = {**session.answers, **data}
    if outcome != WRONG:
        return _go(flow, replace(session, answers=answers), node, "outcome", outcome)
    del answers[node.store]
    return _nomatch(flow, replace(session, answers=answers), node)


def _recorded(
    flow: Flow, session: Session, node: RecordNode, made: Recorded
) -> tuple[Session, Turn]:
    if not made.reference:
        return _unrecorded(flow, session, node, "unavailable")
    length = str(made.duration_ms)
    answers = {**session.answers, node.store: made.reference, f"{node.store}_ms": length}
    session = replace(session, answers=answers)
    return _special(flow, session, node, made.key) or _go(flow, session, node, "next")


def _unrecorded(flow: Flow, session: Session, node: RecordNode, kind: str) -> tuple[Session, Turn]:
    session = replace(session, answers={**session.answers, node.store: NO_RECORDING})
    return _go(flow, session, node, kind)


def _done(
    flow: Flow, session: Session, node: Do, outcome: str, data: Mapping[str, str]
) -> tuple[Session, Turn]:
    cleared = node.clears if outcome == next(iter(node.outcomes), "") else ()
    kept = {name: value for name, value in session.answers.items() if name not in cleared}
    return _go(flow, replace(session, answers={**kept, **data}), node, "outcome", outcome)
