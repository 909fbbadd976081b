"""What the body of a 2xx must say for a message to count as taken, where a receiver says so.

Some gateways answer 200 to everything and put the failure into the body; some proxies answer 200
with a page of theirs. How an acknowledgement looks is the receiver's own, so it is a setting:

- `json`: a JSON object;
- `id`, `data.number`, `messages.0.id`: the JSON has this field, and it is not empty, null or false;
- `status=queued|sent`: this field has one of these values;
- `=1|100`: the whole body is one of these, as text or as JSON.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

ANY_JSON = "json"
_FIELD = re.compile(r"[A-Za-z0-9_@$-]+(?:\.[A-Za-z0-9_@$-]+)*")


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A field, by its names from the outermost, and the values that say yes; none: any but no.

    Without a field it is the whole body. Values are compared without regard to case.
    """

    path: tuple[str, ...] = ()
    values: frozenset[str] = frozenset()

    def holds(self, body: bytes | None) -> bool:
        """Whether `body` is such an acknowledgement; None, one that never came whole, is none."""
        if body is None:
            return False
        try:
            found: Any = json.loads(body)
        except (ValueError, RecursionError):
            text = body.decode("utf-8", "replace").strip()
            return not self.path and text.casefold() in self.values
        if not self.path and not self.values:
            return isinstance(found, dict)
        found = value_at(found, self.path)
        if not self.values:
            return not (found is None or found is False or found in ("", [], {}))
        return _text(found).casefold() in self.values


def parse_acknowledgement(text: str) -> Acknowledgement | None:
    """What the setting says; None for an empty one: the status alone counts.

    Raises ValueError for what could never hold.
    """
    if not text:
        return None
    if text == ANY_JSON:
        return Acknowledgement()
    field, equals, values = text.partition("=")
    known = frozenset(value.strip().casefold() for value in values.split("|") if value.strip())
    if (field and not _FIELD.fullmatch(field)) or ((equals or not field) and not known):
        raise ValueError("must be json, a field (id, data.number), or field=value|value")
    return Acknowledgement(tuple(field.split(".")) if field else (), known)


def value_at(value: Any, path: tuple[str, ...]) -> Any:
    """What stands in parsed JSON at `path`, names and places from the outermost; None: nothing."""
    for name in path:
        value = _part(value, name)
    return value


def parse_path(text: str) -> tuple[str, ...]:
    """The path that `text` writes: `id`, `data.number`, `0.id`; an empty one is the whole.

    Raises ValueError.
    """
    if text and not _FIELD.fullmatch(text):
        raise ValueError("must be a path, as id, data.number or messages.0.id")
    return tuple(text.split(".")) if text else ()


def _part(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, list) and re.fullmatch(r"[0-9]{1,4}", name):
        return value[int(name)] if int(name) < len(value) else None
    return None


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return str(value) if isinstance(value, str | int | float) else ""
