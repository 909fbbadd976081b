"""The flow as a Mermaid flowchart, drawn from the same `edges` that the engine walks."""

from collections.abc import Mapping
from itertools import groupby
from types import MappingProxyType

from ivr.edges import Edge, edges
from ivr.flow import Ask, Do, End, Flow, Menu, Node, Pick, RecordNode, TransferNode

_SHAPES: tuple[tuple[type[Node], str, str], ...] = (
    (Menu, "{{", "}}"),
    (Ask, "[/", "/]"),
    (RecordNode, "[(", ")]"),
    (Do, "[[", "]]"),
    (TransferNode, "([", "])"),
    (End, "((", "))"),
)
_NO_FIGURES: Mapping[str, str] = MappingProxyType({})


def mermaid(flow: Flow, figures: Mapping[str, str] = _NO_FIGURES) -> str:
    """`flowchart TD` text. Giving up (the third error) is left out: it is the same everywhere.

    What `figures` say of a node stands under its name.
    """
    lines = ["flowchart TD", '  call(["a call"])']
    for verdict, name in flow.starts.items():
        lines.append(f"  call -->|{verdict}| n_{name}")
    if flow.unsent:
        lines.append('  over(["the call is over"])')
    for left_behind in flow.unsent:
        lines.append(f"  over -->|{' + '.join(left_behind.answers)}| n_{left_behind.to}")
    for name, node in flow.nodes.items():
        left, right = next(((a, b) for kind, a, b in _SHAPES if isinstance(node, kind)), ("[", "]"))
        title = f"{name}: {node.of}" if isinstance(node, Pick) else name
        title += f"<br/>{figures[name]}" if figures.get(name) else ""
        lines.append(f'  n_{name}{left}"{title}"{right}')
        shown = [edge for edge in edges(node) if edge.kind != "give_up" and edge.label != "0"]
        shown.sort(key=lambda edge: edge.target)
        for target, group in groupby(shown, key=lambda edge: edge.target):
            labels = ", ".join(dict.fromkeys(_label(edge) for edge in group))
            arrow = f"-->|{labels}|" if labels else "-->"
            lines.append(f"  n_{name} {arrow} n_{target}")
    return "\n".join(lines) + "\n"


def _label(edge: Edge) -> str:
    if edge.kind == "pick":
        return "one of them"
    if edge.kind == "key":
        return edge.label.replace("#", "#35;")
    return edge.label or ("" if edge.kind == "next" else edge.kind)
