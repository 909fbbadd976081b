"""What commands on the blocklist share: who asks, how errors are told, how entries are shown."""

import getpass
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import rich_click as click
from sqlalchemy.exc import SQLAlchemyError

from blacklist.entry import MISUSE, EntryRefused, moment_of
from blacklist.numbers import normalise
from blacklist.port import RebuildOvertaken, RegisterUnavailable
from blacklist.record.fields import RecordedEntry
from blacklist.record.prefix_replay import RecordUnreadable
from blacklist.record.standing import Standing
from blacklist.record.today import Today
from blacklist.record.undoing import Undone
from hotline.cli.columns import one_line, print_columns
from hotline.trouble import of_database
from people.fields import Pin, Token
from people.person import DECIDING, ROLES, NotAllowed, Person

json_option = click.option("--json", "as_json", is_flag=True, help="JSON, times in UTC")
who_option = click.option("--who", help="Who decides [default: the user of this machine]")
role_option = click.option(
    "--role",
    type=click.Choice(DECIDING),
    default="manager",
    show_default=True,
    help="With which rights",
)
name_option = click.option("--name", required=True, help="Whose it is: the audit names them so")
person_rights_option = click.option("--role", type=click.Choice(DECIDING), required=True)
rights_option = click.option(
    "--role",
    type=click.Choice(ROLES),
    required=True,
    help="receiver: fetches the recordings that tickets name, and nothing else",
)


def person(who: str | None, role: str) -> Person:
    """Who asks. Raises EntryRefused for a name that is none."""
    try:
        return Person(who or getpass.getuser(), role)  # type: ignore[arg-type]  # a choice
    except ValueError as error:
        raise EntryRefused(str(error)) from None


@contextmanager
def plain_errors() -> Iterator[None]:
    """Errors as one line and an exit status: 2 for what the person can mend, 1 for the rest."""
    try:
        yield
    except (EntryRefused, NotAllowed, ValueError) as error:
        click.echo(f"refused: {error}", err=True)
        sys.exit(2)
    except (LookupError, RegisterUnavailable, RebuildOvertaken, RecordUnreadable) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except SQLAlchemyError as error:
        click.echo(of_database(error), err=True)
        sys.exit(1)


def moment(written: str | datetime | None, zone: ZoneInfo) -> datetime | None:
    """The moment a person wrote; without a zone it is the hotline's. Raises EntryRefused."""
    return moment_of(written, zone) if isinstance(written, str) else written


def plain(value: Any) -> Any:
    """Frozen data as JSON-ready data."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value


def entry_fields(entry: RecordedEntry) -> dict[str, Any]:
    """An entry for other programs."""
    fields: dict[str, Any] = plain(entry)
    return {"number": fields.pop("subject"), **fields, "added": fields["added_at"]}


def told(result: Any) -> Any:
    """What came of an operation, for other programs."""
    match result:
        case list() | tuple():
            return [told(each) for each in result]
        case RecordedEntry():
            return entry_fields(result)
        case Standing():
            shown = told(result.entry) if result.entry else {"number": result.number}
            allowed = told(result.allowed)
            return shown | {"allowed": allowed, "strikes": plain(result.strikes)}
        case Today():
            lists = {"held": told(result.held), "entries": told(result.entries)}
            return {name: plain(getattr(result, name)) for name in result.__slots__} | lists
        case Undone():
            lists = {"changes": told(result.changes), "restored": told(result.restored)}
            return {name: plain(getattr(result, name)) for name in result.__slots__} | lists
        case _:
            return plain(result)


def print_json(value: Any) -> None:
    """One JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_granted(found: Sequence[Pin | Token], zone: ZoneInfo, key: str, *, as_json: bool) -> None:
    """What was given out; `key` is the field that names each."""
    if as_json:
        print_json([plain(one) for one in found])
        return
    rows = [
        (
            getattr(one, key),
            one.name,
            one.role,
            local(one.expires_at, zone),
            local(one.revoked_at, zone),
        )
        for one in found
    ]
    print_columns((key, "name", "role", "good until", "revoked"), rows)


def print_entry(entry: RecordedEntry, zone: ZoneInfo) -> None:
    """An entry in a few lines."""
    end = f"until {local(entry.until, zone)}" if entry.until else "without an end"
    click.echo(f"{entry.subject}: {entry.disposition} {end}")
    if entry.reason:
        reason = f"{entry.reason} ({MISUSE.get(entry.reason, '')})"
        click.echo(f"  {reason}, by {one_line(entry.who)}, {entry.source}")
    if entry.note:
        click.echo(f"  {one_line(entry.note)}")
    if entry.kind != "prefix" and not normalise(entry.subject).known:
        click.echo("  libphonenumber knows of no such range yet: are all its digits right?")
    for name, items in (("calls", entry.calls), ("recordings", entry.recordings)):
        if items:
            click.echo(f"  {name}: {one_line(' '.join(items))}")
    if entry.kind == "prefix":
        told = "approved by " + one_line(entry.approved_by) if entry.approved_by else "waits"
        click.echo(f"  {told}")
        for line in _replayed(entry.replay):
            click.echo(f"  {line}")


def _replayed(replay: Mapping[str, Any]) -> Iterator[str]:
    """What a prefix would have done, for the person who is to agree."""
    if not replay:
        yield "nobody has looked up yet whom it would touch"
        return
    yield (
        f"the last {replay['days']} days, looked up {replay['at'][:16]} UTC: "
        f"{replay['calls']:,} calls of {replay['callers']:,} numbers"
    )
    for name, key in (("with this rule", "with_rule"), ("without it", "without_rule")):
        touched = replay[key]
        yield (
            f"{name}: {touched['stopped']:,} calls stopped; callers who fare worse than a warning: "
            f"{touched['genuine']:,} with tickets, {touched['nuisance']:,} struck, "
            f"{touched['shared']:,} both, {touched['unknown']:,} neither"
        )


ENTRY_COLUMNS = ("number", "disposition", "reason", "until", "who", "note")
"""What a list of entries says of each (`entry_row`)."""


def entry_row(entry: RecordedEntry, zone: ZoneInfo) -> tuple[str, ...]:
    """An entry in a list."""
    return (
        f"{entry.subject}{'*' if entry.kind == 'prefix' else ''}",
        entry.disposition if entry.in_effect else f"{entry.disposition} (waits)",
        entry.reason,
        local(entry.until, zone),
        entry.who,
        entry.note,
    )


def local(when: datetime | None, zone: ZoneInfo) -> str:
    """A moment as people write it."""
    return when.astimezone(zone).strftime("%Y-%m-%d %H:%M") if when else ""
