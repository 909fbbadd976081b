"""The prompts' audio, made with a bar on a terminal: by a command, and before roles start."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from hotline.announcing import texts_in_use
from hotline.bootstrap import Services
from hotline.logs import is_terminal
from voice.build import BuildReport, Progress, build
from voice.wav import AudioError

_SHOWN = 8


def build_with_progress(services: Services, *, prune: bool = False) -> BuildReport:
    """Make what is missing, with a bar on a terminal while there is anything to do.

    The report tells what could not be made. Raises CatalogueError; with `prune`, SQLAlchemyError:
    what is in use beside the prompts is known to the database.
    """
    with bar("prompts") as progress:
        return build(
            services.catalogue,
            services.settings.sounds,
            progress,
            recordings=services.recorded_prompts,
            kept_voices=services.kept_voices,
            commands=services.settings.voice_commands,
            prune=prune,
            in_use=texts_in_use(services) if prune else (),
        )


def build_for_calls(services: Services, tell: Callable[[str], None]) -> None:
    """Make what is missing; `tell` is told what could not be made, a line each.

    A text without a sound is said in another language, so calls go on without it. Raises
    CatalogueError, and AudioError where no language has all that a prompt itself says.
    """
    report = build_with_progress(services)
    for failure in report.failures:
        tell(str(failure))
    lost = services.catalogue.unsaid({name for one in report.failures for name in one.sounds})
    if lost:
        shown = ", ".join(lost[:_SHOWN]) + (", …" if len(lost) > _SHOWN else "")
        raise AudioError(f"{len(lost)} prompts could be said in no language: {shown}")
    if report.failures:
        count = len(report.failures)
        tell(f"{count} texts could not be said: callers hear another language in their place")


@contextmanager
def bar(what: str) -> Iterator[Progress]:
    """A bar on a terminal, from the first thing that is done on."""
    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    unseen = not is_terminal(sys.stderr)  # and so nothing is written, which might fail
    with ProgressBar(*columns, console=console, transient=True, disable=unseen) as bar:
        task = bar.add_task(what, total=None, visible=False)

        def told(done: int, total: int, _what: str) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        yield told
