"""`hotline flow report`: what callers did at each node, by the record of their calls."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import rich_click as click
from sqlalchemy.exc import SQLAlchemyError

from call_handlers.fields import CallRecord
from call_handlers.flow_figures import FlowFigures, NodeFigures
from call_handlers.history import Wanted, count_calls, stream_calls
from hotline.bootstrap import Services
from hotline.cli.columns import print_columns
from hotline.cli.moments import Moment
from hotline.cli.progress import told
from hotline.menu import WRONG_FILE
from hotline.trouble import of_database
from ivr.diagram import mermaid
from ivr.flow import Flow

_HEADINGS: tuple[str, ...] = (
    *("file", "node", "calls", "answered", "noinput", "nomatch", "again", "hung up", "median s"),
)
_WORDS = ("answered", "noinput", "nomatch", "again", "hung_up")
_EARLIER = "(earlier)"


@click.command("report")
@click.option(
    "--since",
    type=Moment(),
    default="7d",
    show_default=True,
    help="Calls from then on: a date, or 24h ago",
)
@click.option("--until", type=Moment(whole=True), help="Calls before this; a date: its end")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, times in UTC")
@click.option("--diagram", is_flag=True, help="The flow as a Mermaid flowchart, with the figures")
@click.pass_obj
def report_command(
    services: Services, since: datetime, until: datetime | None, as_json: bool, diagram: bool
) -> None:
    """Tell what callers did at each node of the menu, in the order of the flow's files.

    calls: how many came there. answered, noinput, nomatch: how often a caller chose, entered or
    said something; said nothing; was wrong. again: how often they had it said again, or heard more
    choices. hung up: how many left there. median s: from the question's beginning to the answer.

    Calls that still go on tell nothing yet. Exit 1 when the database is away, 2 for a wrong file.
    """
    if as_json and diagram:
        raise click.UsageError("--json or --diagram, not both")
    try:
        flow = services.flow
        figures = _counted(services, flow, Wanted(since=since, until=until))
    except SQLAlchemyError as error:
        click.echo(of_database(error), err=True)
        sys.exit(1)
    except WRONG_FILE as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    if as_json:
        click.echo(json.dumps(_json(flow, figures, since, until), ensure_ascii=False, indent=2))
        return
    if diagram:
        notes = {one.node: _words(one) for one in figures.all() if one.calls}
        click.echo(mermaid(flow, notes), nl=False)
        return
    head, *rows = _table(flow, figures)
    print_columns(head, rows)
    still = f", {figures.untold:,} of them without a path" if figures.untold else ""
    span = f"since {since.astimezone(services.zone):%Y-%m-%d %H:%M}"
    span += f" until {until.astimezone(services.zone):%Y-%m-%d %H:%M}" if until else ""
    click.echo(f"\nflow {flow.name}, {span}: {figures.calls:,} calls{still}")


def _counted(services: Services, flow: Flow, wanted: Wanted) -> FlowFigures:
    """The figures of all calls that are wanted, a batch of which is in memory at a time."""
    engine, versions = services.engine(), services.flows

    def flow_of(record: CallRecord) -> Flow:
        return versions.of(record.flow, record.flow_version)

    figures = FlowFigures(flow, flow_of)

    def taken() -> Iterator[int]:
        for number, (record, events) in enumerate(stream_calls(engine, wanted), start=1):
            figures.take(record, events)
            yield number

    for _ in told(taken(), count_calls(engine, wanted), "counted"):
        pass
    return figures


def _table(flow: Flow, figures: FlowFigures) -> list[tuple[str, ...]]:
    """The heading and a row for each node, with numbers as wide as the widest of their column."""
    rows = [_HEADINGS]
    for one in figures.all():
        numbers = [f"{getattr(one, name):,}" for name in ("calls", *_WORDS)]
        median = "" if one.median_s is None else f"{one.median_s:.1f}"
        rows.append((_file(flow, one.node), one.node, *numbers, median))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        (*row[:2], *(text.rjust(wide) for text, wide in zip(row[2:], widths[2:], strict=True)))
        for row in rows
    ]


def _file(flow: Flow, node: str) -> str:
    """The name of the file that has the node, without its ending."""
    if node not in flow.nodes:
        return _EARLIER
    return Path(flow.place(node).rpartition(":")[0]).stem


def _words(one: NodeFigures) -> str:
    """The figures of a node in a line; what is none is left out."""
    counts = ((name, getattr(one, name)) for name in _WORDS)
    told = [f"{one.calls:,} calls"]
    told += [f"{count:,} {name.replace('_', ' ')}" for name, count in counts if count]
    told += [] if one.median_s is None else [f"{one.median_s:.1f} s"]
    return ", ".join(told)


def _json(
    flow: Flow, figures: FlowFigures, since: datetime, until: datetime | None
) -> dict[str, object]:
    rows = [{"file": _file(flow, one.node), **asdict(one)} for one in figures.all()]
    return {
        "flow": flow.name,
        "since": since.astimezone(UTC).isoformat(),
        "until": None if until is None else until.astimezone(UTC).isoformat(),
        "calls": figures.calls,
        "untold": figures.untold,
        "nodes": rows,
    }
