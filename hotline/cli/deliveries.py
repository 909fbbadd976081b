"""`hotline deliveries`: where each ticket is on its ways, why, and what to do about it."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

import rich_click as click
from sqlalchemy.exc import SQLAlchemyError

from hotline.bootstrap import Services
from hotline.cli.columns import one_line, print_columns
from hotline.cli.moments import Moment
from hotline.cli.next_try import told_ahead
from hotline.environment import SettingsWrong
from hotline.trouble import of_database
from tickets.circuit import OPEN_STATES
from tickets.health import read_health
from tickets.outbox import Attempt, Delivery, explain, list_attempts, list_deliveries
from tickets.put_back import may_have_gone_out, retry_all, retry_delivery
from tickets.reference import is_reference

STATES = (*OPEN_STATES, "acknowledged", "dead")


@click.group("deliveries")
def deliveries_group() -> None:
    """Deliveries: list, explain, retry, reconcile."""


@deliveries_group.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only deliveries in this state")
@click.option("--waiting", is_flag=True, help="Only those that are on their way")
@click.option("--dead", is_flag=True, help="Only those that were given up")
@click.option("--to", "destination", metavar="NAME", help="Only those to this destination")
@click.option("--reference", help="Only deliveries of this ticket")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--offset", type=click.IntRange(0), default=0)
@click.option("--json", "as_json", is_flag=True, help="One JSON list")
@click.pass_obj
def deliveries_list(
    services: Services, /, waiting: bool, dead: bool, as_json: bool, **wanted: Any
) -> None:
    """List deliveries, newest first, with what became of them; say which destinations are ill."""
    if waiting + dead + (wanted["state"] is not None) > 1:
        raise click.UsageError("give one of --state, --waiting and --dead")
    if waiting or dead:
        wanted["states"] = OPEN_STATES if waiting else ("dead",)
    try:
        found = list_deliveries(services.engine(), **wanted)
        ill = [one for one in read_health(services.engine()) if one.ill]
    except SQLAlchemyError as error:
        database_away(error)
    for one in ill:
        since = (
            "" if one.failing_since is None else f", since {_local(services, one.failing_since)}"
        )
        click.echo(f"{one}{since}", err=True)
    if as_json:
        click.echo(json.dumps([plain(asdict(row)) for row in found], indent=2))
        return
    head = ("id", "reference", "destination", "state", "attempts", "next", "last error")
    rows = [
        (
            row.id,
            row.service_request_id,
            row.destination,
            told_state(row),
            str(row.attempts),
            _local(services, row.next_attempt_at) if row.state in OPEN_STATES else "",
            row.last_error or "",
        )
        for row in found
    ]
    print_columns(head, rows)


@deliveries_group.command("explain")
@click.argument("reference")
@click.option("--json", "as_json", is_flag=True, help="One JSON list")
@click.pass_obj
def deliveries_explain(services: Services, reference: str, as_json: bool) -> None:
    """Tell all that became of one ticket on its ways: every attempt, answer and next try.

    Exit 1 when there is no such ticket.
    """
    if not is_reference(reference):
        click.echo(f"{reference}: not a reference number (nine digits, the last a check)", err=True)
        sys.exit(2)
    try:
        found = explain(services.engine(), reference)
        health = {one.name: one for one in read_health(services.engine())}
    except SQLAlchemyError as error:
        database_away(error)
    if not found:
        click.echo(f"{reference}: no such ticket", err=True)
        sys.exit(1)
    if as_json:
        told = [
            {**plain(asdict(row)), "attempts_made": [plain(asdict(one)) for one in attempts]}
            for row, attempts in found
        ]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for number, (row, attempts) in enumerate(found):
        click.echo(f"{'' if number == 0 else chr(10)}{_headline(services, row)}")
        for attempt in attempts:
            click.echo(one_line(f"  {_attempted(services, attempt)}"))
        click.echo(
            f"  {told_ahead(row, [way for way, _ in found], health, partial(_local, services))}"
        )


def _headline(services: Services, row: Delivery) -> str:
    theirs = f", theirs {row.remote_id}" if row.remote_id else ""
    since = _local(services, row.created_at)
    event = f"{row.event}, version {row.ticket_version}"
    return f"{row.destination}: {event}, of {since}: {told_state(row)}{theirs} ({row.id})"


def _attempted(services: Services, attempt: Attempt) -> str:
    began = attempt.started_at.astimezone(services.zone)
    parts = [f"{attempt.number:>3}. {began:%Y-%m-%d %H:%M:%S}"]
    if attempt.ended_at is None:
        parts.append("no end: its worker is at it, or was cut off")
    else:
        took = (attempt.ended_at - attempt.started_at).total_seconds()
        parts.append(f"{attempt.outcome}, {took:.1f} s")
    told = [attempt.error or (f"HTTP {attempt.status}" if attempt.status else "")]
    told += [f"“{attempt.answer}”"] if attempt.answer else []
    return "  ".join((*parts, *filter(None, told)))


@deliveries_group.command("attempts")
@click.argument("delivery_id")
@click.pass_obj
def deliveries_attempts(services: Services, delivery_id: str) -> None:
    """Show every attempt at one delivery, as JSON."""
    try:
        rows = list_attempts(services.engine(), delivery_id)
    except SQLAlchemyError as error:
        database_away(error)
    click.echo(json.dumps([plain(asdict(row)) for row in rows], ensure_ascii=False, indent=2))


@deliveries_group.command("retry")
@click.argument("delivery_ids", nargs=-1)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Every delivery that failed or was given up, but for messages that may have gone out",
)
@click.option("--all-dead", is_flag=True, help="The same, of those that were given up alone")
@click.option("--since", type=Moment(), help="With --all: from then on: a date, or 24h ago")
@click.option("--to", metavar="NAME", help="With --all: only those to this destination")
@click.pass_obj
def deliveries_retry(
    services: Services,
    delivery_ids: tuple[str, ...],
    everything: bool,
    all_dead: bool,
    since: datetime | None,
    to: str | None,
) -> None:
    """Put deliveries that failed or were given up back to be tried at once.

    Name them by their ids, or give --all, with --since of their beginning and --to a destination.
    """
    if not delivery_ids and not everything and not all_dead:
        raise click.UsageError("name deliveries, or give --all")
    if (since or to) and not (everything or all_dead):
        raise click.UsageError("--since and --to go with --all")
    engine, back = services.engine(), 0
    try:
        refused = [key for key in delivery_ids if not retry_delivery(engine, key)]
        left = may_have_gone_out(engine) if everything or all_dead else frozenset()
        if everything or all_dead:
            back = retry_all(engine, since, to, dead_alone=not everything)
    except SQLAlchemyError as error:
        database_away(error)
    if left:
        click.echo(f"{len(left)} messages may have gone out and are left: name them", err=True)
    for key in refused:
        click.echo(f"{key}: no such delivery, or it needs no retry", err=True)
    click.echo(f"{len(delivery_ids) - len(refused) + back} put back")
    sys.exit(1 if refused else 0)


@deliveries_group.command("reconcile")
@click.option("--to", "name", metavar="NAME", required=True, help="The destination that is asked")
@click.option("--since", type=Moment(), required=True, help="Tickets opened from then on: 24h, 7d")
@click.option("--send-again", "again", is_flag=True, help="Deliver what is missing or older again")
@click.option("--json", "as_json", is_flag=True, help="One JSON object")
@click.pass_obj
def deliveries_reconcile(
    services: Services, name: str, since: datetime, again: bool, as_json: bool
) -> None:
    """Compare what a destination has with what it was given: missing, older, and extra there.

    Exit 1 where something is not alike, or the destination does not tell.
    """
    from tickets.destination import Asked, CannotAsk
    from tickets.reconcile import reconcile, send_again

    try:
        destination = services.outbound.offices.get(name)
    except SettingsWrong as error:
        click.echo("\n".join(error.problems), err=True)
        sys.exit(2)
    if destination is None:
        raise click.UsageError(f"{name}: no such destination; see `hotline destinations list`")
    if not isinstance(destination, Asked):
        click.echo(f"{name}: a destination of this kind cannot be asked what it has", err=True)
        sys.exit(1)
    click.echo(f"asking {name} …", err=True)
    try:
        found = reconcile(services.engine(), name, destination, since, datetime.now(UTC))
        back = send_again(services.engine(), found.differences) if again else 0
    except CannotAsk as error:
        click.echo(f"{name}: did not tell what it has: {error}", err=True)
        sys.exit(1)
    except SQLAlchemyError as error:
        database_away(error)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2))
    else:
        extra = "" if found.lists else "; what is extra there it does not tell"
        click.echo(f"{name} took {found.given}, tells of {found.held}{extra}", err=True)
        head = ("what", "reference", "theirs", "version", "their version", "delivery")
        rows = [tuple("" if cell is None else str(cell) for cell in _cells(one)) for one in
                found.differences]  # fmt: skip
        print_columns(head, rows)
    if again:
        click.echo(f"{back} put back", err=True)
    sys.exit(1 if found.differences else 0)


def _cells(one: Any) -> tuple[object, ...]:
    return one.what, one.reference, one.remote_id, one.version, one.theirs, one.delivery_id


def told_state(row: Delivery) -> str:
    """Where it stands: one that its destination has, and has still to say so, is accepted."""
    return "accepted" if row.state == "sent" and row.accepted_at is not None else row.state


def database_away(error: SQLAlchemyError) -> Any:
    """Say why, and end with 1."""
    click.echo(of_database(error), err=True)
    sys.exit(1)


def _local(services: Services, moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(services.zone).strftime("%Y-%m-%d %H:%M")


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """As JSON takes it."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }
