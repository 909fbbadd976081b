"""JSON that others send or write: read once, and only where it says one thing."""

import json
from typing import Any


class NotJson(ValueError):
    """The text is no JSON, or says two things under one name; the message says which."""


def read_json(text: str | bytes) -> Any:
    """What the text says (RFC 8259). Raises NotJson, also for a name that stands twice (section 4).

    Programs differ in which of two they take: what one checked, another would do otherwise.
    """
    try:
        return json.loads(text, object_pairs_hook=_once)
    except NotJson:
        raise
    except RecursionError:
        raise NotJson("is nested too deep") from None
    except ValueError:
        raise NotJson("is no JSON") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("names something twice")
    return found
