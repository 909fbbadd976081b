"""How the environment becomes settings: secrets from files, misspelt names, plain messages."""

import difflib
from collections.abc import Mapping, Set
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource
from pydantic_settings.sources.utils import parse_env_vars


class SettingsWrong(ValueError):
    """The settings cannot be used. `problems` has one line for each thing to mend."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{len(problems)} setting(s) to mend:\n{lines}")


class Environment(EnvSettingsSource):
    """pydantic-settings' reading of the environment, from a mapping that is handed in."""

    def __init__(self, settings: type[BaseSettings], environ: Mapping[str, str]) -> None:
        self._environ = environ
        super().__init__(settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return parse_env_vars(
            self._environ, self.case_sensitive, self.env_ignore_empty, self.env_parse_none_str
        )


def secrets_from_files(environ: dict[str, str], names: frozenset[str]) -> list[str]:
    """Replace each `<NAME>_FILE` in `environ` by `<NAME>` with the file's text; return problems."""
    problems = []
    for name in sorted(names):
        path = environ.pop(f"{name}_FILE", None)
        if path is None:
            continue
        if name in environ:
            problems.append(f"{name} and {name}_FILE are both set: unset one")
            continue
        try:
            environ[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError, ValueError) as error:
            problems.append(f"{name}_FILE cannot be read: {type(error).__name__}")
            continue
        if not environ[name]:
            problems.append(f"{name}_FILE names an empty file: write the secret into it")
    return problems


def unknown(environ: Mapping[str, str], settings: type[BaseSettings], prefix: str) -> list[str]:
    """Name each variable with our prefix that is no setting (groups see to their own fields)."""
    known = {prefix + name.upper() for name in settings.model_fields}
    problems = []
    for name in sorted(environ):
        if not name.upper().startswith(prefix):
            continue
        head = prefix + name[len(prefix) :].split("__")[0].upper()
        if head not in known:
            near = difflib.get_close_matches(head, known, n=1)
            hint = f": did you mean {near[0]}?" if near else ""
            problems.append(f"{name} is not a setting{hint}")
    return problems


def explain(error: ValidationError, prefix: str, in_files: Set[str] = frozenset()) -> list[str]:
    """Turn pydantic's errors into lines that name the variable; values are never repeated.

    `in_files` are those whose value a file gave.
    """
    problems = []
    for item in error.errors(include_input=False, include_url=False, include_context=False):
        names = [str(part) for part in item["loc"]]
        fields = [name for name in names if not name.isdecimal()]
        variable = "__".join(fields).upper()
        variable = names[0] if names[0].isupper() else prefix + variable
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = "is not a setting"
        where = f" (in the file that {variable}_FILE names)" if variable in in_files else ""
        problems.append(f"{variable}{where}: {message}")
    return problems
