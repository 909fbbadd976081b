"""Texts with places for what is known of a ticket: `{reference}`, `{html:description}`.

There is no expression, and no place inside a place: all are filled at once, so that a citizen who
says `{reference}` is told to others as they said it. `{{` and `}}` are braces.
"""

import html
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import quote

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME = re.compile(r"(?:(text|html|wiki):)?([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)")
_HIDDEN = ("secret.", "basic.", "session")
_MEANT = re.compile(r"[\\{}\[\]()!*_+^~?|#<>-]")
"""What Jira's markup reads in a text ("Text Formatting Notation Help", Advanced Formatting)."""
HEADER_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"


class Unfit(ValueError):
    """A value cannot stand where the template has it; the message has the name, never the value."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value goes; `form` is `text`, `html`, `wiki` (Jira's), or empty: as it is."""

    name: str
    form: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A text in parts."""

    parts: tuple[str | Place, ...]

    def text(self, values: Mapping[str, Any], escape: Callable[[str], str] = str) -> str:
        """Filled; `escape` is for where the text stands, of values alone."""
        return "".join(
            part if isinstance(part, str) else escape(_shown(part, values)) for part in self.parts
        )

    def value(self, values: Mapping[str, Any]) -> Any:
        """Filled for JSON: a place that is the whole text keeps its number, list or null."""
        if len(self.parts) == 1:
            (only,) = self.parts
            if isinstance(only, Place) and not only.form:
                return values[only.name]
        return self.text(values)

    @property
    def places(self) -> Iterator[Place]:
        """Those in it."""
        return (part for part in self.parts if isinstance(part, Place))


def parse_template(text: str, known: Collection[str]) -> Template:
    """The parts of `text`. Raises ValueError, naming a place that is not `known`."""
    parts: list[str | Place] = []
    end = 0
    for found in _PART.finditer(text):
        parts.append(text[end : found.start()])
        parts.append(found[0][0] if found[0] in ("{{", "}}") else _place(found, known))
        end = found.end()
    parts.append(text[end:])
    return Template(tuple(part for part in parts if part != ""))


def _place(found: re.Match[str], known: Collection[str]) -> Place:
    if found[1] is None:
        raise ValueError(f"has a {found[0]} by itself: write {found[0] * 2} for a brace")
    form = _NAME.fullmatch(found[1])
    if form is None:
        raise ValueError(f"{found[0]} is no place for a value: write {{{{ and }}}} for braces")
    name = form[2]
    if name in known:
        return Place(name, form[1] or "")
    if name.startswith(_HIDDEN):
        raise ValueError(
            f"{found[0]} may stand in headers alone, where `secrets` or `session` has it"
        )
    near = get_close_matches(name, known, 3)
    mend = " or ".join(f"{{{one}}}" for one in near) or "docs/receiving-tickets.md lists them"
    raise ValueError(f"{found[0]} is not known: {mend}")


def url_of(template: Template, values: Mapping[str, Any]) -> str:
    """The address: of values nothing stays that would mean something in one (RFC 3986, 2.1)."""

    def escaped(text: str) -> str:
        if text in (".", ".."):
            raise Unfit("a value would lead to another place in the address")
        return quote(text, safe="")

    return template.text(values, escaped)


def header_of(name: str, template: Template, values: Mapping[str, Any]) -> str:
    """The header's value. Raises Unfit for what no header can carry."""
    text = template.text(values).strip()
    if not all(" " <= letter <= "~" or "\xa0" <= letter <= "\xff" for letter in text):
        places = ", ".join(f"{{{place.name}}}" for place in template.places)
        raise Unfit(f"header {name}: {places} has what no header can carry")
    return text


def parse_body(node: Any, known: Collection[str]) -> Any:
    """A body as it is written, its texts as templates. Raises ValueError."""
    if isinstance(node, str):
        return parse_template(node, known)
    if isinstance(node, list):
        return [parse_body(part, known) for part in node]
    if isinstance(node, dict):
        return {key: parse_body(part, known) for key, part in node.items()}
    return node


def fill_body(node: Any, values: Mapping[str, Any]) -> Any:
    """What `parse_body` gave, filled."""
    if isinstance(node, Template):
        return node.value(values)
    if isinstance(node, list):
        return [fill_body(part, values) for part in node]
    if isinstance(node, dict):
        return {key: fill_body(part, values) for key, part in node.items()}
    return node


def as_text(value: Any) -> str:
    """A value among other text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and not any(isinstance(part, dict | list) for part in value):
        return ", ".join(as_text(part) for part in value)
    return json.dumps(value, ensure_ascii=False)


def _shown(place: Place, values: Mapping[str, Any]) -> str:
    text = as_text(values[place.name])
    if place.form == "html":
        return html.escape(text).replace("\n", "<br>\n")
    if place.form == "wiki":
        return _MEANT.sub(r"\\\g<0>", text)
    return text
