"""Whether every name in a flow is one that its catalogue has."""

import difflib
from collections.abc import Iterable, Iterator, Mapping

from ivr.contract import Catalogues, EffectContract
from ivr.flow import WRONG, Ask, Do, Flow, Menu, TransferNode

NodeFinding = tuple[str, str, str]
"""Node, rule, message."""


def unknown_names(flow: Flow, known: Catalogues) -> Iterator[NodeFinding]:
    """Effects and their outcomes, codes that are set, targets, verdicts."""
    if known.verdicts is not None:
        for verdict in flow.starts:
            if verdict not in known.verdicts | {"default"}:
                message = f"{verdict} under starts:{_near(verdict, known.verdicts)}"
                yield flow.starts[verdict], "unknown verdict", message
    for name, node in flow.nodes.items():
        if isinstance(node, Do):
            yield from _effect(name, node.effect, node.outcomes, known.effects)
            yield from _stored(name, node, known.effects)
        elif isinstance(node, Ask) and node.check:
            again = {**node.outcomes, WRONG: name}
            yield from _effect(name, node.check, again, known.effects)
        elif isinstance(node, Menu):
            yield from _codes(name, node, known.values)
        elif isinstance(node, TransferNode):
            yield from _targets(flow, node, known.targets)


def _targets(
    flow: Flow, node: TransferNode, known: Mapping[str, frozenset[str]]
) -> Iterator[NodeFinding]:
    """A transfer to somebody whom a place does not know: told where it is said to whom."""
    said = [(node.name, node.target)] if node.target else _given(flow, node.target_from)
    for name, target in said:
        for where, targets in known.items():
            if target not in targets:
                message = f"{where} does not have {target}{_near(target, targets)}"
                yield name, "unknown target", message


def _given(flow: Flow, answer: str) -> Iterator[tuple[str, str]]:
    """What the options of menus give for an answer, and the menu of each."""
    for node in flow.nodes.values():
        for option in node.options.values() if isinstance(node, Menu) else ():
            if answer in option.set:
                yield node.name, option.set[answer]


def missing_needs(
    flow: Flow, effects: Mapping[str, EffectContract], there: Mapping[str, frozenset[str]]
) -> Iterator[NodeFinding]:
    """Effects that would be asked without an answer that they need; `there` is what each has."""
    for name, node in flow.nodes.items():
        to = node.target_from if isinstance(node, TransferNode) else ""
        if to and name in there and to not in there[name]:
            yield name, "unset answer", f"target_from: {to} may not be there"
        asked = node.effect if isinstance(node, Do) else node.check if isinstance(node, Ask) else ""
        if asked in effects and name in there:
            given = there[name] | set(node.skip_unless)
            given |= {node.store} if isinstance(node, Ask) else set()
            for answer in effects[asked].needs:
                if answer not in given:
                    message = f"{asked} needs {answer}, and some way here has not asked for it"
                    yield name, "unset answer", message


def _effect(
    name: str, effect: str, outcomes: Mapping[str, str], effects: Mapping[str, EffectContract]
) -> Iterator[NodeFinding]:
    contract = effects.get(effect)
    if contract is None:
        yield name, "unknown effect", f"{effect}{_near(effect, effects)}"
        return
    for outcome in outcomes:
        if outcome not in contract.gives:
            near = _near(outcome, contract.gives)
            yield name, "unknown outcome", f"{effect} never comes to {outcome}{near}"
    for outcome in contract.gives:
        if outcome not in outcomes:
            message = f"{effect} may come to {outcome}: say under outcomes: where that leads"
            yield name, "missing outcome", message


def _stored(name: str, node: Do, effects: Mapping[str, EffectContract]) -> Iterator[NodeFinding]:
    contract = effects.get(node.effect)
    if contract is None:
        return
    for answer in node.stores:
        if answer not in contract.answers:
            near = _near(answer, contract.answers)
            yield name, "unknown answer", f"{node.effect} does not give {answer}{near}"


def _codes(name: str, node: Menu, values: Mapping[str, frozenset[str]]) -> Iterator[NodeFinding]:
    for key, option in node.options.items():
        for answer, value in option.set.items():
            codes = values.get(answer)
            if codes is not None and value not in codes:
                message = f"key {key}: there is no {answer} {value}{_near(value, codes)}"
                yield name, "unknown code", message


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; is {near[0]} meant?" if near else ""
