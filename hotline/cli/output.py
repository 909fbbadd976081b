"""Where an export goes: a file, or standard output."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import rich_click as click


@contextmanager
def writing(output: Path | None) -> Iterator[TextIO]:
    """The file, or stdout where none is given, as UTF-8 with line ends as they are written."""
    if output is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="")
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        file = output.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}") from None
    with file:
        yield file
