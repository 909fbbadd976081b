"""Reading a YAML file that people edit, so that every error names file, line and key."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from files.yaml_tree import Location, NotYaml, key_of, line_of, read_tree

Model = TypeVar("Model", bound=BaseModel)
# YAML reads 1.1 as a number and no as false: people need the mend, not the type's name.
_MENDS = {
    "string_type": 'must be text: put it in double quotes, as in "1.1"',
    "missing": "is missing: write it here",
    "extra_forbidden": "is not known here: check the spelling or remove it",
}


class FileWrong(ValueError):
    """A file that cannot be used: each line of the message is one fault."""


@dataclass(frozen=True, slots=True)
class Document(Generic[Model]):
    """A file that was read: its checked value, and its tree for the lines of later errors."""

    path: Path
    value: Model
    tree: Any

    def fail(self, location: Location, problem: str) -> FileWrong:
        """The error for a fault found after reading. To be raised by the caller."""
        return FileWrong(_message(self.path, self.tree, location, problem))


def load_yaml(path: Path, model: type[Model]) -> Document[Model]:
    """Read `path` as `model`. Raises FileWrong with all faults, one a line."""
    try:
        tree = read_tree(path)
    except OSError as error:
        raise FileWrong(f"{path}: cannot be read: {error.strerror}") from error
    except NotYaml as error:
        raise FileWrong(f"{path}:{error.line}: {error}") from error
    try:
        return Document(path, model.model_validate(tree), tree)
    except ValidationError as error:
        faults = [
            _message(path, tree, fault["loc"], _MENDS.get(fault["type"], fault["msg"]))
            for fault in error.errors(include_url=False)
        ]
        raise FileWrong("\n".join(faults)) from error


def _message(path: Path, tree: Any, location: Location, problem: str) -> str:
    key = key_of(tree, location) or "(the whole file)"
    return f"{path}:{line_of(tree, location)}: {key}: {problem}"
