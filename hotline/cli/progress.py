"""How far a long replay or import is, for people who wait for it."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_SAID_EVERY_S = 2.0
_LOOK_EVERY = 1_000


def told(
    numbers: Iterator[int],
    total: int | None,
    done: str = "replayed",
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[int]:
    """Say on stderr how far it is, once it takes long. `clock` gives seconds."""
    last, said, number = clock(), False, 0
    for number in numbers:
        if number % _LOOK_EVERY == 0 and clock() - last >= _SAID_EVERY_S:
            last, said = clock(), True
            click.echo(f"{number:,}{f' of {total:,}' if total else ''} calls", err=True)
        yield number
    if said:
        click.echo(f"{number:,} calls {done}", err=True)


_NO_NAMES: Mapping[str, str] = MappingProxyType({})
_CHECKED, _WRITTEN = "checked", "written"


@contextmanager
def rows_bar(names: Mapping[str, str] = _NO_NAMES) -> Iterator[Callable[[str, int], None]]:
    """A bar on a terminal for each thing that an import does with rows, and how many so far.

    How many there are is known once all are `checked`. `names` are how things are called.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    unseen = not console.is_terminal
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=unseen) as shown:
        tasks = {_CHECKED: shown.add_task(_CHECKED, total=None)}
        rows = 0

        def told(what: str, done: int) -> None:
            nonlocal rows
            if what == _CHECKED:
                rows = done
            elif what not in tasks:
                tasks[what] = shown.add_task(names.get(what, what), total=None)
            shown.update(tasks[what], completed=done)
            if what == _WRITTEN:
                shown.update(tasks[_CHECKED], total=rows)
                shown.update(tasks[what], total=rows)

        yield told
