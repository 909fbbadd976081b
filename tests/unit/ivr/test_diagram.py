"""The diagram shows what the engine walks."""

import re
from pathlib import Path

from ivr.diagram import mermaid
from ivr.edges import edges
from tests.fixtures.dialog import FLOW
from tests.fixtures.flows import HEAD, small

_NODE = re.compile(r"  n_(\w+)\W")
_ARROW = re.compile(r"  (n_\w+|call) -->(?:\|(.*)\|)? n_(\w+)")


def drawn() -> dict[tuple[str, str], list[str]]:
    """Source and target of each arrow, with its labels."""
    arrows = (_ARROW.fullmatch(line) for line in mermaid(FLOW).splitlines())
    return {
        (arrow[1].removeprefix("n_"), arrow[3]): (arrow[2] or "").split(", ")
        for arrow in arrows
        if arrow
    }


def test_every_node_is_drawn() -> None:
    """None is left out, none is made up."""
    declared = {
        match[1]
        for line in mermaid(FLOW).splitlines()
        if "-->" not in line and (match := _NODE.match(line))
    }
    assert declared == set(FLOW.nodes)


def test_every_way_is_drawn_but_giving_up_and_the_operator() -> None:
    """Those two lead from everywhere to the same place, and would hide all others."""
    arrows = drawn()
    expected = set()
    for node in FLOW.nodes.values():
        for edge in edges(node):
            if edge.kind == "give_up" or edge.label == "0":
                continue
            expected.add((edge.source, edge.target))
            if edge.kind == "key":
                label = edge.label.replace("#", "#35;")
                assert label in arrows[(edge.source, edge.target)]
            elif edge.label:
                assert edge.label in arrows[(edge.source, edge.target)]
    starts = {("call", name) for name in FLOW.starts.values()}
    assert set(arrows) == expected | starts


def test_a_call_begins_where_its_verdict_says() -> None:
    """Each start is an arrow of its own."""
    assert drawn()[("call", "blocked_notice")] == ["block"]


def test_each_kind_of_node_has_a_shape_and_each_way_its_name(tmp_path: Path) -> None:
    """The whole drawing of a small flow that has one of each."""
    head = HEAD.replace("nodes:", "unsent: [{answers: [a, b], to: keep}]\nnodes:")
    flow = small(
        tmp_path,
        """\
        main: {kind: menu, options: {"1": {to: ask}, "2": {to: call}}, noinput_to: bye}
        ask: {kind: ask, digits: [4, 4], store: a, next: words}
        words: {kind: record, max_seconds: 5, store: b, next: keep, unavailable: bye, silent: bye}
        keep: {kind: do, effect: open, outcomes: {opened: thanks, failed: call}}
        thanks: {kind: say, next: bye}
        call: {kind: transfer, target: operators, unavailable: main}
        bye: {kind: end}
        """,
        head,
    )
    assert mermaid(flow).splitlines() == [
        "flowchart TD",
        '  call(["a call"])',
        "  call -->|default| n_main",
        '  over(["the call is over"])',
        "  over -->|a + b| n_keep",
        '  n_main{{"main"}}',
        "  n_main -->|1| n_ask",
        "  n_main -->|noinput| n_bye",
        "  n_main -->|2| n_call",
        '  n_ask[/"ask"/]',
        "  n_ask --> n_words",
        '  n_words[("words")]',
        "  n_words -->|silent, unavailable| n_bye",
        "  n_words --> n_keep",
        '  n_keep[["keep"]]',
        "  n_keep -->|failed| n_call",
        "  n_keep -->|opened| n_thanks",
        '  n_thanks["thanks"]',
        "  n_thanks --> n_bye",
        '  n_call(["call"])',
        "  n_call -->|unavailable| n_main",
        '  n_bye(("bye"))',
    ]


def test_it_is_text_that_mermaid_takes(tmp_path: Path) -> None:
    """A # in a label would begin an entity, and each line is one statement."""
    flow = small(
        tmp_path,
        """\
        main: {kind: menu, options: {"#": {to: bye}, "1": {to: bye}}}
        bye: {kind: end}
        """,
    )
    text = mermaid(flow)
    assert text.startswith("flowchart TD\n")
    assert "  n_main -->|#35;, 1| n_bye\n" in text
    assert '  n_bye(("bye"))\n' in text
