"""Small changes to a Lua script, one at a time: what mutmut does for Python, for what Redis runs.

Comments and texts stay as they are. A change that Lua cannot read counts as noticed: it would be.
"""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"--[^\n]*|'[^'\n]*'|\"[^\"\n]*\"|\b[0-9]+(?:\.[0-9]+)?\b|[<>=~]=|[-+*/%<>]|\b[a-z]+\b"
)
_INSTEAD = {
    **{"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "~=", "~=": "=="},
    **{"+": "-", "-": "+", "*": "/", "/": "*", "%": "*"},
    **{"and": "or", "or": "and", "true": "false", "false": "true", "not": ""},
    **{"break": "", "min": "max", "max": "min", "floor": "ceil", "ceil": "floor"},
}


def changes(text: str) -> Iterator[tuple[str, str]]:
    """Each change by its name (`line:column: old -> new`), and the script with it."""
    for found in _TOKEN.finditer(text):
        old = found[0]
        new = _INSTEAD.get(old)
        if new is None and old[0].isdigit():
            new = str(int(old) + 1) if old.isdigit() else str(float(old) + 1)
        if new is None:
            continue
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        name = f"{line}:{column}: {old} -> {new or 'nothing'}"
        yield name, f"{text[: found.start()]}{new}{text[found.end() :]}"
