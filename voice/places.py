"""Where in a call a prompt is heard, found in the flow that says it."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ivr.edges import edges
from ivr.flow import Ask, Do, End, Flow, Menu, Node, RecordNode, Say, TransferNode, Waiting

_ORDINARY = ("key", "next", "outcome", "noinput")
"""Edges that callers take who make no mistake; a `noinput` edge is no error where there is one."""


@dataclass(frozen=True, slots=True)
class Place:
    """A prompt at a node: what the node is (`menu`, `digits`, …), and the way to it.

    `why` is `said` for what belongs to the node, else `silence`, `wrong key`, `notice`, `first`,
    `again`. `way` is what a caller presses on the shortest way there, `…` for an entry of digits;
    `verdict` is the start that it begins at, and `trouble` says that the way is no ordinary one.
    """

    node: str
    kind: str
    why: str
    way: tuple[str, ...] = ()
    verdict: str = "default"
    trouble: bool = False


def places_of(flows: Sequence[Flow]) -> Mapping[str, tuple[Place, ...]]:
    """Each place of each prompt's key, the nearest first: in the first of `flows` that says it."""
    found: dict[str, dict[Place, None]] = {}
    for flow in flows:
        ways, known = _ways(flow), frozenset(found)
        for name, node in flow.nodes.items():
            way, verdict, trouble = ways.get(name, ((), "", True))
            for why, key in _said(node):
                if key in known:
                    continue
                place = Place(name, _kind(node), why, way, verdict, trouble)
                found.setdefault(key, {})[place] = None
    return {
        key: tuple(
            sorted(places, key=lambda one: (one.trouble, one.verdict != "default", len(one.way)))
        )
        for key, places in found.items()
    }


def core_keys(flow: Flow, to: str) -> frozenset[str]:
    """What a caller hears who comes from the default start to the node `to`, and goes on there.

    First mistakes are with it: everybody makes one.
    """
    start = flow.starts["default"]
    ahead: dict[str, list[str]] = {}
    back: dict[str, list[str]] = {}
    for node in flow.nodes.values():
        for edge in edges(node):
            if edge.kind in ("key", "next", "skip", "outcome"):
                ahead.setdefault(edge.source, []).append(edge.target)
                back.setdefault(edge.target, []).append(edge.source)
    on_the_way = _reached(start, ahead) & _reached(to, back)
    names = on_the_way | set(_success(flow, to))
    keys = set()
    for name in names:
        for why, key in _said(flow.nodes[name]):
            if why not in ("silence 2", "wrong key 2"):
                keys.add(key)
    return frozenset(keys)


def _success(flow: Flow, name: str) -> Iterator[str]:
    """The nodes behind a node when all goes well, to the end of the call."""
    seen: set[str] = set()
    while name and name not in seen:
        seen.add(name)
        yield name
        node = flow.nodes[name]
        following = [edge.target for edge in edges(node) if edge.kind in ("outcome", "next")]
        if isinstance(node, Menu):
            following = [node.noinput_to] if node.noinput_to else []
        name = following[0] if following else ""


def _reached(start: str, ways: Mapping[str, list[str]]) -> set[str]:
    reached, waiting = {start}, [start]
    while waiting:
        for target in ways.get(waiting.pop(), ()):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached


def _ways(flow: Flow) -> Mapping[str, tuple[tuple[str, ...], str, bool]]:
    """The shortest ordinary way to each node; to the others the shortest there is."""
    starts = sorted(flow.starts.items(), key=lambda one: one[0] != "default")
    found: dict[str, tuple[tuple[str, ...], str, bool]] = {}
    for ordinary in (True, False):
        for verdict, start in starts:
            waiting: deque[tuple[str, tuple[str, ...], bool]] = deque([(start, (), False)])
            seen = {start}
            while waiting:
                name, way, trouble = waiting.popleft()
                found.setdefault(name, (way, verdict, trouble))
                for edge in edges(flow.nodes[name]):
                    odd = edge.kind not in _ORDINARY
                    if edge.target in seen or (ordinary and odd):
                        continue
                    seen.add(edge.target)
                    press = _press(flow.nodes[name], edge.kind, edge.label)
                    waiting.append((edge.target, (*way, *press), trouble or odd))
    return found


def _press(node: Node, kind: str, label: str) -> tuple[str, ...]:
    if kind == "key":
        return (label,)
    if isinstance(node, Ask) and kind in ("next", "outcome"):
        return ("…",)
    return ()


def _kind(node: Node) -> str:
    match node:
        case Menu():
            return "menu"
        case Ask():
            return "digits"
        case RecordNode():
            return "recording"
        case TransferNode():
            return "transfer"
        case End():
            return "end"
        case Do():
            return "effect"
        case _:
            return "said"


def _said(node: Node) -> Iterator[tuple[str, str]]:
    """Why, and the key of the prompt."""
    yield from _keys("said", (*node.intro, *node.say))
    if isinstance(node, Menu):
        yield from _keys("first", node.first)
        yield from _keys("again", node.more)
    if isinstance(node, RecordNode):
        yield from _keys("notice", node.notice)
    if isinstance(node, Waiting):
        for at, key in enumerate(node.noinput, start=1):
            yield f"silence {at}", key
        for at, key in enumerate(node.nomatch, start=1):
            yield f"wrong key {at}", key


def _keys(why: str, says: tuple[Say, ...]) -> Iterator[tuple[str, str]]:
    return ((why, say.key) for say in says)
