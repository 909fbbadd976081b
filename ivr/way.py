"""What a session tells of the way here: where back leads, what was earned, what is unsent, said."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from ivr.catalogue import NO_RECORDING, texts_of
from ivr.flow import LAST_ASKED, Flow, Menu, Node, Pick, Say
from ivr.pick import filled, offered, told_of
from ivr.session import Session
from ivr.turn import Prompt, Turn

LANGUAGE = "language"
"""The answer that names the language which the caller has chosen, in this call or before."""


def unsent(flow: Flow, session: Session) -> str:
    """The node at which a call that ends now leaves what it was given; empty when nothing is left.

    `step` with `HungUp` goes there, once a call; what is done is cleared, and leaves the next.
    """
    for left in flow.unsent:
        if all(given(session.answers, name) for name in left.answers):
            return "" if left.to in session.path else left.to
    return ""


def with_last_asked(flow: Flow, session: Session, left: str) -> Session:
    """The session, with the last of the questions that the unsent rule to `left` names."""
    asked = next((one.asked for one in flow.unsent if one.to == left), ())
    last = next((name for name in reversed(session.path) if name in asked), "")
    if not last:
        return session
    return replace(session, answers={**session.answers, LAST_ASKED: last})


def left_at_node(flow: Flow, session: Session) -> str:
    """Where the caller was last; what was done after their end is no place of theirs."""
    afterwards = [session.path.index(one.to) for one in flow.unsent if one.to in session.path]
    ended = min(afterwards, default=0)
    return session.path[ended - 1] if ended else session.node


def given(answers: Mapping[str, str], name: str) -> str:
    """The answer of this name; empty where there is none, or no recording was made for it."""
    answer = answers.get(name, "")
    return "" if answer == NO_RECORDING else answer


def earned(flow: Flow, session: Session) -> str:
    """The disposition that the way here has earned, without the transfer that failed."""
    nodes = (flow.nodes.get(name) for name in reversed(session.path))
    return next((node.disposition for node in nodes if node and node.disposition), "")


def without(session: Session, names: Collection[str]) -> Session:
    """The session, with these answers forgotten."""
    kept = {name: value for name, value in session.answers.items() if name not in names}
    return replace(session, answers=kept)


def trail_at(trail: tuple[str, ...], node: Node) -> tuple[str, ...]:
    """The menus on the way here. A menu met again cuts the trail back to itself."""
    if not isinstance(node, Menu):
        return trail
    if node.name in trail:
        return trail[: trail.index(node.name) + 1]
    return (*trail, node.name)


def menu_before(flow: Flow, session: Session, node: Node) -> str | None:
    """The menu to go back to: the last one on the trail whose question can still be put.

    A read-back whose answers were cleared since cannot be put, so it is passed over.
    """
    for name in reversed(session.trail):
        menu = flow.nodes.get(name)
        if menu is None or name == node.name:
            continue
        if isinstance(menu, Pick) and not offered(session, menu):
            continue
        if isinstance(menu, Menu) and not all(session.answers.get(name) for name in menu.needs):
            continue
        asked_by = (say for say in menu.say if not say.optional)
        if all(value in session.answers for say in asked_by for value in say.values):
            return name
    return None


def passed_over(session: Session, node: Node, *, returning: bool) -> bool:
    """Whether a caller who comes to `node` goes on at its `skip_to`.

    Who goes back wants the question, though it is answered; but it must be one that can be put.
    """
    if not node.skip_to:
        return False
    if node.skip_unless and not all(given(session.answers, name) for name in node.skip_unless):
        return True
    filled_in = bool(node.skip_if) and all(session.answers.get(name) for name in node.skip_if)
    return filled_in and not returning


def prompts_of(session: Session, says: tuple[Say, ...]) -> tuple[Prompt, ...]:
    """What is said, with the answers in it."""
    return filled(says, session.answers)


def asked(session: Session, node: Node) -> tuple[Prompt, ...]:
    """What `node` asks of a caller who has just come to it."""
    if isinstance(node, Pick):
        return (*prompts_of(session, node.say), *told_of(session, node))
    if isinstance(node, Menu) and node.name not in session.path[:-1]:
        return prompts_of(session, (*node.say, *node.first))
    return prompts_of(session, node.say)


def asked_in_full(session: Session, node: Node) -> tuple[Prompt, ...]:
    """What `node` asks of a caller who wants to hear it again."""
    if isinstance(node, Pick):
        return asked(session, node)
    more = node.more if isinstance(node, Menu) else ()
    return prompts_of(session, (*node.say, *more))


def in_each_language(flow: Flow, session: Session, turn: Turn) -> tuple[Session, Turn]:
    """The turn as a caller understands it who has chosen no language: each prompt in every one.

    Keys are heard again once the first of them has had its guarded beginning.
    """
    once = flow.said_once
    if once is None or LANGUAGE in session.answers:
        return session, turn
    said: list[Prompt] = []
    for prompt in turn.prompts:
        if prompt.key in once:
            said.append(prompt)
            continue
        for at, language in enumerate(_told_in(flow, prompt)):
            said.append(replace(prompt, language=language, guarded=prompt.guarded and at == 0))
    return session, replace(turn, prompts=tuple(said))


def _told_in(flow: Flow, prompt: Prompt) -> tuple[str, ...]:
    """The languages that `prompt` is said in; what is all text, in those that there are texts in.

    In any other it would be heard in one of these once more. There is always one.
    """
    texts = [texts_of(value) for value in prompt.values.values()]
    if not texts or not all(texts):
        return flow.languages
    there = tuple(code for code in flow.languages if all(code in told for told in texts))
    return there or flow.languages[:1]
