"""How a call comes to a node, and stops at it with a turn: what is said there, and one action.

A step runs through nodes that need nothing from outside, gathering their prompts, and stops at the
first that must wait, act or end. What came of a turn is the engine's.
"""

from dataclasses import replace
from typing import Any

from ivr.changed import changed
from ivr.edges import target
from ivr.flow import Ask, Do, End, Flow, Menu, Node, RecordNode, SayNode, TransferNode
from ivr.session import Session
from ivr.turn import OPERATORS, Collect, HangUp, Perform, Prompt, Record, Transfer, Turn
from ivr.way import asked, passed_over, prompts_of, trail_at, without

QUEUE, LAST = "queue", "last"
"""The answer that screening gives for a caller whom the operators take after all others."""


class FlowError(Exception):
    """The flow and the session do not fit together: the flow was changed under a live call."""


def go(
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
    return enter(flow, session, name, said)


def enter(
    flow: Flow, session: Session, name: str, said: tuple[Prompt, ...], *, returning: bool = False
) -> tuple[Session, Turn]:
    """Come to the node `name` in the next turn; run on while nothing is needed from outside."""
    number = session.turn + 1
    while True:
        node = flow.nodes.get(name)
        if node is None:
            raise FlowError(f"flow {flow.name}: no node {name!r}")
        if passed_over(session, node, returning=returning):
            if isinstance(node, Do):
                session = without(session, node.clears)
            name = node.skip_to
            continue
        session = changed(
            session,
            node=name,
            noinput=0,
            nomatch=0,
            repeats=0,
            page=0,
            turn=number,
            trail=trail_at(session.trail, node),
            path=(*session.path, name),
            disposition=node.disposition or session.disposition,
        )
        said += prompts_of(session, node.intro) + asked(session, node)
        if not isinstance(node, SayNode):
            return stop_at(session, node, said)
        name, returning = node.next, False


def stop_at(session: Session, node: Node, said: tuple[Prompt, ...]) -> tuple[Session, Turn]:
    """Stop at `node`: what it makes of the turn that `session` has counted."""
    match node:
        case Menu() | Ask():
            most = node.max_digits if isinstance(node, Ask) else 1
            collect = Collect(most, timeout_ms=node.timeout_ms, interdigit_ms=node.interdigit_ms)
            return turned(session, said, collect)
        case RecordNode(max_seconds=seconds, notice=notice):
            whole = tuple(replace(prompt, whole=True) for prompt in prompts_of(session, notice))
            leads = "".join(key for key in node.keys if key != "#")
            return turned(session, said + whole, Record(seconds, leads))
        case Do(effect=effect):
            return turned(session, said, Perform(effect))
        case TransferNode():
            to = node.target or session.answers.get(node.target_from) or OPERATORS
            session = changed(session, transferred_to=to)
            last = to == OPERATORS and session.answers.get(QUEUE) == LAST
            return turned(session, said, Transfer(to, last))
        case End():
            return end(session, said)
        case _:
            raise FlowError(f"node {node.name}: unknown kind {type(node).__name__}")


def counted(session: Session, **changes: Any) -> Session:
    """The session in its next turn, with these fields."""
    return changed(session, turn=session.turn + 1, **changes)


def turned(
    session: Session,
    said: tuple[Prompt, ...],
    action: Collect | Record | Transfer | Perform | HangUp,
) -> tuple[Session, Turn]:
    """The turn that `session` has counted, with this to say and to do."""
    return session, Turn(session.turn, session.node, session.language, said, action)


def end(session: Session, said: tuple[Prompt, ...]) -> tuple[Session, Turn]:
    """The last turn of the call, which `session` has counted."""
    if not session.disposition:
        session = changed(session, disposition="completed")
    return turned(session, said, HangUp())
