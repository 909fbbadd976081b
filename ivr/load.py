"""Reading a flow file: YAML to frozen nodes, with errors that name file, line and key."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from ruamel.yaml.comments import CommentedMap

from files.yaml_tree import NotYaml, line_of, plain, text_of, tree_of
from ivr.content import version_of
from ivr.flow import (
    Ask,
    Do,
    End,
    Flow,
    Limit,
    Menu,
    Node,
    Option,
    Pick,
    RecordNode,
    Say,
    SayNode,
    TransferNode,
    Unsent,
)
from ivr.flow_file import (
    OPTIONAL,
    AnyNode,
    AskFile,
    BranchFile,
    Defaults,
    DoFile,
    FlowFile,
    LimitFile,
    MenuFile,
    OptionFile,
    PickFile,
    Prompts,
    RecordFile,
    SayFile,
    Strict,
    TransferFile,
    UnsentFile,
    WaitingFile,
)

Model = TypeVar("Model", bound=Strict)


class FlowFileError(Exception):
    """The flow file is wrong. Each message names file, line, key and what was expected there."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = tuple(messages)


def load_flow(path: Path) -> Flow:
    """Read the flow at `path`, and its branches: the files of the folder beside it of its name.

    Raises FlowFileError with every mistake found, and OSError when a file cannot be read. Targets
    that lead nowhere are the lint's business, not this function's.
    """
    texts: dict[str, str] = {}
    tree = _read(path, texts)
    wrong: list[str] = []
    file = _checked(path, tree, FlowFile, wrong)
    branches = [(one, _read(one, texts)) for one in sorted(path.with_suffix("").glob("*.yaml"))]
    files = [(one, branch, _checked(one, branch, BranchFile, wrong)) for one, branch in branches]
    if file is None or wrong:
        raise FlowFileError(wrong)
    lines = {name: (str(path), line_of(tree, ("nodes", name))) for name in file.nodes}
    nodes, written = dict(file.nodes), dict(tree["nodes"])
    for where, branch, found in files:
        for name, node in found.nodes.items() if found else ():
            line = line_of(branch, ("nodes", name))
            if name in nodes:
                before = ":".join(map(str, lines[name]))
                wrong.append(f"{where}:{line}: nodes.{name}: {before} has one of this name")
            nodes[name], lines[name] = node, (str(where), line)
            written[name] = branch["nodes"][name]
    if wrong:
        raise FlowFileError(wrong)
    return _flow(file, nodes, path, lines, texts, version_of(tree, written))


def _checked(path: Path, tree: CommentedMap, kind: type[Model], wrong: list[str]) -> Model | None:
    """The file as its schema has it; None, and more in `wrong`, where it is not such a one."""
    try:
        return kind.model_validate(plain(tree))
    except ValidationError as error:
        wrong += [
            f"{path}:{line_of(tree, e['loc'])}: {_dotted(e['loc'])}: {_words(e)}"
            for e in error.errors(include_url=False)
        ]
        return None


def _read(path: Path, texts: dict[str, str]) -> CommentedMap:
    """The tree of one file, whose text is put among `texts`."""
    try:
        texts[str(path)] = text_of(path)
        tree = tree_of(texts[str(path)])
    except NotYaml as error:
        raise FlowFileError([f"{path}:{error.line}: {error}"]) from None
    if not isinstance(tree, CommentedMap):
        raise FlowFileError(
            [f"{path}:1: a flow file is a mapping that begins with flow: and version:"]
        )
    return tree


def _dotted(loc: tuple[str | int, ...]) -> str:
    """The path of keys as it stands in the file, without the kind that validation puts in it."""
    if loc[0] == "nodes":
        loc = (*loc[:2], *loc[3:])
    return ".".join(str(part) for part in loc if part != "[key]")


def _words(error: Any) -> str:
    if error["loc"] and error["loc"][-1] == "[key]" and error["type"] == "string_type":
        return f'put the key in quotes: "{error["input"]}"'
    return str(error["msg"]).removeprefix("Value error, ")


def _flow(
    file: FlowFile,
    written: Mapping[str, AnyNode],
    path: Path,
    lines: Mapping[str, tuple[str, int]],
    texts: Mapping[str, str],
    version: str,
) -> Flow:
    nodes = {name: _node(name, node, file) for name, node in written.items()}
    return Flow(
        name=file.flow,
        version=version,
        number="" if file.version is None else str(file.version),
        language=file.language,
        languages=tuple(file.languages),
        starts=file.starts,
        root=file.root,
        given=tuple(file.given),
        nodes=nodes,
        unsent=tuple(_unsent(left) for left in file.unsent),
        said_once=None if file.said_once is None else tuple(file.said_once),
        limits=tuple(_limit(one) for one in file.limits),
        examples=file.examples,
        most_turns=file.most_turns,
        lines=lines,
        texts=texts,
        path=str(path),
    )


def _unsent(left: UnsentFile) -> Unsent:
    return Unsent(tuple(left.answers), left.to, tuple(left.asked))


def _limit(one: LimitFile) -> Limit:
    return Limit(one.name, one.to, one.prompts_s, one.keys, one.known, tuple(one.without))


def _node(name: str, node: Any, file: FlowFile) -> Node:
    defaults = file.defaults
    shared: dict[str, Any] = {
        "name": name,
        "intro": _says(node.intro),
        "say": _says(node.say),
        "skip_if": tuple(node.skip_if),
        "skip_to": node.skip_to,
        "skip_unless": tuple(node.skip_unless),
        "disposition": node.disposition,
    }
    if isinstance(node, WaitingFile):
        shared |= {
            "keys": _keys(defaults.keys, node),
            "noinput_to": node.noinput_to,
            "give_up": node.give_up or defaults.give_up,
            "noinput": tuple(node.noinput or defaults.noinput),
            "nomatch": tuple(node.nomatch or defaults.nomatch),
            "timeout_ms": round(1000 * (node.timeout_s or _usual_s(node, defaults))),
            "interdigit_ms": round(1000 * defaults.digit_timeout_s),
            "tries": node.tries,
        }
    match node:
        case MenuFile() | PickFile():
            shared |= {
                "options": {key: _option(one, file) for key, one in node.options.items()},
                "form": node.form,
                "most_options": node.most_options,
            }
            if isinstance(node, MenuFile):
                return Menu(
                    **shared,
                    first=_says(node.first),
                    more=_says(node.more),
                    needs=tuple(node.needs),
                )
            return Pick(
                **shared,
                of=node.of,
                each=_says(node.each),
                most=node.most,
                further=node.further,
                further_say=_says(node.further_say),
                then=_says(node.then),
                next=node.next,
            )
        case AskFile():
            least, most = node.digits
            return Ask(
                **shared,
                store=node.store,
                min_digits=least,
                max_digits=most,
                next=node.next or "",
                check=node.check or "",
                outcomes=node.outcomes,
            )
        case RecordFile():
            return RecordNode(
                **shared,
                store=node.store,
                max_seconds=node.max_seconds,
                next=node.next,
                unavailable=node.unavailable,
                silent=node.silent or node.unavailable,
                notice=_says(node.notice),
            )
        case SayFile():
            return SayNode(**shared, next=node.next)
        case DoFile():
            return Do(
                **shared,
                effect=node.effect,
                outcomes=node.outcomes,
                stores=tuple(node.stores),
                clears=_spelt_out(node.clears, file),
                resumes=node.resumes,
            )
        case TransferFile():
            return TransferNode(
                **shared,
                target=node.target or "",
                target_from=node.target_from or "",
                unavailable=node.unavailable,
            )
        case _:
            return End(**shared)


def _usual_s(node: WaitingFile, defaults: Defaults) -> float:
    longer = isinstance(node, AskFile) and node.digits[1] > 1
    return defaults.ask_timeout_s if longer else defaults.menu_timeout_s


def _keys(defaults: Mapping[str, str], node: WaitingFile) -> dict[str, str]:
    """What `0 * #` do at this node. `#` ends a recording, as its prompt says.

    Alone in an entry that is longer than one digit, `0` is no entry either: it means what it always
    does.
    """
    if isinstance(node, MenuFile | PickFile):
        keys = {**defaults, **node.keys}
    elif isinstance(node, AskFile):
        least, _ = node.digits
        keys = {**{k: v for k, v in defaults.items() if k in "*#" or least > 1}, **node.keys}
    else:
        keys = {**{k: v for k, v in defaults.items() if k != "#"}, **node.keys}
    return {key: meaning for key, meaning in keys.items() if meaning}


def _option(option: OptionFile, file: FlowFile) -> Option:
    return Option(option.to, option.language, option.set, _spelt_out(option.clear, file))


def _spelt_out(names: Sequence[str], file: FlowFile) -> tuple[str, ...]:
    """The answers, with those of a group in place of its name."""
    every = (answer for name in names for answer in file.groups.get(name, (name,)))
    return tuple(dict.fromkeys(every))


def _says(prompts: Prompts) -> tuple[Say, ...]:
    says = []
    for prompt in prompts:
        ((key, values),) = prompt.items() if isinstance(prompt, dict) else ((prompt, ()),)
        says.append(Say(key.removesuffix(OPTIONAL), tuple(values), key.endswith(OPTIONAL)))
    return tuple(says)
