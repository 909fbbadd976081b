"""`hotline blacklist`: who is restricted, why, and until when."""

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import rich_click as click
from rich.console import Console
from rich.table import Table

from blacklist.entry import MISUSE, Entry, EntryRefused
from blacklist.port import RegisterUnavailable
from blacklist.verdict import DISPOSITIONS
from hotline.bootstrap import Services

DEFAULT_DAYS = 7.0


@click.group("blacklist")
def blacklist_group() -> None:
    """Blocked numbers: add, remove, show, list.

    Exit status: 0 done, 1 no such entry or the store is away, 2 refused.
    """


@blacklist_group.command("add")
@click.argument("number")
@click.option("--reason", type=click.Choice(tuple(MISUSE)), required=True, help="The misuse")
@click.option("--days", type=float, help=f"How long [default: {DEFAULT_DAYS:g}]")
@click.option(
    "--until", help="Its end instead, as 2026-12-31T23:59 (local time unless with a zone)"
)
@click.option("--note", default="", help="What happened")
@click.option("--who", help="Who decides [default: the user of this machine]")
@click.option(
    "--disposition",
    type=click.Choice(DISPOSITIONS[1:]),
    default="block",
    show_default=True,
    help="What happens to their calls",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object")
@click.pass_obj
def blacklist_add(
    services: Services,
    number: str,
    reason: str,
    days: float | None,
    until: str | None,
    note: str,
    who: str | None,
    disposition: str,
    as_json: bool,
) -> None:
    """Restrict NUMBER for a time; an entry that it has is replaced."""
    zone = ZoneInfo(services.settings.timezone)
    with _plain_errors():
        entry = services.blacklist().add(
            number,
            reason=reason,
            who=who or getpass.getuser(),
            days=DEFAULT_DAYS if days is None and until is None else days,
            until=None if until is None else _moment(until, zone),
            note=note,
            disposition=disposition,
        )
    _print_one(entry, zone, as_json)


@blacklist_group.command("remove")
@click.argument("number")
@click.pass_obj
def blacklist_remove(services: Services, number: str) -> None:
    """Lift the restriction of NUMBER; exit 1 when there was none."""
    with _plain_errors():
        removed = services.blacklist().remove(number)
    if not removed:
        _no_entry(number)
    click.echo("removed")


@blacklist_group.command("show")
@click.argument("number")
@click.option("--json", "as_json", is_flag=True, help="One JSON object")
@click.pass_obj
def blacklist_show(services: Services, number: str, as_json: bool) -> None:
    """Show the entry of NUMBER, in whatever way it is written; exit 1 when there is none."""
    with _plain_errors():
        entry = services.blacklist().show(number)
    if entry is None:
        _no_entry(number)
    else:
        _print_one(entry, ZoneInfo(services.settings.timezone), as_json)


@blacklist_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list")
@click.pass_obj
def blacklist_list(services: Services, as_json: bool) -> None:
    """List every entry in force, the first to end first."""
    zone = ZoneInfo(services.settings.timezone)
    with _plain_errors():
        entries = list(services.blacklist().entries())
    if as_json:
        click.echo(json.dumps([_fields(entry) for entry in entries], ensure_ascii=False, indent=2))
        return
    table = Table("number", "disposition", "reason", "until", "who", "note")
    for entry in entries:
        row = (entry.number, entry.disposition, entry.reason, _local(entry.until, zone))
        table.add_row(*row, *map(_one_line, (entry.who, entry.note)))
    Console(markup=False).print(table)


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except EntryRefused as error:
        click.echo(f"refused: {error}", err=True)
        sys.exit(2)
    except RegisterUnavailable as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _moment(written: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise EntryRefused("until must be a time such as 2026-12-31T23:59") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _print_one(entry: Entry, zone: ZoneInfo, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_fields(entry), ensure_ascii=False, indent=2))
        return
    click.echo(f"{entry.number}: {entry.disposition} until {_local(entry.until, zone)}")
    click.echo(f"  {entry.reason} ({MISUSE.get(entry.reason, '')}), by {_one_line(entry.who)}")
    if entry.note:
        click.echo(f"  {_one_line(entry.note)}")


def _no_entry(number: str) -> None:
    click.echo(f"{_one_line(number)}: no entry", err=True)
    sys.exit(1)


def _fields(entry: Entry) -> dict[str, str]:
    return {
        "number": entry.number,
        "disposition": entry.disposition,
        "reason": entry.reason,
        "until": entry.until.isoformat(),
        "added": entry.added.isoformat(),
        "who": entry.who,
        "note": entry.note,
    }


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _one_line(text: str) -> str:
    """Make text of people safe for a terminal: no control characters, one line."""
    return "".join(character if character.isprintable() else " " for character in text)[:200]
