"""What a caller chose in the main menu, read from the path of the call.

A path has the nodes that a call came to. What was passed over is not in it: an option leads to its
node, or to one of those that the node is passed over to.
"""

from collections.abc import Iterator, Mapping, Sequence

from ivr.edges import edges
from ivr.flow import Flow


def chosen(flow: Flow, path: Sequence[str]) -> str:
    """The node that the main menu led to when it was left for the last time; "" when it never was.

    It is named as the menu names it, also where it was passed over. What follows a hang-up in the
    main menu is no choice of the caller's.
    """
    if flow.root not in path[:-1] or flow.root not in flow.nodes:
        return ""
    options = _options(flow)
    for at in range(len(path) - 2, -1, -1):
        if path[at] == flow.root and path[at + 1] in options:
            return options[path[at + 1]]
    return ""


def _options(flow: Flow) -> Mapping[str, str]:
    """What a path may have after the main menu → what the menu names it."""
    found: dict[str, str] = {}
    targets = dict.fromkeys(edge.target for edge in edges(flow.nodes[flow.root]))
    for target in targets:
        for name in _ways(flow, target):
            if name == target or name not in targets:
                found.setdefault(name, target)
    return found


def _ways(flow: Flow, name: str) -> Iterator[str]:
    """The node, and those that the call goes on at where it is passed over."""
    seen: set[str] = set()
    while name in flow.nodes and name not in seen:
        seen.add(name)
        yield name
        name = flow.nodes[name].skip_to
