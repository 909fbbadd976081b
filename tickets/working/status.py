"""The status and the priority of a ticket, at a person's word."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tickets.catalogue import Service
from tickets.model import PRIORITIES, STATUSES, Ticket
from tickets.open import expected_by
from tickets.working.change import Office, Work, make_change
from tickets.working.refusals import CannotMerge, ChangeRefused
from tickets.working.transitions import BY_MERGING, require_transition

PARENT_BEFORE = "parent_before"
"""The attribute of a duplicate that had a parent before: of which report the complaint was."""


def set_status(office: Office, work: Work, status: str, services: Mapping[str, Service]) -> Ticket:
    """The ticket, with a status that may follow its own.

    Raises IllegalTransition, ChangeRefused for an unknown status, CannotMerge for
    `duplicate`, which names another ticket (`tickets.working.merging`), and as `make_change`.
    """
    if status not in STATUSES:
        known = ", ".join(STATUSES)
        raise ChangeRefused("unknown_status", f"there is no such status: use one of {known}")

    def change(ticket: Ticket) -> Mapping[str, Any]:
        if ticket.status == status:
            return {}
        require_transition(ticket.status, status)
        if status == BY_MERGING:
            unnamed = "a duplicate names the ticket that it repeats: merge it with that"
            raise CannotMerge("merge_unnamed", unnamed)
        return reopened(ticket, services, work.now) if status == "reopen" else {"status": status}

    return make_change(office, work, "ticket_status", change)


def set_priority(office: Office, work: Work, priority: str) -> Ticket:
    """The ticket, with this priority. Raises ChangeRefused for another, and as `make_change`."""
    if priority not in PRIORITIES:
        known = ", ".join(PRIORITIES)
        raise ChangeRefused("unknown_priority", f"there is no such priority: use one of {known}")

    def change(ticket: Ticket) -> Mapping[str, Any]:
        return {} if ticket.priority == priority else {"priority": priority}

    return make_change(office, work, "ticket_priority", change)


def reopened(ticket: Ticket, services: Mapping[str, Service], now: datetime) -> Mapping[str, Any]:
    """The fields of a ticket that is opened again, by whomever.

    It is promised anew, in the hours of its service, and is nobody's duplicate any more.
    """
    service = services.get(ticket.service_code)
    expected = expected_by(now, service.target_hours if service else None)
    fields: dict[str, Any] = {"status": "reopen", "expected_datetime": expected}
    if ticket.status == BY_MERGING:
        attributes = dict(ticket.attributes)
        fields["parent_service_request_id"] = attributes.pop(PARENT_BEFORE, None)
        fields["attributes"] = attributes
    return fields
