"""`hotline blacklist`: who is restricted, why and until when; adding, lifting, showing."""

import rich_click as click

from blacklist.record.entries import Evidence
from blacklist.record.limits import DEFAULT_DAYS, Wanted
from blacklist.verdict import DISPOSITIONS
from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.columns import print_columns
from hotline.cli.progress import told
from hotline.register import make_register, zone_of


@click.command("add")
@click.argument("number")
@asking.reason_option
@click.option("--days", type=float, help=f"How long [default: {DEFAULT_DAYS:g}]")
@click.option(
    "--until",
    help="Its end instead, as 2026-12-31T23:59 (local time unless with a zone); a date: its end",
)
@asking.note_option
@click.option("--call", "calls", multiple=True, help="Evidence: the id of a call; repeatable")
@click.option("--recording", "recordings", multiple=True, help="Evidence: a recording; repeatable")
@click.option("--review", help="When somebody looks again, as for --until")
@asking.who_option
@asking.role_option
@click.option(
    "--disposition",
    type=click.Choice(DISPOSITIONS[1:]),
    default="block",
    show_default=True,
    help="What happens to their calls",
)
@click.option("--prefix", is_flag=True, help="All numbers that begin so; a second person approves")
@asking.json_option
@click.pass_obj
def blacklist_add(
    services: Services,
    /,
    number: str,
    reason: str,
    days: float | None,
    until: str | None,
    note: str,
    calls: tuple[str, ...],
    recordings: tuple[str, ...],
    review: str | None,
    who: str | None,
    role: str,
    disposition: str,
    prefix: bool,
    as_json: bool,
) -> None:
    """Restrict NUMBER for a time; an entry that it has is replaced."""
    zone = zone_of(services)
    with asking.plain_errors():
        register, by = make_register(services, told), asking.person(who, role)
        wanted = Wanted(reason, days, asking.moment(until, zone), note, disposition)
        if prefix:
            entry = register.add_prefix(number, wanted, by=by)
        else:
            evidence, again = Evidence(calls, recordings), asking.moment(review, zone)
            entry = register.add(number, wanted, by=by, evidence=evidence, review_at=again)
    if as_json:
        asking.print_json(asking.entry_fields(entry))
    else:
        asking.print_entry(entry, zone)


@click.command("remove")
@click.argument("number")
@click.option("--prefix", is_flag=True, help="NUMBER is a prefix")
@click.option("--allow", "allowed", is_flag=True, help="Take it off the allowlist")
@asking.why_option
@asking.who_option
@asking.role_option
@click.pass_obj
def blacklist_remove(
    services: Services,
    /,
    number: str,
    prefix: bool,
    allowed: bool,
    why: str,
    who: str | None,
    role: str,
) -> None:
    """Lift the restriction of NUMBER; exit 1 when there was none."""
    with asking.plain_errors():
        register, by = make_register(services), asking.person(who, role)
        verb = register.remove
        if prefix or allowed:
            verb = register.remove_prefix if prefix else register.disallow
        removed = verb(number, by=by, why=why)
    if removed is None:
        asking.nothing_there(number)
    click.echo("removed")


@click.command("show")
@click.argument("number")
@click.option("--prefix", is_flag=True, help="NUMBER is a prefix: its request, and whom it touches")
@asking.json_option
@click.pass_obj
def blacklist_show(services: Services, number: str, prefix: bool, as_json: bool) -> None:
    """Show all that stands about NUMBER, in whatever way it is written; exit 1 for nothing."""
    zone = zone_of(services)
    if prefix:
        _show_prefix(services, number, as_json)
        return
    with asking.plain_errors():
        found = make_register(services).standing(number)
    if found.entry is None and found.allowed is None and not found.strikes:
        asking.nothing_there(number)
    if as_json:
        shown = asking.entry_fields(found.entry) if found.entry else {"number": found.number}
        allowed = asking.entry_fields(found.allowed) if found.allowed else None
        asking.print_json(shown | {"allowed": allowed, "strikes": asking.plain(found.strikes)})
        return
    for entry in (found.allowed, found.entry):
        if entry is not None:
            asking.print_entry(entry, zone)
    for strike in found.strikes:
        when = asking.local(strike.at, zone)
        click.echo(f"{found.number}: strike {when} {strike.reason}, by {strike.operator}")


def _show_prefix(services: Services, prefix: str, as_json: bool) -> None:
    with asking.plain_errors():
        entry = make_register(services).prefix(prefix)
    if entry is None:
        asking.nothing_there(prefix)
    elif as_json:
        asking.print_json(asking.entry_fields(entry))
    else:
        asking.print_entry(entry, zone_of(services))


@click.command("list")
@click.option("--kind", type=click.Choice(("number", "prefix", "allow")), help="Only this kind")
@click.option("--limit", type=click.IntRange(1, 100_000), default=1000, show_default=True)
@click.option("--offset", type=click.IntRange(0), default=0)
@asking.json_option
@click.pass_obj
def blacklist_list(
    services: Services, /, kind: str | None, limit: int, offset: int, as_json: bool
) -> None:
    """List every entry in force, the first to end first."""
    zone = zone_of(services)
    with asking.plain_errors():
        entries = make_register(services).list(
            kind=kind,  # type: ignore[arg-type]  # a choice
            limit=limit,
            offset=offset,
        )
    if as_json:
        asking.print_json([asking.entry_fields(entry) for entry in entries])
        return
    rows = [
        (
            f"{entry.subject}{'*' if entry.kind == 'prefix' else ''}",
            entry.disposition if entry.in_effect else f"{entry.disposition} (waits)",
            entry.reason,
            asking.local(entry.until, zone),
            entry.who,
            entry.note,
        )
        for entry in entries
    ]
    print_columns(("number", "disposition", "reason", "until", "who", "note"), rows)
