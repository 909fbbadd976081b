"""Loading a flow: every mistake is named by file, line and key."""

from pathlib import Path

import pytest

from ivr.flow import Ask, Do, Menu, RecordNode
from ivr.load import FlowFileError, load_flow
from tests.fixtures.counting import counted_calls
from tests.fixtures.dialog import FLOW
from tests.fixtures.flows import HEAD, SOUND, small, small_flow


def mistakes(path: Path) -> tuple[str, ...]:
    """What is said of a wrong file, without its folder."""
    with pytest.raises(FlowFileError) as caught:
        load_flow(path)
    return tuple(message.removeprefix(f"{path}:") for message in caught.value.messages)


def line_of(path: Path, text: str) -> int:
    """The line on which `text` stands."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_a_sound_file_is_a_flow_that_knows_its_lines(tmp_path: Path) -> None:
    """Nodes keep the line they stand on, for whoever has to find them."""
    path = small_flow(tmp_path)
    flow = load_flow(path)
    assert (flow.name, flow.number, flow.path) == ("small", "1", str(path))
    assert flow.texts == {str(path): path.read_text(encoding="utf-8")}
    assert flow.lines["bye"] == (str(path), line_of(path, "  bye:"))
    assert flow.place("bye") == f"{path}:{line_of(path, '  bye:')}"


def test_the_flow_of_the_hotline_loads() -> None:
    """All 25 services are in it, each in one place."""
    codes = [
        option.set["service_code"]
        for node in FLOW.nodes.values()
        if isinstance(node, Menu)
        for option in node.options.values()
        if "service_code" in option.set
    ]
    assert (len(codes), len(set(codes))) == (25, 25)
    for name, (path, line) in FLOW.lines.items():
        assert Path(path).read_text(encoding="utf-8").splitlines()[line - 1] == f"  {name}:"


def test_a_number_for_a_key_is_told_to_be_quoted(tmp_path: Path) -> None:
    """YAML makes an integer of 1, and of 01 another one."""
    path = small_flow(tmp_path, SOUND.replace('"1":', "1:"))
    (message,) = mistakes(path)
    assert message.startswith(f"{line_of(path, '1: {to: bye}')}: nodes.main.")
    assert message.endswith(': put the key in quotes: "1"')
    assert "[key]" not in message


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    """The second one would win in silence."""
    twice = SOUND.replace('"1": {to: bye}', '"1": {to: bye}\n    "1": {to: main}')
    path = small_flow(tmp_path, twice)
    (message,) = mistakes(path)
    assert message.startswith(f"{line_of(path, 'to: main')}: ")
    assert "duplicate key" in message


def test_a_node_given_twice_is_refused(tmp_path: Path) -> None:
    """Two nodes of one name are a mistake of copying."""
    path = small_flow(tmp_path, SOUND + SOUND[SOUND.index("bye:\n") :])
    (message,) = mistakes(path)
    assert "duplicate key" in message
    assert '"bye"' in message


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        ("kind: end", "kind: end\n  colour: red", "nodes.bye.colour", "Extra inputs"),
        ("kind: end", "kind: stop", "nodes.bye", "'stop'"),
        ("say: [bye]", "say: bye", "nodes.bye.say", "list"),
        ("{to: bye}", "{}", "nodes.main.options.1.to", "required"),
        ("{to: bye}", "{to: Bye}", "nodes.main.options.1.to", "pattern"),
        ('"1": {to', '"E": {to', "nodes.main.options.E", "pattern"),
        ('"1": {to', '"12": {to', "nodes.main.options.12", "pattern"),
        (
            "say: [main]",
            "say: [{main: [a], more: []}]",
            "nodes.main.say",
            "one prompt an item",
        ),
        (
            "kind: end",
            "kind: end\n  disposition: fine",
            "nodes.bye.disposition",
            "Input should",
        ),
    ],
)
def test_a_mistake_in_a_node_is_named(
    tmp_path: Path, old: str, new: str, where: str, says: str
) -> None:
    """Line, path of keys, and what was expected there."""
    path = small_flow(tmp_path, SOUND.replace(old, new))
    (message,) = mistakes(path)
    line, _, rest = message.partition(": ")
    assert rest.startswith(f"{where}: ")
    assert says in rest
    assert "Value error" not in rest
    text = path.read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert any(f"{key}:" in text or f'"{key}":' in text for key in where.split(".")[1:])


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("version: 1", 'version: "1"', "version"),
        ("version: 1", "version: 0", "version"),
        ("starts: {default: main}", "starts: {block: main}", "starts"),
        ("languages: [ar]", "languages: []", "languages"),
        ("  give_up: bye\n", "", "defaults.give_up"),
        ("flow: small", "flow: 940", "flow"),
    ],
)
def test_a_mistake_in_the_head_is_named(tmp_path: Path, old: str, new: str, where: str) -> None:
    """Types are not guessed: 940 without quotes is a number and no name."""
    path = small_flow(tmp_path, head=HEAD.replace(old, new))
    (message,) = mistakes(path)
    assert message.partition(": ")[2].startswith(where)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Whoever mends a file does it in one go."""
    path = small_flow(tmp_path, SOUND.replace("kind: end", "kind: stop").replace('"1":', "1:"))
    assert len(mistakes(path)) == 2
    with pytest.raises(FlowFileError) as caught:
        load_flow(path)
    assert str(caught.value).splitlines() == list(caught.value.messages)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a list\n", "just words\n", "null\n"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    """An empty file, a list, a word."""
    path = tmp_path / "flow.yaml"
    path.write_text(text, encoding="utf-8")
    (message,) = mistakes(path)
    assert message.startswith("1: a flow file is a mapping")


@pytest.mark.parametrize(
    "text", ["flow: [1, 2\nversion: 1\n", "flow: a\n\tversion: 1\n", "flow: &a\n  x: *b\n"]
)
def test_text_that_is_no_yaml_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    """An open bracket, a tab, an alias of nothing."""
    path = tmp_path / "flow.yaml"
    path.write_text(text, encoding="utf-8")
    (message,) = mistakes(path)
    assert message.split(":")[0] in ("1", "2", "3")


def test_bytes_that_are_no_utf8_are_refused(tmp_path: Path) -> None:
    """A file saved in an old code page."""
    path = tmp_path / "flow.yaml"
    path.write_bytes("flow: حفرة\n".encode("cp1256"))
    (message,) = mistakes(path)
    assert "not UTF-8" in message


def test_control_characters_are_refused(tmp_path: Path) -> None:
    """YAML allows none, and says so."""
    path = tmp_path / "flow.yaml"
    path.write_text("version: 1\nflow: a\x07b\n", encoding="utf-8")
    (message,) = mistakes(path)
    assert message.startswith("2: character 7: ")


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    """The caller says which setting named it."""
    with pytest.raises(FileNotFoundError):
        load_flow(tmp_path / "none.yaml")


def test_targets_that_lead_nowhere_are_left_to_the_lint(tmp_path: Path) -> None:
    """The loader reads; whether the graph is whole is another question."""
    flow = small(tmp_path, SOUND.replace("{to: bye}", "{to: nowhere}"))
    assert flow.nodes["main"].options["1"].to == "nowhere"  # type: ignore[attr-defined]  # a menu or an ask, of all nodes


def test_what_the_common_keys_do_depends_on_the_kind_of_node(tmp_path: Path) -> None:
    """A menu takes them all, an entry of one digit keeps 0 as a digit, # ends a recording."""
    flow = small(
        tmp_path,
        """\
        main:
          kind: menu
          keys: {"*": "", "0": main}
          options: {"1": {to: long}, "2": {to: short}}
        long: {kind: ask, digits: [4, 4], store: number, next: words}
        short: {kind: ask, digits: [1, 2], store: number, next: words}
        words: {kind: record, max_seconds: 5, store: words, next: bye, unavailable: bye}
        bye: {kind: end}
        """,
    )
    keys = {name: getattr(node, "keys", None) for name, node in flow.nodes.items()}
    assert keys["main"] == {"0": "main", "#": "repeat"}
    assert keys["long"] == {"0": "bye", "*": "back", "#": "repeat"}
    assert keys["short"] == {"*": "back", "#": "repeat"}
    assert keys["words"] == {"0": "bye", "*": "back"}
    long, words = flow.nodes["long"], flow.nodes["words"]
    assert isinstance(long, Ask)
    assert (long.store, long.min_digits, long.max_digits) == ("number", 4, 4)
    assert isinstance(words, RecordNode)
    assert (words.store, words.max_seconds) == ("words", 5)


def test_an_entry_of_two_digits_has_the_operator_on_0(tmp_path: Path) -> None:
    """Alone it is no entry there, so it means what it always does."""
    nodes = """\
    main: {kind: ask, digits: [2, 2], store: number, next: bye}
    bye: {kind: end}
    """
    assert small(tmp_path, nodes).nodes["main"].keys["0"] == "bye"  # type: ignore[attr-defined]  # a menu or an ask, of all nodes


def test_an_effect_knows_what_it_gives_and_what_it_has_used(tmp_path: Path) -> None:
    """By its node: both are part of the conversation."""
    nodes = """\
    main: {kind: do, effect: open, stores: [a], clears: [b, c], outcomes: {opened: bye}}
    bye: {kind: end}
    """
    do = small(tmp_path, nodes).nodes["main"]
    assert isinstance(do, Do)
    assert (do.stores, do.clears, do.outcomes) == (("a",), ("b", "c"), {"opened": "bye"})


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "- " * 20_000, "? " * 20_000, "{a: " * 5_000], ids="[-?{"
)
def test_what_is_nested_without_end_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    """At once, and before the parser takes all of the stack."""
    path = tmp_path / "flow.yaml"
    path.write_text(f"name: x\nnodes:\n  {text}", encoding="utf-8")
    with (
        counted_calls() as counted,
        pytest.raises(FlowFileError, match=r"flow\.yaml:3: is nested more than 50 deep"),
    ):
        load_flow(path)
    assert counted.calls < 50_000


def branch(folder: Path, name: str, text: str) -> Path:
    """A branch of the small flow."""
    (folder / "small").mkdir(exist_ok=True)
    path = folder / "small" / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_branch_is_a_file_of_its_own(tmp_path: Path) -> None:
    """In the folder of the flow's name; its nodes know it."""
    path = small_flow(tmp_path, SOUND.replace("{to: bye}", "{to: far}"))
    other = branch(tmp_path, "far.yaml", "# far\nnodes:\n  far: {kind: say, next: bye}\n")
    flow = load_flow(path)
    assert flow.place("far") == f"{other}:3"
    assert flow.place("never") == f"{path}:1"


def test_two_nodes_of_one_name_are_refused(tmp_path: Path) -> None:
    """Both places are told."""
    path = small_flow(tmp_path)
    other = branch(tmp_path, "far.yaml", "nodes:\n  bye: {kind: end}\n")
    with pytest.raises(FlowFileError) as wrong:
        load_flow(path)
    at = line_of(path, "  bye:")
    assert str(wrong.value) == f"{other}:2: nodes.bye: {path}:{at} has one of this name"


def test_the_mistakes_of_every_branch_are_told(tmp_path: Path) -> None:
    """Each with its own file and line; a branch has nodes and nothing else."""
    path = small_flow(tmp_path, SOUND.replace("kind: end", "kind: ende"))
    one = branch(tmp_path, "a.yaml", "version: 3\nnodes: {}\n")
    two = branch(tmp_path, "b.yaml", "nodes:\n  x: {kind: say}\n")
    with pytest.raises(FlowFileError) as wrong:
        load_flow(path)
    told = [message.partition(": ")[0] for message in wrong.value.messages]
    assert told == [f"{path}:{line_of(path, '  bye:')}", f"{one}:1", f"{two}:2"]


def test_a_group_is_spelt_out_where_it_is_cleared(tmp_path: Path) -> None:
    """By an option, and by an effect."""
    head = HEAD.replace("nodes:", "groups: {place: [street, district]}\nnodes:")
    nodes = """
    main: {kind: menu, say: [main], options: {"1": {to: x, clear: [place, other]}}}
    x: {kind: do, effect: y, clears: [place], outcomes: {done: bye}}
    bye: {kind: end, say: [bye]}
    """
    flow = small(tmp_path, nodes, head)
    main, do = flow.nodes["main"], flow.nodes["x"]
    assert isinstance(main, Menu)
    assert isinstance(do, Do)
    assert main.options["1"].clear == ("street", "district", "other")
    assert do.clears == ("street", "district")


def test_a_transfer_says_in_one_way_to_whom(tmp_path: Path) -> None:
    """Not in two, and not in none."""
    to = "main: {kind: transfer, unavailable: bye%s}\nbye: {kind: end}\n"
    for more in ("", ", target: operators, target_from: who"):
        (message,) = mistakes(small_flow(tmp_path, to % more))
        assert message.endswith("give target, or target_from with the answer that names it")
