"""`hotline prompts`: the prompts' audio, built and checked."""

import json
import sys
from dataclasses import asdict

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hotline.bootstrap import Services
from hotline.logs import is_terminal
from ivr.prompts import CatalogueError, prompt_findings
from voice.build import BuildReport, build
from voice.ready import check


def build_with_progress(services: Services, *, prune: bool = False) -> BuildReport:
    """Make what is missing, with a bar on a terminal while there is anything to do.

    The report tells what could not be made. Raises CatalogueError.
    """
    columns = (
        TextColumn("prompts"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    unseen = not is_terminal(sys.stderr)  # and so nothing is written, which might fail
    with Progress(*columns, console=console, transient=True, disable=unseen) as bar:
        task = bar.add_task("prompts", total=None, visible=False)

        def told(done: int, total: int, _what: str) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        return build(
            services.catalogue,
            services.settings.sounds,
            told,
            recordings=services.recorded_prompts,
            kept_voices=services.kept_voices,
            commands=services.settings.voice_commands,
            prune=prune,
        )


@click.group("prompts")
def prompts_group() -> None:
    """The prompts' audio: build and check."""


@prompts_group.command("build")
@click.option("--prune", is_flag=True, help="Take away sounds that no prompt uses any more")
@click.pass_obj
def build_command(services: Services, prune: bool) -> None:
    """Make the sound of every prompt, digit and word that is not there yet."""
    try:
        report = build_with_progress(services, prune=prune)
    except CatalogueError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    for failure in report.failures:
        click.echo(str(failure), err=True)
    for name in report.unused_recordings:
        click.echo(f"{name}: a recording that no prompt uses", err=True)
    click.echo(
        f"{report.made} sounds made, {report.kept} there already, {report.pruned} taken away; "
        f"in {services.settings.sounds}"
    )
    if report.failures:
        click.echo(f"{len(report.failures)} texts could not be said", err=True)
        sys.exit(1)


@prompts_group.command("check")
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of lines")
@click.pass_obj
def check_command(services: Services, as_json: bool) -> None:
    """List prompts that have no audio, and texts that a voice would say wrong; exit 1 for any."""
    try:
        missing = check(services.catalogue, services.settings.sounds)
        findings = prompt_findings(services.catalogue)
    except CatalogueError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    if as_json:
        rows = [asdict(item) for item in missing]
        shown = {"missing": rows, "texts": [str(finding) for finding in findings]}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        for item in missing:
            click.echo(f"{item.language} {item.audio}: {item.why}: {item.text}")
        for finding in findings:
            click.echo(str(finding))
        click.echo(f"{len(missing)} sounds missing, {len(findings)} texts to mend")
    sys.exit(1 if missing or findings else 0)
