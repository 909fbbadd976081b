"""Where a node can lead: the one account of it.

The engine takes its targets from the same `Edge` objects that the lint walks and the diagram draws,
so the three cannot disagree.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ivr.flow import (
    BACK,
    REPEAT,
    Ask,
    Do,
    Menu,
    Node,
    Pick,
    RecordNode,
    SayNode,
    TransferNode,
    Waiting,
)


class Edge(NamedTuple):
    """A way on.

    `kind` is key, pick, next, skip, silent, noinput, give_up, outcome or unavailable.
    """

    source: str
    target: str
    kind: str
    label: str = ""


def edges(node: Node) -> Iterator[Edge]:
    """Every way on from `node`, in the order a caller would meet them."""
    name = node.name
    if node.skip_to:
        without = (f"no {answer}" for answer in node.skip_unless)
        yield Edge(name, node.skip_to, "skip", " + ".join((*node.skip_if, *without)))
    if isinstance(node, Pick):
        yield Edge(name, node.next, "pick")
    if isinstance(node, Menu):
        for key, option in node.options.items():
            yield Edge(name, option.to, "key", key)
    if isinstance(node, Waiting):
        for key, target in node.keys.items():
            if target not in (REPEAT, BACK):
                yield Edge(name, target, "key", key)
        if node.noinput_to:
            yield Edge(name, node.noinput_to, "noinput")
        yield Edge(name, node.give_up, "give_up")
    if isinstance(node, Ask | RecordNode | SayNode) and node.next:
        yield Edge(name, node.next, "next")
    if isinstance(node, RecordNode):
        yield Edge(name, node.silent, "silent")
    if isinstance(node, RecordNode | TransferNode) and node.unavailable:
        yield Edge(name, node.unavailable, "unavailable")
    if isinstance(node, Ask | Do):
        for outcome, target in node.outcomes.items():
            yield Edge(name, target, "outcome", outcome)


def target(node: Node, kind: str, label: str) -> str | None:
    """Where `node` leads by the edge of this kind and label; None when it has no such edge."""
    for edge in edges(node):
        if edge.kind == kind and edge.label == label:
            return edge.target
    return None
