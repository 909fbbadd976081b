"""`hotline blacklist strike | allow | approve | history`."""

import json

import rich_click as click

from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.progress import told
from hotline.register import make_register, zone_of


@click.command("strike")
@click.argument("number")
@asking.reason_option
@click.option("--threat", is_flag=True, help="The caller threatened somebody")
@asking.note_option
@click.option("--call", default="", help="The id of the call")
@click.option("--recording", default="", help="The recording of the call")
@asking.who_option
@asking.role_option
@asking.json_option
@click.pass_obj
def blacklist_strike(
    services: Services,
    /,
    number: str,
    reason: str,
    threat: bool,
    note: str,
    call: str,
    recording: str,
    who: str | None,
    role: str,
    as_json: bool,
) -> None:
    """Strike NUMBER: what follows is the policy's to say."""
    zone = zone_of(services)
    with asking.plain_errors():
        struck = make_register(services).strike(
            number,
            by=asking.person(who, role),
            reason=reason,
            threat=threat,
            note=note,
            call_id=call,
            recording=recording,
        )
    if as_json:
        asking.print_json(asking.plain(struck))
        return
    if not struck.counted:
        click.echo(f"{struck.number}: noted; one of this person counts already")
        return
    comes_to = struck.step.disposition if struck.step else "nothing"
    click.echo(f"{struck.number}: {struck.live} live strikes, {comes_to}")
    if struck.entry is not None:
        asking.print_entry(struck.entry, zone)


@click.command("allow")
@click.argument("number")
@click.option("--days", type=float, help="How long [default: without an end]")
@click.option("--until", help="Its end instead, as 2026-12-31T23:59")
@asking.note_option
@asking.who_option
@asking.role_option
@asking.json_option
@click.pass_obj
def blacklist_allow(
    services: Services,
    /,
    number: str,
    days: float | None,
    until: str | None,
    note: str,
    who: str | None,
    role: str,
    as_json: bool,
) -> None:
    """Let NUMBER through, whatever else stands about it."""
    zone = zone_of(services)
    with asking.plain_errors():
        entry = make_register(services).allow(
            number,
            by=asking.person(who, role),
            days=days,
            until=asking.moment(until, zone),
            note=note,
        )
    if as_json:
        asking.print_json(asking.entry_fields(entry))
    else:
        asking.print_entry(entry, zone)


@click.command("approve")
@click.argument("prefix")
@asking.who_option
@asking.role_option
@asking.json_option
@click.pass_obj
def blacklist_approve(
    services: Services, /, prefix: str, who: str | None, role: str, as_json: bool
) -> None:
    """Agree, as the second person, that PREFIX is restricted: from now on it acts.

    `show --prefix` says whom it would touch. When that was looked up more than a day ago, it is
    looked up anew first; if it would touch more callers with tickets, look at it and approve again.
    """
    with asking.plain_errors():
        entry = make_register(services, told).approve_prefix(prefix, by=asking.person(who, role))
    if as_json:
        asking.print_json(asking.entry_fields(entry))
    else:
        asking.print_entry(entry, zone_of(services))


@click.command("history")
@click.argument("number")
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True)
@asking.json_option
@click.pass_obj
def blacklist_history(services: Services, /, number: str, limit: int, as_json: bool) -> None:
    """List every change to NUMBER (or a prefix), newest first; exit 1 when there was none."""
    zone = zone_of(services)
    with asking.plain_errors():
        changes = make_register(services).history(number, limit=limit)
    if as_json:
        asking.print_json(asking.plain(changes))
    elif changes:
        for change in changes:
            details = json.dumps(change.details, ensure_ascii=False)
            when = asking.local(change.at, zone)
            told = f"{change.action} by {change.who} ({change.role}) {details}"
            click.echo(f"{when}  {''.join(c if c.isprintable() else ' ' for c in told)}")
    if not changes:
        asking.nothing_there(number)
