"""`hotline tickets`: what was opened, and where it went."""

import json
import sys
from dataclasses import asdict
from datetime import datetime
from typing import Any

import rich_click as click
from sqlalchemy.exc import SQLAlchemyError

from hotline.bootstrap import Services
from hotline.cli.columns import print_columns
from hotline.cli.deliveries import database_away, plain
from recordings.drafts import draft_as_told, drafts_of
from recordings.fields import Draft
from tickets.model import to_wire
from tickets.open import find_ticket, list_tickets
from tickets.outbox import list_deliveries
from tickets.reference import is_reference


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
        database_away(error)
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
        database_away(error)
    if ticket is None:
        click.echo(f"{reference}: no such ticket", err=True)
        sys.exit(1)
    shown = {
        "ticket": to_wire(ticket),
        "machine_drafts": [_drafted(draft) for draft in drafts],
        "deliveries": [plain(asdict(row)) for row in rows],
    }
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2))


def _drafted(draft: Draft) -> dict[str, Any]:
    told = {} if draft.text is None else draft_as_told(draft)
    why = {} if draft.last_error is None else {"last_error": draft.last_error}
    return {"recording_ref": draft.recording_ref, "state": draft.state, **why, **told}


def _local(services: Services, moment: datetime | None) -> str:
    if moment is None:
        return ""
    zone = services.zone
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
