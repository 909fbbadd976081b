"""What is asked of the console among many calls: each of its pages, and each way to narrow one."""

from collections.abc import Iterator, Mapping
from itertools import product
from urllib.parse import urlencode

import sqlalchemy as sa

from blacklist.record.schema import entries
from lab.bench.page_reader import Reader
from lab.pages import pages_of
from store.sql import reading
from tickets.model import STATUSES
from tickets.schema import ticket_departments, tickets

NONE = "nothing"
"""What is looked for and is nowhere: all is gone through."""
_STATES, _ORDERS = ("open", "overdue", "closed", "all"), ("newest", "most_overdue")
_CALLS = {
    "disposition": ("answered", "abandoned", "transferred", "failed", "in_progress", NONE),
    "verdict": ("allow", "warn", "block", NONE),
    "node": ("main", NONE),
    "channel": ("twilio", "asterisk", NONE),
}
_ALL_DAYS = {"since": "2026-01-01T00:00", "until": "2027-12-31T00:00"}


def addresses(reader: Reader) -> list[str]:
    """Every address, each once."""
    with reading(reader.engine) as connection:
        newest = tickets.c.requested_datetime.desc()
        ticket = connection.execute(sa.select(tickets).order_by(newest).limit(1)).one()
        number = connection.scalar(sa.select(entries.c.subject).limit(1))
        found = [*_pages(reader, ticket), *_queues(connection, ticket), *_calls()]
    found += (f"/deliveries?list={one}" for one in ("waiting", "dead"))
    found += (f"/audit?action={one}" for one in ("restricted", NONE))
    found += _found(reader, str(number), ticket.service_request_id)
    return list(dict.fromkeys(found))


def _pages(reader: Reader, ticket: sa.Row[tuple[object, ...]]) -> Iterator[str]:
    """The console's pages, but for the way in: who has signed in is not there."""
    examples = dict.fromkeys(("name", "invitation"), NONE) | {"turn": "1", "language": "ar"}
    examples |= {"reference": ticket.service_request_id, "call_id": ticket.call_id}
    for page in pages_of(reader.app, examples):
        if page.permission not in ("public", "own"):
            yield page.path


def _queues(connection: sa.Connection, ticket: sa.Row[tuple[object, ...]]) -> Iterator[str]:
    """Each filter of the queue, of what there is most, least and none of; and some together."""
    whose = ticket_departments.c.department
    by_size = sa.select(whose).group_by(whose).order_by(sa.func.count())
    departments = list(connection.scalars(by_size))
    filters: list[Mapping[str, str]] = [{}]
    for name in ("sub_municipality", "service_code"):
        filters += ({name: value} for value in (getattr(ticket, name), NONE))
    filters += ({"department": one} for one in (departments[0], departments[-1], NONE))
    filters += ({"status": one} for one in STATUSES)
    filters += ({"who": one} for one in ("me", "nobody", "huda"))
    of_most = {"department": departments[-1]}
    filters += (of_most | {"who": one} for one in ("me", "nobody"))
    filters.append(of_most | {"status": "reopen"})
    filters.append(of_most | {"service_code": ticket.service_code})
    for narrow, state, order in product(filters, _STATES, _ORDERS):
        yield "/tickets?" + urlencode({**narrow, "state": state, "order": order})


def _calls() -> Iterator[str]:
    for name, values in _CALLS.items():
        yield from (f"/calls?{name}={value}" for value in values)
    yield "/calls?" + urlencode(_ALL_DAYS)
    yield "/calls?" + urlencode({"node": "main", "disposition": "transferred", "channel": "twilio"})


def _found(reader: Reader, number: str, reference: str) -> Iterator[str]:
    """What is typed into forms: a number, a ticket."""
    yield reader.led_to("/blocklist", "/blocklist/look", number=number)
    yield reader.led_to("/calls", "/calls", caller=number)
    yield reader.led_to("/calls", "/calls", caller="withheld")
    yield reader.led_to("/calls", "/calls", reference=reference)
