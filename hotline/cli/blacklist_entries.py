"""`hotline blacklist`: who is restricted, why and until when; strikes, and the allowlist."""

from zoneinfo import ZoneInfo

import rich_click as click

from blacklist.record.consequence import Struck
from blacklist.record.fields import RecordedEntry
from blacklist.record.standing import Standing
from hotline.cli.asking import ENTRY_COLUMNS, entry_row, local, print_entry
from hotline.cli.columns import print_columns
from hotline.cli.verbs import verb


@verb(
    "add",
    flags={"prefix": ("ask_prefix", "All numbers that begin so; a second person approves")},
)
def blacklist_add(entry: RecordedEntry, zone: ZoneInfo) -> None:
    """Restrict NUMBER for a time; an entry that it has is replaced."""
    print_entry(entry, zone)


@verb(
    "remove",
    flags={
        "prefix": ("remove_prefix", "NUMBER is a prefix"),
        "allow": ("disallow", "Take it off the allowlist"),
    },
)
def blacklist_remove(_entry: RecordedEntry, _zone: ZoneInfo) -> None:
    """Lift the restriction of NUMBER; exit 1 when there was none."""
    click.echo("removed")


@verb(
    "show",
    flags={"prefix": ("show_prefix", "NUMBER is a prefix: its request, and whom it touches")},
)
def blacklist_show(found: Standing | RecordedEntry, zone: ZoneInfo) -> None:
    """Show all that stands about NUMBER, in whatever way it is written; exit 1 for nothing."""
    if isinstance(found, RecordedEntry):
        print_entry(found, zone)
        return
    for entry in (found.allowed, found.entry):
        if entry is not None:
            print_entry(entry, zone)
    for strike in found.strikes:
        when = local(strike.at, zone)
        click.echo(f"{found.number}: strike {when} {strike.reason}, by {strike.operator}")


@verb(
    "list",
    options={
        "limit": click.option(
            "--limit", type=click.IntRange(1, 100_000), default=1000, show_default=True
        ),
        "offset": click.option("--offset", type=click.IntRange(0), default=0),
    },
)
def blacklist_list(entries: list[RecordedEntry], zone: ZoneInfo) -> None:
    """List every entry in force, the first to end first."""
    print_columns(ENTRY_COLUMNS, [entry_row(entry, zone) for entry in entries])


@verb("strike")
def blacklist_strike(struck: Struck, zone: ZoneInfo) -> None:
    """Strike NUMBER: what follows is the policy's to say."""
    if not struck.counted:
        click.echo(f"{struck.number}: noted; one of this person counts already")
        return
    comes_to = struck.step.disposition if struck.step else "nothing"
    click.echo(f"{struck.number}: {struck.live} live strikes, {comes_to}")
    if struck.entry is not None:
        print_entry(struck.entry, zone)


@verb("allow")
def blacklist_allow(entry: RecordedEntry, zone: ZoneInfo) -> None:
    """Let NUMBER through, whatever else stands about it."""
    print_entry(entry, zone)


@verb("approve_prefix")
def blacklist_approve(entry: RecordedEntry, zone: ZoneInfo) -> None:
    """Agree, as the second person, that PREFIX is restricted: from now on it acts.

    `show --prefix` says whom it would touch. When that was looked up more than a day ago, it is
    looked up anew first; if it would touch more callers with tickets, look at it and approve again.
    """
    print_entry(entry, zone)
