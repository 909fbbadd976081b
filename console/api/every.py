"""Every resource that the API serves beside the blocklist."""

from console.api.resources import announcements, calls, deliveries, tickets
from console.api.resources.served import Served
from console.house import House


def resources(house: House) -> tuple[Served, ...]:
    """Their routes."""
    return tuple(
        route
        for room in (calls, tickets, deliveries, announcements)
        for route in room.routes(house)
    )
