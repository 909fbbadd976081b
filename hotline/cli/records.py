"""`hotline records`: the calls that were, as lists, as stories, and for other programs."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn, TextIO, TypeVar
from zoneinfo import ZoneInfo

import rich_click as click
from sqlalchemy.exc import SQLAlchemyError

from blacklist.verdict import DISPOSITIONS
from call_handlers.export import (
    Calls,
    call_to_dict,
    recording_to_dict,
    write_csv,
    write_jsonl,
)
from call_handlers.fields import CallRecord
from call_handlers.history import Wanted, count_calls, find_call, list_calls, stream_calls
from call_handlers.vcon import vcon
from call_handlers.wanted import ANY_ANSWER, IN_PROGRESS
from hotline.bootstrap import Services
from hotline.cli.columns import print_columns
from hotline.cli.moments import before_then, from_then_on
from hotline.cli.output import writing
from hotline.cli.story import story
from hotline.trouble import of_database
from recordings.register import recordings_of

_DISPOSITIONS = ("completed", "abandoned", "transferred", "blocked", "voicemail", "failed")
_OUTCOMES = (*_DISPOSITIONS, ANY_ANSWER, IN_PROGRESS)
_PROGRESS_S = 3.0
_HEADINGS = ("call", "started", "seconds", "caller", "verdict", "disposition", "tickets")
_ORGANISATION = "Jeddah Municipality"

Command = TypeVar("Command", bound=Callable[..., Any])


def wanted_options(command: Command) -> Command:
    """The filters that list and export share."""
    for option in reversed(
        (
            from_then_on(),
            before_then(),
            click.option("--disposition", type=click.Choice(_OUTCOMES)),
            click.option("--caller", help="A number, or: withheld"),
            click.option("--channel", help="asterisk, twilio or test"),
            click.option("--verdict", type=click.Choice(DISPOSITIONS), help="Of screening"),
            click.option("--node", help="The last one of the menu that the caller was at"),
            click.option("--choice", help="What was chosen last in the main menu, or none"),
            click.option("--reference", help="The number of a ticket that the call opened"),
        )
    ):
        command = option(command)
    return command


@click.group("records")
def records_group() -> None:
    """Call records: list, show and export."""


@records_group.command("list")
@wanted_options
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON list, times in UTC")
@click.pass_obj
def records_list(services: Services, /, limit: int, as_json: bool, **filters: Any) -> None:
    """List calls, newest first."""
    try:
        found = list_calls(services.engine(), _wanted(filters), limit=limit)
    except SQLAlchemyError as error:
        _database_away(error)
    if as_json:
        click.echo(json.dumps([call_to_dict(one) for one in found], ensure_ascii=False, indent=2))
        return
    zone = services.zone
    print_columns(_HEADINGS, [_row(record, zone) for record in found])


@records_group.command("show")
@click.argument("call_id")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, times in UTC")
@click.pass_obj
def records_show(services: Services, call_id: str, as_json: bool) -> None:
    """Tell the story of one call; exit 1 when there is none of this id."""
    record, events = _found(services, call_id)
    try:
        kept = recordings_of(services.engine(), record.id)
    except SQLAlchemyError as error:
        _database_away(error)
    if as_json:
        shown = call_to_dict(record, events) | {"recordings": list(map(recording_to_dict, kept))}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    for line in story(record, events, services.zone, kept):
        click.echo(line)


@records_group.command("export")
@wanted_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv", "vcon"]),
    required=True,
    help="jsonl: exact, with events; csv: for spreadsheets; vcon: one IETF vCon a line",
)
@click.option("--call", "call_id", help="Only the call of this id")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: stdout")
@click.pass_obj
def records_export(
    services: Services, /, form: str, call_id: str | None, output: Path | None, **filters: Any
) -> None:
    """Write calls out, oldest first. Times are UTC in jsonl and vcon, local in csv."""
    wanted = _wanted(filters)
    try:
        if call_id is not None:
            total, calls = 1, iter([_found(services, call_id)])
        else:
            total = count_calls(services.engine(), wanted)
            calls = stream_calls(services.engine(), wanted)
        with writing(output) as out:
            zone = services.zone
            writers = {
                "jsonl": lambda: write_jsonl(calls, out),
                "csv": lambda: write_csv(calls, out, zone),
                "vcon": lambda: _write_vcons(calls, out),
            }
            _told(writers[form](), total)
    except SQLAlchemyError as error:
        _database_away(error)


def _write_vcons(calls: Calls, out: TextIO) -> Iterator[int]:
    for number, (record, events) in enumerate(calls, start=1):
        whole = vcon(record, events, organisation=_ORGANISATION)
        out.write(json.dumps(whole, ensure_ascii=False) + "\n")
        yield number


def _told(written: Iterator[int], total: int) -> None:
    """Do the writing; say on stderr how far it is, once it takes long."""
    last, told = time.monotonic(), False
    number = 0
    for number in written:
        now = time.monotonic()
        if now - last >= _PROGRESS_S:
            click.echo(f"{number:,} of {total:,} calls", err=True)
            last, told = now, True
    if told:
        click.echo(f"{number:,} calls written", err=True)


def _wanted(filters: dict[str, Any]) -> Wanted:
    return Wanted(**{name: value for name, value in filters.items() if value is not None})


def _found(services: Services, call_id: str) -> Any:
    try:
        found = find_call(services.engine(), call_id.strip().lower().replace("-", ""))
    except SQLAlchemyError as error:
        _database_away(error)
    if found is None:
        click.echo(f"{call_id}: no call has this id; see `hotline records list`", err=True)
        sys.exit(1)
    return found


def _row(record: CallRecord, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        record.id,
        f"{record.started_at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
        "" if record.seconds is None else f"{record.seconds:.0f}",
        "withheld" if record.withheld else record.e164 or record.caller,
        record.verdict,
        record.disposition or "in progress",
        " ".join(record.tickets),
    )


def _database_away(error: SQLAlchemyError) -> NoReturn:
    click.echo(of_database(error), err=True)
    sys.exit(1)
