"""What is wrong with a flow before any caller meets it. Walks the same `edges` as the engine."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ivr.contract import Catalogues, EffectContract
from ivr.flow import (
    Ask,
    Do,
    Edge,
    End,
    Flow,
    Menu,
    Node,
    RecordNode,
    Say,
    SayNode,
    TransferNode,
    Waiting,
    edges,
)
from ivr.lint_names import NodeFinding, missing_needs, unknown_names

MOST_OPTIONS = 5
MOST_LEVELS = 3
TEDIOUS = "too long"
"""The rule of a way through the flow that asks more of a caller than its `limits` allow."""
UNSAID = "cannot be said"
"""The rule of a name or a ready announcement that a voice would say wrong: no call needs it."""
ADVICE = frozenset({"too many options", "too deep", "unreachable", TEDIOUS, UNSAID})

Placeholders = Mapping[str, Mapping[str, frozenset[str]]]
"""language → prompt key → names of the placeholders in its text."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: where, by which rule, and what to mend."""

    where: str
    rule: str
    message: str

    @property
    def loses_callers(self) -> bool:
        """Whether a call would go wrong by it; the rest is hard to use, or never used."""
        return self.rule not in ADVICE

    def __str__(self) -> str:
        return f"{self.where}: {self.rule}: {self.message}"


def lint(flow: Flow, prompts: Placeholders, known: Catalogues) -> list[Finding]:
    """Every mistake in `flow`, in the order of the file. Empty when it is fit to answer calls.

    `prompts` is what the catalogue of prompts has, `known` what the others have.
    """
    findings = [*_targets(flow)]
    if not findings:  # the walks below need a graph that is whole
        findings = [
            *_unreachable(flow),
            *_no_way_out(flow),
            *_spinning(flow),
            *_sizes(flow),
            *_unset_answers(flow, known.effects),
            *_unsent(flow),
        ]
    names = unknown_names(flow, known)
    findings += [*_prompts(flow, prompts), *_placed(flow, names), *_unannounced(flow)]
    return sorted(findings, key=lambda f: (_line_of(f.where), f.rule))


def _placed(flow: Flow, found: Iterable[NodeFinding]) -> Iterator[Finding]:
    for node, rule, message in found:
        yield Finding(_at(flow, node), rule, message)


def _at(flow: Flow, node: str) -> str:
    return f"{flow.path}:{flow.lines.get(node, 1)}: {node}"


def _line_of(where: str) -> int:
    return int(where.rsplit(":", 2)[1])


def _targets(flow: Flow) -> Iterator[Finding]:
    unsent = (("unsent", left.to) for left in flow.unsent)
    limits = (("limits", limit.to) for limit in flow.limits)
    for verdict, name in (*flow.starts.items(), ("root", flow.root), *unsent, *limits):
        if name not in flow.nodes:
            yield Finding(f"{flow.path}:1: {verdict}", "missing target", f"there is no node {name}")
    for node in flow.nodes.values():
        for edge in edges(node):
            if edge.target not in flow.nodes:
                label = f"{edge.kind} {edge.label}".strip()
                yield Finding(
                    _at(flow, node.name), "missing target", f"{label}: no node {edge.target}"
                )
        if bool(node.skip_if) != bool(node.skip_to):
            yield Finding(_at(flow, node.name), "half a skip", "skip_if and skip_to go together")


def _reachable(flow: Flow, starts: set[str]) -> set[str]:
    seen, queue = set(starts), deque(starts)
    while queue:
        for edge in edges(flow.nodes[queue.popleft()]):
            if edge.target not in seen:
                seen.add(edge.target)
                queue.append(edge.target)
    return seen


def _unreachable(flow: Flow) -> Iterator[Finding]:
    seen = _reachable(flow, {*flow.starts.values(), *(left.to for left in flow.unsent)})
    for name in flow.nodes:
        if name not in seen:
            yield Finding(_at(flow, name), "unreachable", "no call can come here")


def _no_way_out(flow: Flow) -> Iterator[Finding]:
    """Dead ends, and loops from which no key, silence or outcome ever ends the call."""
    for name, node in flow.nodes.items():
        if isinstance(node, End):
            continue
        if not any(True for _ in edges(node)):
            yield Finding(_at(flow, name), "dead end", "nothing leads on from here")
        elif not any(
            isinstance(flow.nodes[other], End | TransferNode) for other in _reachable(flow, {name})
        ):
            yield Finding(
                _at(flow, name), "endless loop", "the caller can reach no end and no operator"
            )


def _spinning(flow: Flow) -> Iterator[Finding]:
    """Loops in which nobody is listened to: the engine would never come to a stop."""
    quick = {
        name: [
            e.target
            for e in edges(node)
            if e.kind == "skip" or not isinstance(node, Waiting | End | TransferNode)
        ]
        for name, node in flow.nodes.items()
    }
    for name in flow.nodes:
        seen: set[str] = set()
        queue = deque(quick[name])
        while queue:
            other = queue.popleft()
            if other == name:
                yield Finding(_at(flow, name), "endless loop", "comes back here without listening")
                break
            if other not in seen:
                seen.add(other)
                queue.extend(quick[other])


def _sizes(flow: Flow) -> Iterator[Finding]:
    for name, node in flow.nodes.items():
        most = (node.most_options or MOST_OPTIONS) if isinstance(node, Menu) else 0
        if isinstance(node, Menu) and (count := len(node.options)) > most:
            yield Finding(_at(flow, name), "too many options", f"{count}; at most {most}")
    for name, level in _levels(flow).items():
        if level > MOST_LEVELS:
            yield Finding(_at(flow, name), "too deep", f"level {level}; at most {MOST_LEVELS}")


def _levels(flow: Flow) -> dict[str, int]:
    """The level of each menu of the tree below `root`; the questions of a form are no levels."""
    levels, queue = {flow.root: 1}, deque([flow.root])
    while queue:
        name = queue.popleft()
        node = flow.nodes[name]
        for option in node.options.values() if isinstance(node, Menu) else ():
            below = flow.nodes[option.to]
            if isinstance(below, Menu) and not below.form and below.name not in levels:
                levels[below.name] = levels[name] + 1
                queue.append(below.name)
    return levels


def _unsent(flow: Flow) -> Iterator[Finding]:
    """What is done when a call is over must come to its end without a caller."""
    for left in flow.unsent:
        for name in sorted(_reachable(flow, {left.to})):
            if not isinstance(flow.nodes[name], Do | SayNode | End):
                yield Finding(
                    _at(flow, name), "nobody there", f"{left.to} comes here after the call is over"
                )


def _unannounced(flow: Flow) -> Iterator[Finding]:
    """Who is recorded is told before (PDPL, article 13)."""
    for name, node in flow.nodes.items():
        if isinstance(node, RecordNode) and not node.notice:
            yield Finding(_at(flow, name), "no notice", "say why and how long under notice:")


def _said(node: Node) -> tuple[Say, ...]:
    """All that a node says, error messages apart."""
    notice = node.notice if isinstance(node, RecordNode) else ()
    more = (*node.first, *node.more) if isinstance(node, Menu) else ()
    return (*node.intro, *node.say, *more, *notice)


def _unset_answers(flow: Flow, effects: Mapping[str, EffectContract]) -> Iterator[Finding]:
    """Prompts and effects that would use an answer which some way to them has not given."""
    there = _answers_on_every_way(flow, effects)
    yield from _placed(flow, missing_needs(flow, effects, there))
    for name, node in flow.nodes.items():
        for say in _said(node):
            missing = set(say.values) - there.get(name, frozenset())
            for value in sorted(missing):
                yield Finding(
                    _at(flow, name), "unset answer", f"prompt {say.key}: {value} may not be there"
                )


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
        return answers | set(node.skip_if)
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
        # The first outcome is the one that succeeds.
        first = edge.label == next(iter(node.outcomes))
        return (answers - set(node.clears if first else ())) | set(given)
    return answers


def _prompts(flow: Flow, prompts: Placeholders) -> Iterator[Finding]:
    for name, node in flow.nodes.items():
        says = [(say.key, set(say.values)) for say in _said(node)]
        if isinstance(node, Waiting):
            says += [(key, set()) for key in (*node.noinput, *node.nomatch)]
            for key in node.keys:
                if isinstance(node, Menu) and key in node.options:
                    mend = f'an option has it too; to give it up: keys: {{"{key}": ""}}'
                    yield Finding(_at(flow, name), "key used twice", f"{key}: {mend}")
        for language in flow.languages:
            known = prompts.get(language, {})
            for key, given in says:
                if key not in known:
                    yield Finding(_at(flow, name), "missing prompt", f"{key} in {language}")
                elif known[key] != given:
                    wants = ", ".join(sorted(known[key])) or "none"
                    yield Finding(
                        _at(flow, name),
                        "placeholders",
                        f"prompt {key} in {language} has {wants}; the flow gives "
                        f"{', '.join(sorted(given)) or 'none'}",
                    )
