"""Listings: plain columns, the same on a terminal and in a pipe.

A table that is made for a width wraps and cuts what is longer, and a pipe has none: an id that is
cut finds nothing.
"""

from collections.abc import Sequence

import rich_click as click


def one_line(text: str) -> str:
    """Make text of people safe for a terminal: no control characters, one line."""
    return "".join(character if character.isprintable() else " " for character in text)[:200]


def print_columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Text of people in columns, a row a line: nothing in it drives the terminal."""
    table = [tuple(map(one_line, row)) for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        click.echo("  ".join(map(str.ljust, row, widths)).rstrip())
