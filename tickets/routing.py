"""Which destinations a ticket concerns: rules over what is known of it, and nothing of how it goes.

A rule holds where everything that it says does; a destination takes a ticket where one of its rules
holds, and all tickets where it has none. A ticket that nobody takes goes to those who take what no
other does, and where there is none of these, to the first: none is without a destination.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from tickets.catalogue import Service
from tickets.model import KINDS, PRIORITIES, NewTicket, Ticket

ALL: frozenset[str] = frozenset()
"""Of a field that a rule does not speak of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a ticket must be; an empty set says nothing. `agencies` are met by one of the ticket's.

    A ticket without sub-municipality is met by no rule that names some.
    """

    services: frozenset[str] = ALL
    groups: frozenset[str] = ALL
    sub_municipalities: frozenset[str] = ALL
    kinds: frozenset[str] = ALL
    priorities: frozenset[str] = ALL
    agencies: frozenset[str] = ALL

    def holds(self, ticket: Ticket | NewTicket, group: str | None) -> bool:
        """Whether the ticket, whose service is of that group, is what the rule says."""
        return (
            (not self.services or ticket.service_code in self.services)
            and (not self.groups or group in self.groups)
            and (not self.sub_municipalities or ticket.sub_municipality in self.sub_municipalities)
            and (not self.kinds or ticket.kind in self.kinds)
            and (not self.priorities or ticket.priority in self.priorities)
            and (not self.agencies or not self.agencies.isdisjoint(ticket.agency_responsible))
        )


@dataclass(frozen=True, slots=True)
class Route:
    """What one destination takes: `rules`, or all; `otherwise`: what no other takes, besides."""

    name: str
    rules: tuple[Rule, ...] = ()
    otherwise: bool = False

    def takes(self, ticket: Ticket | NewTicket, group: str | None) -> bool:
        """Whether one of its rules holds. One that takes only what is left over has none."""
        if not self.rules:
            return not self.otherwise
        return any(rule.holds(ticket, group) for rule in self.rules)


@dataclass(frozen=True, slots=True)
class Routes:
    """All destinations of tickets, in the order of their file; `groups` by the service's code."""

    routes: tuple[Route, ...]
    groups: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises ValueError where there is no destination at all."""
        if not self.routes:
            raise ValueError("there is no destination: tickets would go nowhere")

    @property
    def names(self) -> tuple[str, ...]:
        """Every destination."""
        return tuple(route.name for route in self.routes)

    def of(self, ticket: Ticket | NewTicket) -> tuple[str, ...]:
        """The destinations of a ticket, at least one."""
        group = self.groups.get(ticket.service_code)
        taken = tuple(route.name for route in self.routes if route.takes(ticket, group))
        return taken or self._left_over()

    def after(self, ticket: Ticket, told: Sequence[str]) -> tuple[str, ...]:
        """The destinations of a change: those of the ticket now, and who has heard of it before."""
        known = (name for name in told if name in self.names)
        return tuple(dict.fromkeys((*self.of(ticket), *known)))

    def _left_over(self) -> tuple[str, ...]:
        rest = tuple(route.name for route in self.routes if route.otherwise)
        return rest or (self.routes[0].name,)

    def untaken(
        self, services: Mapping[str, Service], areas: Collection[str]
    ) -> Iterator[NewTicket]:
        """Tickets that no rule takes, by what the menu can make of them; for people to look at.

        Of a service that is nowhere looked after there is one.
        """
        for service in services.values():
            kinds = product(KINDS, PRIORITIES, (*areas, None))
            tickets = (_possible(service, *kind) for kind in kinds)
            found = (one for one in tickets if not self._is_taken(one))
            yield from (one for one, _ in zip(found, range(1), strict=False))

    def _is_taken(self, ticket: NewTicket) -> bool:
        group = self.groups.get(ticket.service_code)
        return any(route.otherwise or route.takes(ticket, group) for route in self.routes)


def _possible(service: Service, kind: str, priority: str, area: str | None) -> NewTicket:
    return NewTicket(
        origin="routing",
        service_code=service.code,
        kind=kind,
        priority=priority,
        sub_municipality=area,
        agency_responsible=service.departments,
        address_string="-",
    )
