"""What a session tells of the way here: where back leads, what was earned, what is unsent, said."""

from collections.abc import Mapping

from ivr.flow import Flow, Menu, Node, Say
from ivr.session import Session
from ivr.turn import Prompt

NO_RECORDING = "none"
"""The answer that stands for "no recording": the question was asked and answered."""


def unsent(flow: Flow, session: Session) -> str:
    """The node at which a call that ends now leaves what it was given; empty when nothing is left.

    `step` with `HungUp` goes there, once a call.
    """
    for left in flow.unsent:
        if all(given(session.answers, name) for name in left.answers):
            return "" if left.to in session.path else left.to
    return ""


def given(answers: Mapping[str, str], name: str) -> str:
    """The answer of this name; empty where there is none, or no recording was made for it."""
    answer = answers.get(name, "")
    return "" if answer == NO_RECORDING else answer


def earned(flow: Flow, session: Session) -> str:
    """The disposition that the way here has earned, without the transfer that failed."""
    nodes = (flow.nodes.get(name) for name in reversed(session.path))
    return next((node.disposition for node in nodes if node and node.disposition), "")


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
        if all(value in session.answers for say in menu.say for value in say.values):
            return name
    return None


def prompts_of(session: Session, says: tuple[Say, ...]) -> tuple[Prompt, ...]:
    """What is said, with the answers in it."""
    return tuple(
        Prompt(say.key, {name: session.answers.get(name, "") for name in say.values})
        for say in says
    )
