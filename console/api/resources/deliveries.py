"""`/api/v1/deliveries`, `/api/v1/destinations`: what waits, what was given up, and what helps."""

from typing import Annotated, Any, Literal

from pydantic import StringConstraints, TypeAdapter

from blacklist.record.arguments import Page, Plain
from blacklist.record.operations import Operation
from console.api.pages import Moment, Pages
from console.api.resources.served import Served
from console.house import House
from people.person import Person
from tickets.delivery_pages import dead_page, place_of, waiting_page
from tickets.outbox import Delivery
from tickets.standing import Standing, standings
from tickets.working.delivering import retry_dead, retry_one

ROOT = "/api/v1/deliveries"
_PLACE: TypeAdapter[Any] = TypeAdapter(
    tuple[Moment, Annotated[str, StringConstraints(pattern=r"^[0-9a-zA-Z_-]{1,32}$")]]
)


class DeliveriesAsked(Page):
    """Which deliveries: those on their way, or those that were given up."""

    list: Literal["waiting", "dead"] = "dead"
    to: Annotated[str, StringConstraints(max_length=64), Plain] = ""


def routes(house: House) -> tuple[Served, ...]:
    """What can be asked about deliveries, and done."""

    def listed(
        person: Person, *, list: Literal["waiting", "dead"], to: str, limit: int, after: Any
    ) -> Any:
        del person
        page = waiting_page if list == "waiting" else dead_page
        return page(house.engine, to=to, limit=limit, after=after)

    def retried(person: Person, delivery: str) -> str:
        return retry_one(house.engine, person, delivery, house.now())

    def every(person: Person) -> Any:
        del person
        return standings(house.engine, house.tickets.kinds)

    def all_retried(person: Person, destination: str) -> int:
        return retry_dead(house.engine, person, destination, house.now())

    pages = Pages(_place, _PLACE)
    return (
        Served("list_deliveries", "GET", ROOT, pages=pages, asks=Operation(
            "list_deliveries", "Deliveries that wait, or were given up", "deliveries.read", listed,
            list[Delivery], DeliveriesAsked)),
        Served("retry_delivery", "POST", f"{ROOT}/{{delivery}}/retry", asks=Operation(
            "retry_delivery", "Try one again; given is its ticket", "deliveries.retry", retried,
            str, of="delivery", misses=True)),
        Served("list_destinations", "GET", "/api/v1/destinations", asks=Operation(
            "list_destinations", "How each destination does", "deliveries.read", every,
            list[Standing])),
        Served("retry_destination", "POST", "/api/v1/destinations/{destination}/retry",
            asks=Operation("retry_destination", "Try all again that were given up; how many",
            "deliveries.retry", all_retried, int, of="destination", misses=True)),
    )  # fmt: skip


def _place(delivery: Delivery) -> tuple[str, str]:
    moment, name = place_of(delivery)
    return moment.isoformat(), name
