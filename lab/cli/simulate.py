"""`hotline blacklist simulate`: a city's calls as they might be, to try a policy on."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

import rich_click as click

from blacklist.replay.history import write_history
from hotline.cli.progress import told
from lab.simulate.stream import simulate

_output = click.Path(path_type=Path, dir_okay=False, writable=True)


@click.command("simulate")
@click.option("--seed", type=int, required=True, help="The same seed gives the same calls")
@click.option("--calls", type=click.IntRange(1, 100_000_000), required=True, help="How many")
@click.option("--out", type=_output, help="A CSV file [default: stdout]")
def simulate_command(seed: int, calls: int, out: Path | None) -> None:
    """Make a labelled history of a city's calls, of about ninety days.

    Each seed is another city. All callers are made up, and their numbers belong to nobody. What is
    assumed of them stands in lab/simulate/city.py.
    """
    with ExitStack() as stack:
        file = sys.stdout if out is None else stack.enter_context(_opened(out))
        for _ in told(write_history(simulate(seed, calls), file), calls, "written"):
            pass


def _opened(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
