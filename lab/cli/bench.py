"""`hotline bench`: what a call costs, as ratios measured in one run."""

import sys

import rich_click as click
from rich.console import Console

from hotline.bootstrap import Services
from hotline.cli.building import build_with_progress
from hotline.logs import configure
from ivr.prompts import CatalogueError
from lab.bench.figures import to_json
from lab.bench.run import PARTS, run
from lab.bench.setting import Bench
from lab.bench.table import render
from voice.wav import AudioError


@click.command()
@click.option(
    "--only", "names", multiple=True, type=click.Choice(PARTS), help="One part; may be repeated"
)
@click.option("--against", default="", help="Earlier commit that the part `before` compares with")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table")
@click.pass_obj
def bench(services: Services, names: tuple[str, ...], against: str, as_json: bool) -> None:
    """Measure costs as ratios (about a quarter of an hour); exit 1 when a bound is not kept."""
    configure("warning", services.settings.log.format)  # nothing between the lines of progress
    chosen = [name for name in PARTS if name in names] if names else list(PARTS)
    try:
        build_with_progress(services).whole()
    except (AudioError, CatalogueError) as error:
        click.echo(f"[bench] {error}", err=True)
        sys.exit(1)
    parts = list(run(Bench(services, _say, against=against), chosen))
    if as_json:
        click.echo(to_json(parts))
    else:
        Console().print(render(parts))
    sys.exit(0 if all(part.kept for part in parts) else 1)


def _say(line: str) -> None:
    click.echo(f"[bench] {line}", err=True)
