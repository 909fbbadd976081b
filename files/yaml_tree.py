"""YAML that people write, read so that every error can name its line."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.constructor import ConstructorError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scanner import Scanner, ScannerError

DEEPEST = 50
"""Lists and mappings in one another: our files have a handful, and a parser takes seconds and all
of the stack for some thousand."""

_KEPT = 64
"""As many trees are kept in a process as we have files, twice over; 3.4 MB of those that ship."""

Location = tuple[str | int, ...]


class NotYaml(Exception):
    """The text is not YAML; `line` counts from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line


def read_tree(path: Path) -> Any:
    """The file's tree, with lines, as `tree_of` has it. Raises NotYaml, and OSError."""
    return tree_of(text_of(path))


def text_of(path: Path) -> str:
    """The file's text. Raises NotYaml where it is no UTF-8, and OSError."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise NotYaml(1, f"not UTF-8 text: {error.reason}") from None


def tree_of(text: str) -> Any:
    """The tree of a text, with lines, which nobody changes: the same text has the same one.

    Raises NotYaml.
    """
    try:
        return _tree(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = (error.problem or "this is not YAML").splitlines()[0]
        raise NotYaml(mark.line + 1 if mark else 1, problem) from None
    except ReaderError as error:  # a control character, which YAML refuses
        line = text.count("\n", 0, error.position) + 1
        raise NotYaml(line, f"character {error.character!r}: {error.reason}") from None
    except YAMLError as error:
        raise NotYaml(1, str(error).splitlines()[0]) from None


@lru_cache(_KEPT)
def _tree(text: str) -> Any:
    return _reader().load(text)


def plain(tree: Any) -> Any:
    """The tree as plain dicts, lists and scalars, which strict validation demands."""
    if isinstance(tree, dict):
        return {plain(key): plain(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [plain(item) for item in tree]
    if isinstance(tree, bool):
        return tree
    for kind in (str, int, float):
        if isinstance(tree, kind):
            return kind(tree)
    return tree


def line_of(tree: Any, location: Location) -> int:
    """The line (from 1) of the deepest part of `location` that is in the file."""
    line = 1
    for part in location:
        if isinstance(tree, CommentedMap) and part in tree:
            line = tree.lc.key(part)[0] + 1
        elif isinstance(tree, CommentedSeq) and isinstance(part, int) and part < len(tree):
            line = tree.lc.item(part)[0] + 1
        else:
            continue
        tree = tree[part]
    return line


def key_of(tree: Any, location: Location) -> str:
    """`location` as people write it: without what a checker puts in between, as a chosen kind."""
    parts: list[str | int] = []
    for number, part in enumerate(location):
        there = isinstance(tree, CommentedMap) and part in tree
        there = there or (
            isinstance(tree, CommentedSeq) and isinstance(part, int) and part < len(tree)
        )
        if there or number == len(location) - 1:
            parts.append(part)
        tree = tree[part] if there else tree
    return ".".join(map(str, parts))


class _ShallowBrackets(Scanner):
    """Reads brackets as deep as a person writes them: it looks far ahead, at all open ones."""

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: str) -> None:
        """As every scanner. Raises ScannerError where it is too deep."""
        if len(self.flow_context) == DEEPEST:
            mark = self.reader.get_mark()
            raise ScannerError(problem=f"is nested more than {DEEPEST} deep", problem_mark=mark)
        super().fetch_flow_collection_start(TokenClass, to_push)


class _Shallow(Composer):
    """Composes nodes as deep as a person writes them."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """As every composer. Raises ComposerError where it is too deep."""
        self._depth += 1
        if self._depth > DEEPEST:
            mark = self.parser.peek_event().start_mark
            raise ComposerError(problem=f"is nested more than {DEEPEST} deep", problem_mark=mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


class _Dated(RoundTripConstructor):
    """Makes dates of what looks like one, and has the line of a day that there is not."""

    def construct_yaml_timestamp(self, node: Any, values: Any = None) -> Any:
        """As every constructor. Raises ConstructorError where the calendar has no such day."""
        try:
            return super().construct_yaml_timestamp(node, values)
        except ValueError as error:
            raise ConstructorError(
                problem=f"{node.value} is no date: {error}", problem_mark=node.start_mark
            ) from None


_Dated.add_constructor("tag:yaml.org,2002:timestamp", _Dated.construct_yaml_timestamp)


def _reader() -> YAML:
    made = YAML(typ="rt")  # which has lines; comments, that nobody asks for, are passed over
    made.Parser = Parser
    made.Constructor = _Dated
    made.Scanner = _ShallowBrackets
    made.Composer = _Shallow
    return made
