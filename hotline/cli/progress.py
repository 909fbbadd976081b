"""How far a long replay is, for people who wait for it."""

import time
from collections.abc import Callable, Iterator

import rich_click as click

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
