"""The lint: one small broken flow a rule, and nothing to say of the hotline's own."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from call_handlers.effects.every import CONTRACTS
from ivr.contract import Catalogues, EffectContract, by_name
from ivr.lint import Finding, lint
from ivr.prompts import load_catalogue
from tests.fixtures.dialog import FLOW, FLOW_FILE
from tests.fixtures.flows import HEAD, PROMPTS, SOUND, small
from tests.fixtures.languages import LANGUAGES

KNOWN = Catalogues(
    effects=by_name(
        (
            EffectContract("open", {"opened": ("name",), "failed": ()}),
            EffectContract("look", {"found": ()}, needs=("name",)),
        )
    ),
    values={"code": frozenset({"RD_HOLE", "OTHER"})},
    targets={
        "agencies.yaml": frozenset({"operators", "911", "994"}),
        "the dialplan": frozenset({"operators", "911"}),
    },
    verdicts=frozenset({"block"}),
)
RECORD = "kind: record, notice: [more], max_seconds: 5, store: a"
BYE = "bye: {kind: end, say: [bye]}\n"


def findings(
    folder: Path,
    nodes: str,
    *,
    head: str = HEAD,
    prompts: Mapping[str, Mapping[str, frozenset[str]]] = PROMPTS,
) -> list[Finding]:
    """What the lint says of these nodes."""
    return lint(small(folder, nodes, head), prompts, KNOWN)


def rules(found: list[Finding]) -> list[str]:
    """Node and rule of each finding."""
    return [f"{finding.where.rpartition(': ')[2]}: {finding.rule}" for finding in found]


def menu(name: str, *targets: str, more: str = "") -> str:
    """A menu that leads to these nodes by 1, 2, 3…"""
    options = ", ".join(f'"{key}": {{to: {to}}}' for key, to in enumerate(targets, start=1))
    return f"{name}: {{kind: menu, say: [main], options: {{{options}}}{more}}}\n"


def test_the_hotline_has_nothing_to_mend() -> None:
    """With its own prompts in every language, and its own effects."""
    folder = FLOW_FILE.parents[1] / "prompts"
    catalogue = load_catalogue(
        {name: folder / f"{name}.yaml" for name in FLOW.languages}, LANGUAGES
    )
    prompts = {
        language: {key: catalogue.placeholders(language, key) for key in catalogue.keys(language)}
        for language in FLOW.languages
    }
    assert [str(finding) for finding in lint(FLOW, prompts, Catalogues(effects=CONTRACTS))] == []


def test_a_sound_flow_has_nothing_to_mend(tmp_path: Path) -> None:
    """The flow that the broken ones are made of is whole."""
    assert findings(tmp_path, SOUND) == []


def test_a_finding_names_file_line_and_node(tmp_path: Path) -> None:
    """As compilers do, so that editors jump there."""
    (finding,) = findings(tmp_path, SOUND.replace("{to: bye}", "{to: nowhere}"))
    line = HEAD.count("\n") + 1
    assert str(finding) == (
        f"{tmp_path}/small.yaml:{line}: main: missing target: key 1: no node nowhere"
    )


@pytest.mark.parametrize(
    ("head", "where"),
    [
        (HEAD.replace("{default: main}", "{default: nowhere}"), "default"),
        (HEAD.replace("root: main", "root: nowhere"), "root"),
        (HEAD.replace("give_up: bye", "give_up: nowhere"), "main"),
        (HEAD.replace('"0": bye', '"0": nowhere'), "main"),
    ],
)
def test_a_missing_target_in_the_head(tmp_path: Path, head: str, where: str) -> None:
    """Starts, root and what holds by default are ways too."""
    assert rules(findings(tmp_path, SOUND, head=head)) == [f"{where}: missing target"]


@pytest.mark.parametrize(
    "node",
    [
        "x: {kind: say, next: nowhere}",
        "x: {kind: ask, digits: [1, 1], store: a, next: nowhere}",
        f"x: {{{RECORD}, next: bye, unavailable: nowhere, silent: bye}}",
        f"x: {{{RECORD}, next: bye, unavailable: bye, silent: nowhere}}",
        "x: {kind: do, effect: open, outcomes: {opened: nowhere, failed: bye}}",
        "x: {kind: transfer, target: operators, unavailable: nowhere}",
        "x: {kind: say, skip_if: [a], skip_to: nowhere, next: bye}",
        'x: {kind: menu, options: {"1": {to: bye}}, noinput_to: nowhere}',
    ],
)
def test_a_missing_target_of_every_kind_of_node(tmp_path: Path, node: str) -> None:
    """Whatever way on a node can have, it must lead somewhere."""
    assert rules(findings(tmp_path, menu("main", "x") + node + "\n" + BYE)) == ["x: missing target"]


def test_whoever_is_recorded_is_told_before(tmp_path: Path) -> None:
    """A recording without a notice is refused."""
    silent = "x: {kind: record, max_seconds: 5, store: a, next: bye, unavailable: bye}\n"
    (found,) = findings(tmp_path, menu("main", "x") + silent + BYE)
    assert str(found).endswith(": x: no notice: say why and how long under notice:")


UNSENT = HEAD.replace("nodes:", "unsent: [{answers: [a], to: keep}]\nnodes:")


def test_what_is_left_when_a_call_ends_leads_to_an_end_without_a_caller(tmp_path: Path) -> None:
    """No menu can follow, and the node must be there; by it alone its nodes are reached."""
    keep = "keep: {kind: do, effect: open, outcomes: {opened: %s, failed: bye}}\n"
    nodes = menu("main", "bye") + BYE
    assert findings(tmp_path, nodes + keep % "bye", head=UNSENT) == []
    assert rules(findings(tmp_path, nodes + keep % "main", head=UNSENT)) == ["main: nobody there"]
    assert rules(findings(tmp_path, nodes, head=UNSENT)) == ["unsent: missing target"]


def test_a_node_that_no_call_can_reach(tmp_path: Path) -> None:
    """Left over from a change, or a way to it was forgotten."""
    (found,) = findings(tmp_path, SOUND + "lost: {kind: say, next: bye}\n")
    assert str(found).endswith(": lost: unreachable: no call can come here")


def test_a_dead_end(tmp_path: Path) -> None:
    """An effect without outcomes leads nowhere."""
    nodes = BYE + menu("main", "x", "bye") + "x: {kind: do, effect: open, outcomes: {}}\n"
    told = [str(one) for one in findings(tmp_path, nodes) if one.rule == "dead end"]
    assert [one.rpartition(": x: ")[2] for one in told] == ["dead end: nothing leads on from here"]


def test_a_loop_that_the_caller_cannot_leave(tmp_path: Path) -> None:
    """Every way leads back: no end, no operator."""
    loop = "{kind: menu, say: [main], options: {'1': {to: %s}}, keys: {'0': ''}, give_up: %s}\n"
    nodes = menu("main", "a", "bye") + "a: " + loop % ("b", "b") + "b: " + loop % ("a", "a") + BYE
    found = findings(tmp_path, nodes)
    assert rules(found) == ["a: endless loop", "b: endless loop"]
    assert {one.message for one in found} == {"the caller can reach no end and no operator"}


def test_a_loop_in_which_nobody_is_listened_to(tmp_path: Path) -> None:
    """The engine would talk for ever."""
    nodes = menu("main", "a") + "a: {kind: say, next: b}\nb: {kind: say, next: a}\n" + BYE
    found = rules(findings(tmp_path, nodes))
    assert "a: endless loop" in found
    assert "b: endless loop" in found


def test_a_loop_of_questions_that_pass_each_other_over(tmp_path: Path) -> None:
    """Two nodes that are skipped to each other spin as well."""
    ask = "{kind: ask, digits: [1, 1], store: %s, next: bye, skip_if: [%s], skip_to: %s}\n"
    nodes = menu("main", "a") + "a: " + ask % ("x", "x", "b") + "b: " + ask % ("y", "y", "a") + BYE
    found = findings(tmp_path, nodes)
    assert rules(found) == ["a: endless loop", "b: endless loop"]
    assert {one.message for one in found} == {"comes back here without listening"}


def test_half_a_skip(tmp_path: Path) -> None:
    """skip_if without skip_to would be passed over in silence."""
    nodes = menu("main", "x") + "x: {kind: say, next: bye, skip_if: [a]}\n" + BYE
    (found,) = findings(tmp_path, nodes)
    assert str(found).endswith(": x: half a skip: skip_if (or skip_unless) and skip_to go together")


def test_more_than_five_options(tmp_path: Path) -> None:
    """Nobody remembers the first when the sixth is read out."""
    (found,) = findings(tmp_path, menu("main", *["bye"] * 6) + BYE)
    assert str(found).endswith("main: too many options: 6; at most 5")
    assert findings(tmp_path, menu("main", *["bye"] * 5) + BYE) == []


def test_deeper_than_three_levels(tmp_path: Path) -> None:
    """Questions of a form are no levels."""
    nodes = menu("main", "two") + menu("two", "three") + menu("three", "four")
    assert rules(findings(tmp_path, nodes + menu("four", "bye") + BYE)) == ["four: too deep"]
    assert findings(tmp_path, nodes + menu("four", "bye", more=", form: true") + BYE) == []


def test_a_prompt_that_reads_out_what_may_not_be_there(tmp_path: Path) -> None:
    """One of two ways to it has not asked."""
    ask = "ask: {kind: ask, digits: [1, 1], store: name, next: read}\n"
    read = "read: {kind: say, say: [{read: [name]}], next: bye}\n"
    assert findings(tmp_path, menu("main", "ask") + ask + read + BYE) == []
    assert rules(findings(tmp_path, menu("main", "ask", "read") + ask + read + BYE)) == [
        "read: unset answer"
    ]


def test_an_answer_that_was_cleared_is_not_there(tmp_path: Path) -> None:
    """Clearing on the way counts."""
    nodes = (
        "main: {kind: menu, say: [main], options: {'1': {to: again, set: {name: a}}}}\n"
        "again: {kind: menu, say: [main], options: {'1': {to: read, clear: [name]}}}\n"
        "read: {kind: say, say: [{read: [name]}], next: bye}\n"
    )
    assert rules(findings(tmp_path, nodes + BYE)) == ["read: unset answer"]


def test_only_the_first_outcome_of_an_effect_gives_its_answers(tmp_path: Path) -> None:
    """An effect that failed has nothing to read out."""
    do = "x: {kind: do, effect: open, stores: [name], outcomes: {opened: %s, failed: %s}}\n"
    read = "read: {kind: say, say: [{read: [name]}], next: bye}\n"
    assert findings(tmp_path, menu("main", "x") + do % ("read", "bye") + read + BYE) == []
    assert rules(findings(tmp_path, menu("main", "x") + do % ("bye", "read") + read + BYE)) == [
        "read: unset answer"
    ]


def test_an_effect_that_succeeds_clears_what_it_has_used(tmp_path: Path) -> None:
    """Behind its other outcomes it is still there."""
    ask = "ask: {kind: ask, digits: [1, 1], store: name, next: x}\n"
    do = "x: {kind: do, effect: save, clears: [name], outcomes: {saved: %s, failed: %s}}\n"
    read = "read: {kind: say, say: [{read: [name]}], next: bye}\n"
    known = replace(KNOWN, effects=by_name((EffectContract("save", {"saved": (), "failed": ()}),)))
    for ways, told in ((("bye", "read"), []), (("read", "bye"), ["read: unset answer"])):
        flow = small(tmp_path, menu("main", "ask") + ask + do % ways + read + BYE)
        assert rules(lint(flow, PROMPTS, known)) == told


@pytest.mark.parametrize("key", ["main", "bye", "noinput", "nomatch"])
def test_a_prompt_missing_in_one_language(tmp_path: Path, key: str) -> None:
    """Error messages too, and it is said which language."""
    head = HEAD.replace("languages: [ar]", "languages: [ar, en]")
    english = {name: values for name, values in PROMPTS["ar"].items() if name != key}
    found = findings(tmp_path, SOUND, head=head, prompts={**PROMPTS, "en": english})
    assert [finding.rule for finding in found] == ["missing prompt"]
    assert found[0].message == f"{key} in en"


def test_a_notice_that_is_missing(tmp_path: Path) -> None:
    """What is said before a recording is a prompt like any other."""
    x = f"x: {{{RECORD.replace('more', 'law')}, next: bye, unavailable: bye}}\n"
    (found,) = findings(tmp_path, menu("main", "x") + x + BYE)
    assert (found.rule, found.message) == ("missing prompt", "law in ar")


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("read: []", "prompt read in ar has name; the flow gives none"),
        ("read: [name, more]", "prompt read in ar has name; the flow gives more, name"),
        ("read: [other]", "prompt read in ar has name; the flow gives other"),
        ("more: [name]", "prompt more in ar has none; the flow gives name"),
        ("both: [a]", "prompt both in ar has a, b; the flow gives a"),
    ],
)
def test_placeholders_that_do_not_fit(tmp_path: Path, prompt: str, told: str) -> None:
    """One too few, one too many, another one."""
    nodes = SOUND.replace("say: [bye]", f"say: [{{{prompt}}}]")
    prompts = {"ar": {**PROMPTS["ar"], "both": frozenset({"a", "b"})}}
    found = findings(tmp_path, nodes, prompts=prompts)
    assert [one.message for one in found if one.rule == "placeholders"] == [told]


def test_a_key_that_means_two_things(tmp_path: Path) -> None:
    """An option and "say it again" cannot share a key; it is told how to give one up."""
    nodes = menu("main", "bye", more=", keys: {'1': repeat}") + BYE
    (found,) = findings(tmp_path, nodes)
    assert str(found).endswith(
        'main: key used twice: 1: an option has it too; to give it up: keys: {"1": ""}'
    )


def test_a_key_that_is_an_option_and_a_way(tmp_path: Path) -> None:
    """The option would win in silence, and 0 would be no operator."""
    nodes = "main: {kind: menu, say: [main], options: {'0': {to: more}}}\n"
    nodes += "more: {kind: say, next: bye}\n" + BYE
    assert rules(findings(tmp_path, nodes)) == ["main: key used twice"]


def do(outcomes: str, effect: str = "open", more: str = "") -> str:
    """A menu that leads to an effect with these outcomes."""
    made = f"x: {{kind: do, effect: {effect}, outcomes: {{{outcomes}}}{more}}}\n"
    return menu("main", "x") + made + BYE


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        (do("found: bye", "lok"), "unknown effect: lok; is look meant?"),
        (
            do("opend: bye, failed: bye"),
            "missing outcome: open may come to opened: say under outcomes: where that leads\n"
            "unknown outcome: open never comes to opend; is opened meant?",
        ),
        (
            do("opened: bye"),
            "missing outcome: open may come to failed: say under outcomes: where that leads",
        ),
        (
            do("opened: bye, failed: bye", more=", stores: [nam]"),
            "unknown answer: open does not give nam; is name meant?",
        ),
        (
            do("found: bye", "look"),
            "unset answer: look needs name, and some way here has not asked for it",
        ),
    ],
)
def test_an_effect_that_is_not_asked_as_its_contract_says(
    tmp_path: Path, nodes: str, told: str
) -> None:
    """It would only fail when a caller comes to it."""
    found = findings(tmp_path, nodes)
    assert "\n".join(f"{one.rule}: {one.message}" for one in found) == told
    assert all(one.loses_callers for one in found)


def test_an_answer_that_every_way_gives_may_be_needed(tmp_path: Path) -> None:
    """From an entry, or from the outcome of another effect; not from its failure."""
    ask = "ask: {kind: ask, digits: [1, 1], store: name, next: y}\n"
    y = "y: {kind: do, effect: look, outcomes: {found: bye}}\n" + BYE
    x = "x: {kind: do, effect: open, outcomes: {opened: y, failed: %s}}\n"
    assert findings(tmp_path, menu("main", "ask", "x") + ask + x % "bye" + y) == []
    assert rules(findings(tmp_path, menu("main", "ask", "x") + ask + x % "y" + y)) == [
        "y: unset answer"
    ]


def test_a_code_that_its_catalogue_does_not_have(tmp_path: Path) -> None:
    """What no catalogue is kept of may be set to anything."""
    option = "main: {kind: menu, say: [main], options: {'1': {to: bye, set: {%s}}}}\n" + BYE
    assert findings(tmp_path, option % "code: RD_HOLE, other: anything") == []
    (found,) = findings(tmp_path, option % "code: RD_HOLES")
    assert (found.rule, found.message) == (
        "unknown code",
        "key 1: there is no code RD_HOLES; is RD_HOLE meant?",
    )


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("operators", []),
        ("911", []),
        (
            "operator",
            [
                "agencies.yaml does not have operator; is operators meant?",
                "the dialplan does not have operator; is operators meant?",
            ],
        ),
        (
            "9111",
            [
                "agencies.yaml does not have 9111; is 911 meant?",
                "the dialplan does not have 9111; is 911 meant?",
            ],
        ),
        ("994", ["the dialplan does not have 994"]),
    ],
)
def test_a_target_that_cannot_be_called(tmp_path: Path, target: str, told: list[str]) -> None:
    """Everything that has to know it does."""
    x = f'x: {{kind: transfer, target: "{target}", unavailable: bye}}\n'
    found = findings(tmp_path, menu("main", "x") + x + BYE)
    assert [one.message.replace("; is 911 meant?", "") for one in found] == [
        one.replace("; is 911 meant?", "") for one in told
    ]
    assert {one.rule for one in found} <= {"unknown target"}


def test_a_start_for_a_verdict_that_screening_never_gives(tmp_path: Path) -> None:
    """A blocked caller would be let in."""
    head = HEAD.replace("{default: main}", "{default: main, blok: main}")
    (found,) = findings(tmp_path, SOUND, head=head)
    assert (found.rule, found.message) == (
        "unknown verdict",
        "blok under starts:; is block meant?",
    )


def test_what_is_only_hard_to_use_loses_nobody(tmp_path: Path) -> None:
    """Too many options, too deep, never reached: a role starts with it."""
    nodes = menu("main", *["bye"] * 6) + BYE + "lost: {kind: say, next: bye}\n"
    found = findings(tmp_path, nodes)
    assert len(found) == 2
    assert not any(one.loses_callers for one in found)


def test_findings_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Whoever mends a file goes from top to bottom."""
    nodes = menu("main", *["bye"] * 6) + "lost: {kind: say, next: bye}\n"
    nodes += "more: {kind: say, next: bye}\n" + BYE
    assert rules(findings(tmp_path, nodes)) == [
        "main: too many options",
        "lost: unreachable",
        "more: unreachable",
    ]
    nodes = menu("main", "many") + "lost: {kind: say, next: bye}\n" + menu("many", *["bye"] * 6)
    assert rules(findings(tmp_path, nodes + BYE)) == [
        "lost: unreachable",
        "many: too many options",
    ]


def test_a_flow_that_no_file_has_is_told_of_at_its_first_line(tmp_path: Path) -> None:
    """It was made by a program."""
    flow = replace(small(tmp_path, SOUND + "lost: {kind: say, next: bye}\n"), lines={}, path="made")
    (found,) = lint(flow, PROMPTS, KNOWN)
    assert found.where == "made:1: lost"


def test_findings_come_in_order_wherever_the_file_lies(tmp_path: Path) -> None:
    """A colon in the name of a folder is none between file and line."""
    folder = tmp_path / "a:b"
    folder.mkdir()
    nodes = menu("main", "bye") + "lost: {kind: say, next: bye}\n" + BYE
    (found,) = findings(folder, nodes)
    assert str(found).startswith(f"{folder}/small.yaml:")


PICK = (
    "main: {kind: do, effect: find, outcomes: {found: x, none: bye}}\n"
    "x: {kind: pick, of: names, most: 3, each: [{read: [name]}], next: after%s}\n"
    "after: {kind: say, say: [{read: [name]}], next: bye}\n"
)
FINDS = replace(
    KNOWN,
    effects=by_name(
        (
            EffectContract(
                "find", {"found": ("names",), "none": ()}, choices={"names": ("name", "code")}
            ),
            EffectContract("other", {"found": ("rest",), "none": ()}, choices={"rest": ("code",)}),
        )
    ),
)


def picked(folder: Path, nodes: str) -> list[str]:
    """What the lint says of a flow with a pick."""
    return rules(lint(small(folder, nodes + BYE), PROMPTS, FINDS))


def test_a_pick_of_what_an_effect_finds_is_sound(tmp_path: Path) -> None:
    """Its fields are there when it tells of a choice, and once one is picked."""
    assert picked(tmp_path, PICK % "") == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("of: names", "of: nmaes", ["after: unset answer", "x: unknown answer", "x: unset answer"]),
        ("of: names", "of: rest", ["after: unset answer", "x: unset answer", "x: unset answer"]),
        ("none: bye}", "none: x}", ["x: unset answer"]),
        ("effect: find", "effect: other", ["x: unset answer"]),
        ("{read: [name]}], next: after", "{read: [nmae]}], next: after", ["x: placeholders"]),
        ("next: after", "next: nowhere", ["x: missing target"]),
        ("most: 3", "most: 6", ["x: too many options"]),
    ],
)
def test_a_pick_that_is_wrong(tmp_path: Path, old: str, new: str, told: list[str]) -> None:
    """Choices that nobody finds, or not on every way; fields that they do not have; too many."""
    found = picked(tmp_path, (PICK % "").replace(old, new))
    assert set(told) <= set(found), found


@pytest.mark.parametrize(
    "more",
    [
        ', options: {"3": {to: bye}}',
        ', further: "1", further_say: [more]',
        ', further: "5", further_say: [more], options: {"5": {to: bye}}',
        ', keys: {"2": bye}',
    ],
)
def test_a_key_of_a_choice_that_means_something_else_too(tmp_path: Path, more: str) -> None:
    """A key is one thing: a choice, further ones, an option, or what it always is."""
    assert "x: key used twice" in picked(tmp_path, PICK % more)


def test_a_prompt_may_be_left_out_where_its_answer_is_not_there(tmp_path: Path) -> None:
    """One that ends in ? is no mistake; what it names must be right all the same."""
    nodes = menu("main", "read") + "read: {kind: say, say: [{%s: [%s]}], next: bye}\n" + BYE
    assert rules(findings(tmp_path, nodes % ('"read?"', "name"))) == []
    assert rules(findings(tmp_path, nodes % ('"read?"', "nmae"))) == ["read: placeholders"]


def test_a_question_that_is_put_where_something_is_there_may_say_it(tmp_path: Path) -> None:
    """And behind it nobody may rely on that."""
    read = "{kind: menu, say: [{read: [name]}], %s options: {'1': {to: bye}}}\n"
    nodes = menu("main", "x") + "x: " + read % "skip_unless: [name], skip_to: y," + "y: "
    assert rules(findings(tmp_path, nodes + "{kind: say, next: bye}\n" + BYE)) == []
    assert rules(findings(tmp_path, nodes + read % "" + BYE)) == ["y: unset answer"]
    half = nodes.replace("skip_to: y,", "") + "{kind: say, next: bye}\n" + BYE
    assert "x: half a skip" in rules(findings(tmp_path, half))


def test_a_transfer_to_whom_some_option_names(tmp_path: Path) -> None:
    """Each of them must be known; and on every way there somebody is named."""
    to = "to: {kind: transfer, target_from: who, unavailable: bye}\n"
    one = "main: {kind: menu, say: [main], options: {'1': {to: to, set: {who: '%s'}}%s}}\n"
    assert rules(findings(tmp_path, one % ("911", "") + to + BYE)) == []
    (unknown,) = findings(tmp_path, one % ("994", "") + to + BYE)
    assert "main: unknown target: the dialplan does not have 994" in str(unknown)
    unnamed = one % ("911", ", '2': {to: to}") + to + BYE
    assert rules(findings(tmp_path, unnamed)) == ["to: unset answer"]


def test_an_earlier_flow_may_give_more_than_prompts_say_now(tmp_path: Path) -> None:
    """Its last calls hear the later wording; what that needs must be there."""
    nodes = (
        "main: {kind: menu, say: [main], options: {'1': {to: read, set: {name: a, more: b}}}}\n"
        "read: {kind: say, say: [{read: [%s]}], next: bye}\n"
    )
    more = small(tmp_path, nodes % "name, more" + BYE)
    assert rules(lint(more, PROMPTS, KNOWN)) == ["read: placeholders"]
    assert rules(lint(more, PROMPTS, KNOWN, earlier=True)) == []
    less = small(tmp_path, nodes % "" + BYE)
    assert rules(lint(less, PROMPTS, KNOWN, earlier=True)) == ["read: placeholders"]
