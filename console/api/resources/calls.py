"""`/api/v1/calls`: calls as they were written down, newest first, and one with its turns.

A number is looked for by POST: it stands in no address, and so in no log.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, StringConstraints, TypeAdapter

from blacklist.record.arguments import Arguments, Page, Plain
from blacklist.record.operations import Operation
from call_handlers.fields import CallEvent, CallRecord
from call_handlers.history import find_call
from call_handlers.search import Place, find_calls
from call_handlers.wanted import Wanted
from console.api.pages import Moment, Paged, Pages
from console.api.resources.served import Served, call_for, event_for
from console.house import House
from people.person import NothingThere, Person

ROOT = "/api/v1/calls"
_Word = Annotated[str, StringConstraints(max_length=64), Plain]
_PLACE: TypeAdapter[Any] = TypeAdapter(
    tuple[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,14}\.[0-9a-z]{0,32}$")]]
)


class CallsAsked(Page):
    """Which calls: all that is given must hold."""

    since: Moment | None = Field(None, description="Begun from then on")
    until: Moment | None = Field(None, description="Begun before this")
    disposition: _Word = Field("", description="How it ended; also in_progress, answered")
    verdict: _Word = Field("", description="What screening decided")
    node: _Word = Field("", description="The last node of the flow that the caller was at")
    choice: _Word = Field("", description="What was chosen last in the main menu, or none")
    channel: _Word = Field("", description="asterisk or twilio")
    reference: _Word = Field("", description="The number of a ticket that the call opened")


class CallsOfNumber(Arguments):
    """The calls of one number."""

    caller: Annotated[str, StringConstraints(min_length=1, max_length=64), Plain] = Field(
        description="A number in any usual writing, or `withheld`"
    )
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


@dataclass(frozen=True, slots=True)
class CallTold:
    """A call with what came of each of its turns."""

    call: CallRecord
    events: tuple[CallEvent, ...]


def routes(house: House) -> tuple[Served, ...]:
    """What can be asked about calls."""

    def listed(person: Person, *, after: Any, limit: int, **which: Any) -> Paged:
        place = None if after is None else Place.of(after[0])
        found = find_calls(house.engine, Wanted(**which), limit=limit, after=place)
        items = [call_for(person, call) for call in found.calls]
        return Paged(items, None if found.next is None else (str(found.next),))

    def of_number(person: Person, *, caller: str, limit: int) -> list[CallRecord]:
        found = find_calls(house.engine, Wanted(caller=caller), limit=limit)
        return [call_for(person, call) for call in found.calls]

    def one(person: Person, call: str) -> CallTold:
        found = find_call(house.engine, call)
        if found is None:
            raise NothingThere("there is no such call")
        record, events = found
        told = tuple(event_for(person, event) for event in events)
        return CallTold(call_for(person, record), told)

    pages = Pages(lambda call: (str(Place(call.started_at, call.id)),), _PLACE)
    many = list[CallRecord]
    return (
        Served("list_calls", "GET", ROOT, pages=pages, asks=Operation(
            "list_calls", "Calls, newest first", "calls.read", listed, many, CallsAsked)),
        Served("search_calls", "POST", f"{ROOT}/search", asks=Operation(
            "search_calls", "The calls of one number, newest first", "calls.read", of_number, many,
            CallsOfNumber)),
        Served("show_call", "GET", f"{ROOT}/{{call}}", asks=Operation(
            "show_call", "One call, turn by turn", "calls.read", one, CallTold, of="call",
            misses=True)),
    )  # fmt: skip
