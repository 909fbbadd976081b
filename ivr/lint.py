"""What is wrong with a flow before any caller meets it. Walks the same `edges` as the engine."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ivr.contract import Catalogues
from ivr.edges import edges
from ivr.flow import Do, End, Flow, Menu, Pick, RecordNode, SayNode, TransferNode, Waiting
from ivr.lint_answers import said_by, unset_answers
from ivr.lint_names import NodeFinding, unknown_names

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


def lint(
    flow: Flow, prompts: Placeholders, known: Catalogues, *, earlier: bool = False
) -> list[Finding]:
    """Every mistake in `flow`, in the order of the file. Empty when it is fit to answer calls.

    `prompts` is what the catalogue of prompts has, `known` what the others have. An `earlier` flow
    leads its last calls by the prompts of a later one: it may give more than they say.
    """
    findings = [*_targets(flow)]
    if not findings:  # the walks below need a graph that is whole
        findings = [
            *_unreachable(flow),
            *_no_way_out(flow),
            *_spinning(flow),
            *_sizes(flow),
            *_placed(flow, unset_answers(flow, known.effects)),
            *_unsent(flow),
        ]
    names = unknown_names(flow, known)
    findings += [*_prompts(flow, prompts, earlier), *_placed(flow, names), *_unannounced(flow)]
    return sorted(findings, key=_in_order)


def _placed(flow: Flow, found: Iterable[NodeFinding]) -> Iterator[Finding]:
    for node, rule, message in found:
        yield Finding(_at(flow, node), rule, message)


def _at(flow: Flow, node: str) -> str:
    return f"{flow.place(node)}: {node}"


def _in_order(found: Finding) -> tuple[str, int, str]:
    path, line, _ = found.where.rsplit(":", 2)
    return path, int(line), found.rule


def _targets(flow: Flow) -> Iterator[Finding]:
    unsent = [("unsent", left.to) for left in flow.unsent]
    unsent += [("unsent", name) for left in flow.unsent for name in left.asked]
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
        if bool(node.skip_if or node.skip_unless) != bool(node.skip_to):
            mend = "skip_if (or skip_unless) and skip_to go together"
            yield Finding(_at(flow, node.name), "half a skip", mend)


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


def _keys_of(node: Menu) -> tuple[str, ...]:
    """The keys that a menu offers, in the order in which they are told."""
    if not isinstance(node, Pick):
        return tuple(node.options)
    return (*node.picks, *node.further, *node.options)


def _sizes(flow: Flow) -> Iterator[Finding]:
    for name, node in flow.nodes.items():
        most = (node.most_options or MOST_OPTIONS) if isinstance(node, Menu) else 0
        if isinstance(node, Menu) and (count := len(_keys_of(node))) > most:
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


def _prompts(flow: Flow, prompts: Placeholders, earlier: bool) -> Iterator[Finding]:
    for name, node in flow.nodes.items():
        says = [(say.key, set(say.values)) for say in said_by(node)]
        if isinstance(node, Pick):
            says += [(say.key, set(say.values)) for say in (*node.each, *node.further_say)]
            twice = [key for key, times in Counter(_keys_of(node)).items() if times > 1]
            for key in twice:
                message = f"{key}: choices have 1 to {node.most}, and each key is one thing"
                yield Finding(_at(flow, name), "key used twice", message)
        if isinstance(node, Waiting):
            says += [(key, set()) for key in (*node.noinput, *node.nomatch)]
            for key in node.keys:
                if isinstance(node, Menu) and key in _keys_of(node):
                    mend = f'an option has it too; to give it up: keys: {{"{key}": ""}}'
                    yield Finding(_at(flow, name), "key used twice", f"{key}: {mend}")
        for language in flow.languages:
            known = prompts.get(language, {})
            for key, given in says:
                if key not in known:
                    yield Finding(_at(flow, name), "missing prompt", f"{key} in {language}")
                elif known[key] - given or (given - known[key] and not earlier):
                    wants = ", ".join(sorted(known[key])) or "none"
                    yield Finding(
                        _at(flow, name),
                        "placeholders",
                        f"prompt {key} in {language} has {wants}; the flow gives "
                        f"{', '.join(sorted(given)) or 'none'}",
                    )
