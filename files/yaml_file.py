"""Reading a YAML file that people edit, so that every error names file, line and key."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scanner import RoundTripScanner, ScannerError

Model = TypeVar("Model", bound=BaseModel)
# YAML reads 1.1 as a number and no as false: people need the mend, not the type's name.
_MENDS = {
    "string_type": 'must be text: put it in double quotes, as in "1.1"',
    "missing": "is missing: write it here",
    "extra_forbidden": "is not known here: check the spelling or remove it",
}

DEEPEST = 50
"""Lists and mappings in one another: our files have a handful, and a parser takes seconds and all
of the stack for some thousand."""

Location = tuple[str | int, ...]


class CatalogueError(ValueError):
    """A file of the catalogue that cannot be used: each line of the message is one fault."""


@dataclass(frozen=True, slots=True)
class Document(Generic[Model]):
    """A file that was read: its checked value, and its tree for the lines of later errors."""

    path: Path
    value: Model
    tree: Any

    def fail(self, location: Location, problem: str) -> CatalogueError:
        """The error for a fault found after reading. To be raised by the caller."""
        return CatalogueError(_message(self.path, self.tree, location, problem))


def load_yaml(path: Path, model: type[Model]) -> Document[Model]:
    """Read `path` as `model`. Raises CatalogueError with all faults, one a line."""
    try:
        tree = _reader().load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{path}: is not UTF-8: save it as UTF-8") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = (error.problem or "is not YAML").splitlines()[0]
        raise CatalogueError(f"{path}:{line}: {problem}") from error
    except YAMLError as error:
        raise CatalogueError(f"{path}: is not YAML") from error
    try:
        return Document(path, model.model_validate(tree), tree)
    except ValidationError as error:
        faults = [
            _message(path, tree, fault["loc"], _MENDS.get(fault["type"], fault["msg"]))
            for fault in error.errors(include_url=False)
        ]
        raise CatalogueError("\n".join(faults)) from error


def _message(path: Path, tree: Any, location: Location, problem: str) -> str:
    key = ".".join(str(part) for part in location) or "(the whole file)"
    return f"{path}:{_line(tree, location)}: {key}: {problem}"


def _line(tree: Any, location: Location) -> int:
    """The line of the deepest part of `location` that exists in the file."""
    line = 1
    node: Any = tree
    for part in location:
        if isinstance(node, CommentedMap) and part in node:
            line = node.lc.key(part)[0] + 1
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line = node.lc.item(part)[0] + 1
        else:
            break
        node = node[part]
    return line


class _ShallowBrackets(RoundTripScanner):
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


def _reader() -> YAML:
    made = YAML(typ="rt")
    made.Scanner = _ShallowBrackets
    made.Composer = _Shallow
    return made
