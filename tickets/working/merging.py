"""Two reports of one thing become one: the later is the duplicate of the other, which is worked."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from store.fields import record_of
from store.sql import one_at_a_time
from tickets.model import Ticket
from tickets.open import find_in
from tickets.schema import tickets as table
from tickets.update import Told, update_held
from tickets.working.change import Office, Work, change_held, note_between
from tickets.working.refusals import CannotMerge
from tickets.working.status import PARENT_BEFORE
from tickets.working.transitions import BY_MERGING, require_transition

_LONGEST_LINE = 100
"""Tickets above one another that are looked at for a circle; a complaint is of a report, and more
than a few there are not."""


def merge(office: Office, work: Work, parent: str) -> Ticket:
    """The ticket as a duplicate of `parent`; whatever was a duplicate of it is one of `parent` too.

    So a duplicate always names the ticket that is worked. Raises CannotMerge for a parent that is
    itself a duplicate, has ended, is not there, or is above or below this very ticket;
    IllegalTransition, and as `make_change`. One merges after the other: none sees half of another.
    """
    with office.engine.begin() as connection:
        one_at_a_time(connection, "tickets merged")  # before any ticket is held: nobody waits twice
        above = find_in(connection, parent)
        if above is None:
            nothing = "there is no ticket of the number that it is to repeat"
            raise CannotMerge("merge_nothing", nothing)

        def change(ticket: Ticket) -> Mapping[str, Any]:
            _require_mergeable(connection, ticket, above)
            return _below(ticket, above)

        merged = change_held(connection, office.told, work, "ticket_merged", change)
        _move_duplicates(connection, office.told, work, merged, above)
        return merged


def duplicates_of(connection: sa.Connection, reference: str) -> list[Ticket]:
    """The tickets that name this one as the one they repeat, oldest first."""
    return [
        record_of(Ticket, row) for row in connection.execute(_DUPLICATES, {"parent": reference})
    ]


_DUPLICATES = (
    sa.select(table)
    .where(
        table.c.parent_service_request_id == sa.bindparam("parent"), table.c.status == BY_MERGING
    )
    .order_by(table.c.requested_datetime, table.c.idempotency_key)
)


def _require_mergeable(connection: sa.Connection, ticket: Ticket, above: Ticket) -> None:
    if above.idempotency_key == ticket.idempotency_key:
        itself = "a ticket does not repeat itself: give another number"
        raise CannotMerge("merge_itself", itself)
    require_transition(ticket.status, BY_MERGING)
    if above.status == BY_MERGING:
        raise CannotMerge(
            "merge_duplicate",
            f"{above.service_request_id} is a duplicate itself: merge with "
            f"{above.parent_service_request_id}",
        )
    if not above.is_open:
        raise CannotMerge(
            "merge_ended",
            f"{above.service_request_id} has ended, and nobody would work this one: open it again "
            "first",
        )
    if ticket.service_request_id in _line_above(connection, above):
        raise CannotMerge(
            "merge_circle",
            f"{above.service_request_id} belongs to this ticket: merge it the other way round",
        )


def _line_above(connection: sa.Connection, ticket: Ticket) -> list[str]:
    """The tickets above this one, the nearest first, as far as they are there."""
    found: list[str] = []
    above = ticket.parent_service_request_id
    while above is not None and above not in found and len(found) < _LONGEST_LINE:
        found.append(above)
        following = find_in(connection, above)
        above = None if following is None else following.parent_service_request_id
    return found


def _below(ticket: Ticket, above: Ticket) -> Mapping[str, Any]:
    fields: dict[str, Any] = {
        "status": BY_MERGING,
        "parent_service_request_id": above.service_request_id,
    }
    if ticket.parent_service_request_id is not None:
        before = {PARENT_BEFORE: ticket.parent_service_request_id}
        fields["attributes"] = {**ticket.attributes, **before}
    return fields


def _move_duplicates(
    connection: sa.Connection, told: Told, work: Work, merged: Ticket, above: Ticket
) -> None:
    fields = {"parent_service_request_id": above.service_request_id}
    its = {"parent": merged.service_request_id}
    for row in connection.execute(_DUPLICATES.with_for_update(), its).all():
        one = record_of(Ticket, row)
        moved = update_held(connection, one, lambda _: fields, destinations=told, now=work.now)
        note_between(connection, work, "ticket_merged", one, moved)
