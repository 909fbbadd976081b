"""The figures as a table for people, readable on 80 columns."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lab.bench.figures import Figure, Measured, Part

_SIGNS = {"at most": "≤", "at least": "≥"}
_MARKS = {True: ("kept", "green"), False: ("NOT KEPT", "bold red"), None: ("", "")}


def render(parts: Sequence[Part]) -> RenderableType:
    """One table of all parts, and what is to be said about how they were measured.

    A figure without a bound is for information.
    """
    table = Table(title="What a call costs, measured in this run", show_lines=True, expand=True)
    table.add_column("part", style="bold", no_wrap=True)
    table.add_column("figure, what was measured, what it is compared with", ratio=1)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("bound", no_wrap=True)
    for part in parts:
        if part.skipped:
            table.add_row(part.name, Text(f"skipped: {part.skipped}"), "", "")
        if part.failed:
            table.add_row(part.name, Text(f"failed: {part.failed}", style="bold red"), "", "")
        for figure in part.figures:
            value = _number(figure.value, figure.unit)
            table.add_row(part.name, _told(figure), value, _bound(figure))
    notes = [
        Padding(Text(f"{part.name} ({part.seconds:.0f} s): {note}."), (0, 1))
        for part in parts
        for note in part.notes
    ]
    return Group(table, *notes)


def _told(figure: Figure) -> Text:
    text = Text(figure.what)
    if figure.against is None:
        return text.append(f"\n  {figure.ours.name}", style="dim")  # its amount is the value
    for measured in (figure.ours, figure.against):
        text.append(f"\n  {_measured(measured)}", style="dim")
    return text


def _bound(figure: Figure) -> Text:
    if figure.bound is None:
        return Text("")
    word, style = _MARKS[figure.kept]
    text = Text(f"{_SIGNS[figure.bound.side]} {figure.bound.value:g} {figure.unit}\n")
    return text.append(word, style=style)


def _measured(measured: Measured) -> str:
    return f"{measured.name}: {_number(measured.amount, measured.unit)}"


def _number(value: float, unit: str) -> str:
    """Three significant digits, thousands in full."""
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text} {unit}"
