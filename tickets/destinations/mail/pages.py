"""The pages that letters are made of: templates of plain text, and of HTML, which escape all."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from tickets.destinations.mail.safe_text import isolated


def page(name: str, values: Mapping[str, Any]) -> str:
    """The template of that name with these values."""
    return _environment().get_template(name).render(values)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["isolated"] = isolated
    return made
