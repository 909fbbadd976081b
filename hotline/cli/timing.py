"""`hotline flow timing`: what each way through the menu asks of a caller, by the real sounds."""

import json
import sys
from collections.abc import Iterator

import rich_click as click
from rich import box
from rich.console import Console
from rich.table import Table

from hotline.bootstrap import Services
from hotline.measured import timed_ways
from hotline.menu import WRONG_FILE
from ivr.flow import Limit
from ivr.timing import Timed, past

Measured = tuple[Limit, list[Timed]]


@click.command("timing")
@click.option("--to", "to", help="A node of the flow, in place of those that have limits")
@click.option("--all", "every", is_flag=True, help="Every way, not the longest of each language")
@click.option("--json", "as_json", is_flag=True, help="One JSON list of all ways")
@click.pass_obj
def timing_command(services: Services, to: str | None, every: bool, as_json: bool) -> None:
    """Measure each way through the menu: seconds of prompts, and digits to press.

    By the sounds that callers hear, for who never interrupts and makes no mistake. Exit 1 when a
    way is past its limit (`limits` of the flow) or a sound is not there, 2 when a file is wrong.
    """
    try:
        flow = services.flow
        limits = flow.limits if to is None else (Limit(f"from answer to {to}", to),)
        unknown = [limit.to for limit in limits if limit.to not in flow.nodes]
        if unknown:
            raise click.UsageError(f"flow {flow.name} has no node {unknown[0]}")
        measured = [(limit, timed_ways(services, limit)) for limit in limits]
    except WRONG_FILE as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    if as_json:
        click.echo(json.dumps(list(_rows(measured)), ensure_ascii=False, indent=2))
    else:
        for limit, ways in measured:
            _show(limit, ways, every=every)
    bad = any(past(limit, way) or way.missing for limit, ways in measured for way in ways)
    sys.exit(1 if bad else 0)


def _rows(measured: list[Measured]) -> Iterator[dict[str, object]]:
    for limit, ways in measured:
        for way in ways:
            yield {
                "limit": limit.name,
                "to": limit.to,
                "language": way.walked.language,
                "presses": list(way.walked.presses),
                "service_code": way.walked.answers.get("service_code"),
                "digits": way.walked.digits,
                "seconds": round(way.seconds, 2),
                "past": past(limit, way),
                "missing": list(way.missing),
            }


def _show(limit: Limit, ways: list[Timed], *, every: bool) -> None:
    most = "" if limit.prompts_s is None else f", at most {limit.prompts_s:g} s"
    most += "" if limit.keys is None else f", at most {limit.keys} digits"
    click.echo(f"{limit.name} ({limit.to}): {len(ways)} ways{most}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("language", "keys", "about"):
        table.add_column(name, no_wrap=True)
    for name in ("digits", "seconds"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    told = dict.fromkeys(way.walked.language for way in ways)
    for way in ways:
        if not every and told.pop(way.walked.language, "") == "":
            continue  # the longest of its language was shown
        about = way.walked.answers.get("service_code", "")
        keys = " ".join(way.walked.presses)
        fault = past(limit, way) or (f"{len(way.missing)} sounds missing" if way.missing else "")
        cells = (str(way.walked.digits), f"{way.seconds:.1f}", fault)
        table.add_row(way.walked.language, keys, about, *cells)
    Console().print(table)
    missing = {audio for way in ways for audio in way.missing}
    if missing:
        click.echo(f"{len(missing)} sounds are not there: `hotline prompts build`", err=True)
