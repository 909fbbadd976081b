"""Whose a ticket is: the departments that answer for it, and the person who works it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tickets.catalogue import Service
from tickets.model import Ticket
from tickets.working.change import Office, Work, make_change
from tickets.working.refusals import WrongAssignment

MOST_DEPARTMENTS = 10


def departments_of(services: Mapping[str, Service]) -> tuple[str, ...]:
    """Every department that a service belongs to, in the catalogue's order."""
    named = (name for service in services.values() for name in service.departments)
    return tuple(dict.fromkeys(named))


def assign(
    office: Office,
    work: Work,
    *,
    departments: Sequence[str],
    person: str | None,
    known: Collection[str],
    people: Collection[str],
) -> Ticket:
    """The ticket, these departments' (one at least), worked by `person`, or by nobody yet.

    `known` are the departments there are, `people` who may work it; what the ticket has of both may
    stay. Destinations take a ticket by its departments: those that it concerns now are told that it
    is there. Raises WrongAssignment, and as `make_change`.
    """
    named = tuple(dict.fromkeys(departments))
    if not 1 <= len(named) <= MOST_DEPARTMENTS:
        most = f"a ticket is 1 to {MOST_DEPARTMENTS} departments'"
        raise WrongAssignment("department_count", most)

    def change(ticket: Ticket) -> Mapping[str, Any]:
        if not set(named) <= {*known, *ticket.agency_responsible}:
            unknown = "there is no such department: use those of config/services.yaml"
            raise WrongAssignment("department_unknown", unknown)
        if person is not None and person not in {*people, ticket.assigned_to}:
            raise WrongAssignment("person_name", "there is nobody of this name who works tickets")
        wanted = {"agency_responsible": named, "assigned_to": person}
        return {name: one for name, one in wanted.items() if one != getattr(ticket, name)}

    return make_change(office, work, "ticket_assigned", change)
