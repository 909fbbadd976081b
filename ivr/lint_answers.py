"""Whether all that a flow says and asks for is there on every way to where it is needed."""

from collections import deque
from collections.abc import Iterator, Mapping, Set

from ivr.contract import EffectContract, fields_of
from ivr.edges import Edge, edges
from ivr.flow import Ask, Do, Flow, Menu, Node, Pick, RecordNode, Say
from ivr.lint_names import NodeFinding, missing_needs
from ivr.pick import KEY


def said_by(node: Node) -> tuple[Say, ...]:
    """All that a node says, error messages apart."""
    notice = node.notice if isinstance(node, RecordNode) else ()
    more = (*node.first, *node.more) if isinstance(node, Menu) else ()
    more += node.then if isinstance(node, Pick) else ()
    return (*node.intro, *node.say, *more, *notice)


def _told_of(node: Node, effects: Mapping[str, EffectContract]) -> Iterator[tuple[Say, set[str]]]:
    """What a pick says of its choices, and the values that are there besides the answers."""
    if isinstance(node, Pick):
        fields = fields_of(effects.values(), node.of) or frozenset()
        yield from ((say, {KEY, *fields}) for say in node.each)
        yield from ((say, {KEY}) for say in node.further_say)


def unset_answers(flow: Flow, effects: Mapping[str, EffectContract]) -> Iterator[NodeFinding]:
    """Prompts and effects that would use an answer which some way to them has not given."""
    there = _answers_on_every_way(flow, effects)
    yield from missing_needs(flow, effects, there)
    for name, node in flow.nodes.items():
        known = there.get(name, frozenset()) | set(node.skip_unless)
        if isinstance(node, Pick):
            yield from _choices(node, known, effects)
        said = [(say, set[str]()) for say in said_by(node)]
        for say, besides in (*said, *_told_of(node, effects)):
            missing = set() if say.optional else set(say.values) - known - besides
            for value in sorted(missing):
                yield (name, "unset answer", f"prompt {say.key}: {value} may not be there")


def _choices(
    node: Pick, known: Set[str], effects: Mapping[str, EffectContract]
) -> Iterator[NodeFinding]:
    """Whether somebody has found what a pick offers, on every way to it."""
    if fields_of(effects.values(), node.of) is None:
        message = f"no effect finds choices named {node.of}"
        yield (node.name, "unknown answer", message)
    elif node.of not in known:
        yield (node.name, "unset answer", f"of: {node.of} may not be there")


def _answers_on_every_way(
    flow: Flow, effects: Mapping[str, EffectContract]
) -> dict[str, frozenset[str]]:
    """For each node, the answers that are there on every way to it (a forward must-analysis)."""
    there = {start: frozenset(flow.given) for start in flow.starts.values()}
    for left in flow.unsent:
        there[left.to] = frozenset((*flow.given, *left.answers))
    queue = deque(there)
    while queue:
        node = flow.nodes[queue.popleft()]
        for edge in edges(node):
            after = _after(node, edge, there[node.name], effects)
            before = there.get(edge.target)
            merged = after if before is None else before & after
            if merged != before:
                there[edge.target] = merged
                queue.append(edge.target)
    return there


def _after(
    node: Node, edge: Edge, answers: frozenset[str], effects: Mapping[str, EffectContract]
) -> frozenset[str]:
    if edge.kind == "skip":
        cleared = set(node.clears) if isinstance(node, Do) else set[str]()
        return (answers | set(() if node.skip_unless else node.skip_if)) - cleared
    answers |= set(node.skip_unless)
    if edge.kind == "pick" and isinstance(node, Pick):
        return answers | (fields_of(effects.values(), node.of) or frozenset())
    if isinstance(node, Menu) and edge.kind == "key" and edge.label in node.options:
        option = node.options[edge.label]
        return (answers - set(option.clear)) | set(option.set)
    if isinstance(node, Ask | RecordNode) and edge.kind in ("next", "silent", "unavailable"):
        return answers | {node.store}
    if isinstance(node, Ask) and edge.kind == "outcome":
        checked = effects.get(node.check)
        return answers | {node.store} | set(checked.gives.get(edge.label, ()) if checked else ())
    if isinstance(node, Do) and edge.kind == "outcome":
        contract = effects.get(node.effect)
        given = contract.gives.get(edge.label, ()) if contract else node.stores
        return (answers - set(node.clears_with(edge.label))) | set(given)
    return answers
