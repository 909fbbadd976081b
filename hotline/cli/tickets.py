"""`hotline tickets` and `hotline deliveries`: what was opened, and whether it has arrived."""

import json
import sys
from dataclasses import asdict
from datetime import datetime
from typing import Any

import rich_click as click
from sqlalchemy.exc import SQLAlchemyError

from hotline.bootstrap import Services
from hotline.cli.columns import print_columns
from hotline.trouble import of_database
from recordings.drafts import draft_as_told, drafts_of
from recordings.fields import Draft
from tickets.health import read_health
from tickets.model import to_wire
from tickets.open import find_ticket, list_tickets
from tickets.outbox import list_attempts, list_deliveries, may_have_gone_out, retry_delivery
from tickets.reference import is_reference

_STATES = ("pending", "sent", "acknowledged", "failed", "dead")


@click.group("tickets")
def tickets_group() -> None:
    """Tickets: list and show."""


@tickets_group.command("list")
@click.option("--status", help="Only tickets with this status")
@click.option("--service", "service_code", help="Only tickets of this service code")
@click.option("--call", "call_id", help="Only tickets of this call")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--offset", type=click.IntRange(0), default=0)
@click.option("--json", "as_json", is_flag=True, help="One JSON list, in Open311's names")
@click.pass_obj
def tickets_list(services: Services, /, as_json: bool, **wanted: Any) -> None:
    """List tickets, newest first."""
    try:
        found = list_tickets(services.engine(), **wanted)
    except SQLAlchemyError as error:
        _database_away(error)
    if as_json:
        click.echo(json.dumps([to_wire(ticket) for ticket in found], ensure_ascii=False, indent=2))
        return
    head = ("reference", "opened", "kind", "service", "status", "expected", "call")
    rows = [
        (
            ticket.service_request_id,
            _local(services, ticket.requested_datetime),
            ticket.kind,
            ticket.service_code,
            ticket.status,
            _local(services, ticket.expected_datetime),
            ticket.call_id or "",
        )
        for ticket in found
    ]
    print_columns(head, rows)


@tickets_group.command("show")
@click.argument("reference")
@click.pass_obj
def tickets_show(services: Services, reference: str) -> None:
    """Show one ticket and where it was delivered, as JSON; exit 1 when there is none.

    What a machine has understood of its recordings stands under `machine_drafts`.
    """
    if not is_reference(reference):
        click.echo(f"{reference}: not a reference number (nine digits, the last a check)", err=True)
        sys.exit(2)
    try:
        ticket = find_ticket(services.engine(), reference)
        rows = [] if ticket is None else list_deliveries(services.engine(), reference=reference)
        drafts = [] if ticket is None else drafts_of(services.engine(), ticket.idempotency_key)
    except SQLAlchemyError as error:
        _database_away(error)
    if ticket is None:
        click.echo(f"{reference}: no such ticket", err=True)
        sys.exit(1)
    shown = {
        "ticket": to_wire(ticket),
        "machine_drafts": [_drafted(draft) for draft in drafts],
        "deliveries": [_plain(asdict(row)) for row in rows],
    }
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2))


@click.group("deliveries")
def deliveries_group() -> None:
    """Deliveries: list and retry."""


@deliveries_group.command("list")
@click.option("--state", type=click.Choice(_STATES), help="Only deliveries in this state")
@click.option("--reference", help="Only deliveries of this ticket")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON list")
@click.pass_obj
def deliveries_list(
    services: Services, state: str | None, reference: str | None, limit: int, as_json: bool
) -> None:
    """List deliveries, newest first, with what became of them; say which destinations are ill."""
    try:
        found = list_deliveries(services.engine(), state=state, reference=reference, limit=limit)
        ill = [one for one in read_health(services.engine()) if one.ill]
    except SQLAlchemyError as error:
        _database_away(error)
    for one in ill:
        click.echo(f"{one}, since {_local(services, one.failing_since)}", err=True)
    if as_json:
        click.echo(json.dumps([_plain(asdict(row)) for row in found], indent=2))
        return
    head = ("id", "reference", "destination", "state", "attempts", "next", "last error")
    waiting = ("pending", "sent", "failed")
    rows = [
        (
            row.id,
            row.service_request_id,
            row.destination,
            row.state,
            str(row.attempts),
            _local(services, row.next_attempt_at) if row.state in waiting else "",
            row.last_error or "",
        )
        for row in found
    ]
    print_columns(head, rows)


@deliveries_group.command("attempts")
@click.argument("delivery_id")
@click.pass_obj
def deliveries_attempts(services: Services, delivery_id: str) -> None:
    """Show every attempt at one delivery, as JSON."""
    try:
        rows = list_attempts(services.engine(), delivery_id)
    except SQLAlchemyError as error:
        _database_away(error)
    click.echo(json.dumps([_plain(asdict(row)) for row in rows], indent=2))


@deliveries_group.command("retry")
@click.argument("delivery_ids", nargs=-1)
@click.option(
    "--all-dead",
    is_flag=True,
    help="Every delivery that was given up, but for messages that may have gone out",
)
@click.pass_obj
def deliveries_retry(services: Services, delivery_ids: tuple[str, ...], all_dead: bool) -> None:
    """Put deliveries that failed or were given up back to be tried at once."""
    if not delivery_ids and not all_dead:
        raise click.UsageError("name deliveries, or give --all-dead")
    left: set[str] = set()
    try:
        engine = services.engine()
        if all_dead:
            dead = {row.id for row in list_deliveries(engine, state="dead", limit=100_000)}
            left = dead & may_have_gone_out(engine) - set(delivery_ids)
            delivery_ids = tuple(dead - left | set(delivery_ids))
        refused = [key for key in delivery_ids if not retry_delivery(engine, key)]
    except SQLAlchemyError as error:
        _database_away(error)
    if left:
        click.echo(f"{len(left)} messages may have gone out and are left: name them", err=True)
    for key in refused:
        click.echo(f"{key}: no such delivery, or it needs no retry", err=True)
    click.echo(f"{len(delivery_ids) - len(refused)} put back")
    sys.exit(1 if refused else 0)


def _drafted(draft: Draft) -> dict[str, Any]:
    told = {} if draft.text is None else draft_as_told(draft)
    why = {} if draft.last_error is None else {"last_error": draft.last_error}
    return {"recording_ref": draft.recording_ref, "state": draft.state, **why, **told}


def _database_away(error: SQLAlchemyError) -> Any:
    click.echo(of_database(error), err=True)
    sys.exit(1)


def _local(services: Services, moment: datetime | None) -> str:
    if moment is None:
        return ""
    zone = services.zone
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }
