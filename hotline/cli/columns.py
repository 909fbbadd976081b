"""Listings: plain columns, whole lines in a pipe, and none wider than the terminal.

A table that is made for a width cuts what is longer, and an id that is cut finds nothing. So here
nothing is cut: in a pipe a record is a line, however long; on a terminal the columns that have no
room stand under the others, and words of people go on in the next line.
"""

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

import rich_click as click

from hotline.logs import is_terminal

_GAP = "  "
_INDENT = "    "


def one_line(text: str) -> str:
    """Make text of people safe for a terminal: no control characters, one line."""
    return "".join(character if character.isprintable() else " " for character in text)


def print_columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Text of people in columns, nothing of it cut; nothing in it drives the terminal."""
    width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None
    for line in laid_out(head, rows, width):
        click.echo(line)


def laid_out(
    head: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None
) -> Iterator[str]:
    """The lines: one a record, or with a `width` as many as it takes, the later ones indented.

    What is one word, as every number and id is, stays whole even where it is longer than `width`.
    """
    table = [tuple(map(one_line, row)) for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    parts = _parts(widths, width)
    for row in table:
        for number, (first, behind) in enumerate(parts):
            cells = map(str.ljust, row[first:behind], widths[first:behind])
            line = _GAP.join(cells).rstrip()
            indent = _INDENT if number else ""
            if width is None or len(indent + line) <= width:
                if line or not number:
                    yield indent + line
                continue
            yield from textwrap.wrap(
                line,
                width,
                initial_indent=indent,
                subsequent_indent=_INDENT,
                break_long_words=False,
                break_on_hyphens=False,
            )


def _parts(widths: Sequence[int], width: int | None) -> list[tuple[int, int]]:
    """Which columns stand beside each other: from, and before."""
    parts, first, used = [], 0, 0
    for at, wide in enumerate(widths):
        if width is not None and at > first and used + len(_GAP) + wide > width:
            parts.append((first, at))
            first, used = at, len(_INDENT) + wide
        else:
            used += wide + (len(_GAP) if at > first else 0)
    return [*parts, (first, len(widths))]
