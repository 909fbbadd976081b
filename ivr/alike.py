"""Options of one menu that differ only in what they note down: where one leads, all do.

A menu of services notes which one it is and goes on to the same question. Nothing that follows
depends on which, but what is said of it. So who walks every way walks such options once, with a
mark in place of what is noted down, and puts each option's own notes there afterwards.
"""

from collections.abc import Mapping
from dataclasses import replace

from ivr.catalogue import NO_RECORDING
from ivr.coming import QUEUE
from ivr.flow import LAST_ASKED, Flow, Menu, Option, Pick, TransferNode
from ivr.pick import KEY, RESUME, TRAIL
from ivr.way import LANGUAGE

Alike = Mapping[tuple[str, str], tuple[str, Mapping[str, str]]]
"""Menu and key → the first key that is like it, and what this one notes down."""
_MARK = "\0{}"


def alike_options(flow: Flow) -> Alike:
    """Those options of which there are two or more that differ in nothing else."""
    deciding = _deciding(flow)
    found: dict[tuple[str, str], tuple[str, Mapping[str, str]]] = {}
    for node in flow.nodes.values():
        if not isinstance(node, Menu) or isinstance(node, Pick):
            continue
        groups: dict[tuple[object, ...], list[str]] = {}
        for key, option in node.options.items():
            if option.set and not deciding & option.set.keys() and _are_said(option):
                same = (option.to, option.language, option.clear, *option.set)
                groups.setdefault(same, []).append(key)
        for keys in groups.values():
            if len(keys) > 1:
                found |= {(node.name, key): (keys[0], node.options[key].set) for key in keys}
    return found


def marked(flow: Flow, alike: Alike) -> Flow:
    """The flow in which each of these options notes down a mark."""
    nodes = dict(flow.nodes)
    for name, key in alike:
        node = nodes[name]
        if isinstance(node, Menu):
            option = node.options[key]
            marks = {answer: _MARK.format(answer) for answer in option.set}
            options = {**node.options, key: replace(option, set=marks)}
            nodes[name] = replace(node, options=options)
    return replace(flow, nodes=nodes)


def noted(values: Mapping[str, str], notes: Mapping[str, str]) -> dict[str, str]:
    """The values with these notes in place of their marks."""
    return {
        name: notes[name] if name in notes and value == _MARK.format(name) else value
        for name, value in values.items()
    }


def _deciding(flow: Flow) -> frozenset[str]:
    """The answers whose value decides where a call goes, or in which language."""
    picks = {node.of for node in flow.nodes.values() if isinstance(node, Pick)}
    targets = {node.target_from for node in flow.nodes.values() if isinstance(node, TransferNode)}
    return frozenset({*picks, *targets, LANGUAGE, QUEUE, LAST_ASKED, RESUME, TRAIL, KEY})


def _are_said(option: Option) -> bool:
    """Whether what it notes down counts as given, whatever it is."""
    return all(value not in ("", NO_RECORDING) for value in option.set.values())
