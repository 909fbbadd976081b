"""A seeded database: as much as was asked for, as varied as a city's, never among true calls."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import phonenumbers
import pytest
import sqlalchemy as sa

from blacklist.record.schema import entries, strikes
from blacklist.verdict import Disposition
from call_handlers.flow_figures import FlowFigures
from call_handlers.history import Wanted, list_calls, stream_calls
from call_handlers.records import write_records
from call_handlers.schema import call_events, calls
from call_handlers.vcon import vcon
from hotline.settings import CONFIG_DIR
from ivr.chosen import chosen
from ivr.edges import edges
from lab.seeding.calls import NOBODYS, calls_of
from lab.seeding.delivery_rows import NOBODY
from lab.seeding.plan import Plan, SeedRefused
from lab.seeding.seed import City, made_before, seed
from store.sql import reading
from tests.fixtures.dialog import FLOW
from tests.fixtures.house import FILES
from tests.integration.calls.test_records import ENDED, FACTS
from tickets.catalogue import load_sub_municipalities
from tickets.model import STATUSES
from tickets.open import list_tickets
from tickets.outbox import explain
from tickets.reference import is_reference
from tickets.schema import deliveries, delivery_attempts, tickets

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
AREAS = load_sub_municipalities(CONFIG_DIR / "sub_municipalities.yaml")
CITY = City(FLOW, FILES.services, AREAS)


def plan(**changes: Any) -> Plan:
    """A few thousand calls."""
    usual: dict[str, Any] = {
        "calls": 3000,
        "tickets": 900,
        "days": 20,
        "seed": 1,
        "events": 500,
        "now": NOW,
    }
    return Plan(**({"now": NOW} | usual | changes))


def many(engine: sa.Engine, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    """How many rows there are."""
    with reading(engine) as connection:
        counted = sa.select(sa.func.count()).select_from(table).where(*where)
        return int(connection.execute(counted).scalar_one())


def each(engine: sa.Engine, column: sa.Column[Any]) -> Sequence[Any]:
    """The values that a column has."""
    with reading(engine) as connection:
        return connection.scalars(sa.select(column).distinct()).all()


def test_there_is_as_much_as_was_asked_for(any_engine: sa.Engine) -> None:
    """Calls, tickets and events are counted out, and progress ends at the last call."""
    assert list(seed(any_engine, plan(), CITY))[-1] == 3000
    assert many(any_engine, calls) == 3000
    assert many(any_engine, tickets) == 900
    assert many(any_engine, deliveries) > 900
    with_events = len(each(any_engine, call_events.c.call_id))
    going_on = many(any_engine, calls, calls.c.ended_at.is_(None))
    assert 500 - going_on <= with_events <= 500


def test_every_kind_of_everything_is_there(any_engine: sa.Engine) -> None:
    """What a page can show stands in the database, so that it can be tried."""
    list(seed(any_engine, plan(calls=6000, tickets=3000), CITY))
    assert set(each(any_engine, calls.c.verdict)) == set(get_args(Disposition))
    came_out = {"completed", "transferred", "abandoned", "voicemail", "blocked"}
    assert came_out <= set(each(any_engine, calls.c.disposition))
    assert set(each(any_engine, calls.c.channel)) == {"asterisk", "twilio"}
    assert set(each(any_engine, calls.c.language)) == set(FLOW.languages)
    assert set(each(any_engine, tickets.c.status)) == set(STATUSES)
    assert set(each(any_engine, tickets.c.service_code)) == set(CITY.services)
    assert set(each(any_engine, tickets.c.sub_municipality)) == set(CITY.areas)
    assert {"acknowledged", "failed", "dead"} <= set(each(any_engine, deliveries.c.state))
    assert many(any_engine, calls, calls.c.withheld) > 0
    late = (tickets.c.status == "open", tickets.c.expected_datetime < NOW)
    assert many(any_engine, tickets, *late) > 0
    assert many(any_engine, entries) > 0
    assert many(any_engine, strikes) > 0


def test_numbers_call_again_and_are_nobodys(any_engine: sa.Engine) -> None:
    """A number that no operator was given reaches nobody, should anybody dial it."""
    list(seed(any_engine, plan(), CITY))
    numbers = [one for one in each(any_engine, calls.c.e164) if one is not None]
    assert all(one.startswith(NOBODYS) for one in numbers)
    assert not phonenumbers.is_valid_number(phonenumbers.parse(numbers[0]))
    assert len(numbers) < 2000
    assert list_calls(any_engine, Wanted(caller=f"0{numbers[0][4:]}"))


def test_a_call_went_where_the_menu_leads(any_engine: sa.Engine) -> None:
    """Each step of a path is an edge of the flow, and figures and vCons are made of such calls."""
    list(seed(any_engine, plan(calls=300, tickets=90, events=300), CITY))
    figures = FlowFigures(FLOW, lambda _record: FLOW)
    for record, events in stream_calls(any_engine, Wanted()):
        figures.take(record, events)
        assert vcon(record, events, organisation="the city")
        for name, following in zip(record.path, record.path[1:], strict=False):
            assert following in _reached(name)
        if record.ended_at is not None:
            assert events[-1].kind == "end"
            assert events[-1].at == record.ended_at
            assert chosen(FLOW, record.path) == "" or FLOW.root in record.path
    assert figures.of(FLOW.root).answered > 0


def _reached(name: str) -> set[str]:
    """The nodes that a path may have after this one, those behind what is passed over too."""
    found: set[str] = set()
    names = [edge.target for edge in edges(FLOW.nodes[name]) if edge.kind != "skip"]
    while names:
        target = names.pop()
        if target not in found:
            found.add(target)
            names += filter(None, [FLOW.nodes[target].skip_to])
    return found


def test_a_ticket_its_call_and_its_ways_belong_together(any_engine: sa.Engine) -> None:
    """Whoever opens one finds the others."""
    list(seed(any_engine, plan(), CITY))
    for ticket in list_tickets(any_engine, limit=20):
        assert is_reference(ticket.service_request_id)
        assert ticket.call_id is not None
        with reading(any_engine) as connection:
            kept = sa.select(calls.c.tickets).where(calls.c.id == ticket.call_id)
            assert connection.execute(kept).scalar_one() == [ticket.service_request_id]
        ways = explain(any_engine, ticket.service_request_id)
        assert all(len(attempts) == delivery.attempts for delivery, attempts in ways)


def test_nothing_that_waits_is_for_anybody(any_engine: sa.Engine) -> None:
    """A worker that runs on such a database sends no office a ticket that nobody has reported."""
    list(seed(any_engine, plan(days=2), CITY))
    waits = deliveries.c.state.in_(("pending", "failed"))
    assert many(any_engine, deliveries, waits) > 0
    assert many(any_engine, deliveries, waits, deliveries.c.destination != NOBODY) == 0
    assert many(any_engine, delivery_attempts) > 0


def test_the_same_seed_makes_the_same_calls() -> None:
    """So a figure can be measured again, on another database too; another seed is another city."""
    first, again = (list(calls_of(plan(), FLOW)) for _ in range(2))
    assert first == again
    assert [one.began for one in calls_of(plan(seed=2), FLOW)] != [one.began for one in first]


def test_a_second_run_adds_to_the_first(any_engine: sa.Engine) -> None:
    """A larger database is made of a smaller one."""
    list(seed(any_engine, plan(), CITY))
    first = made_before(any_engine, add=False)
    assert first == 3000
    list(seed(any_engine, plan(first=first, now=NOW + timedelta(days=1)), CITY))
    assert many(any_engine, calls) == 6000
    assert many(any_engine, tickets) == 1800


def test_true_calls_are_left_alone_unless_one_says_so(any_engine: sa.Engine) -> None:
    """Nobody finds made-up calls among the city's own by a slip."""
    write_records(any_engine, [ENDED])
    with pytest.raises(SeedRefused, match="--add"):
        made_before(any_engine, add=False)
    assert made_before(any_engine, add=True) == 0
    list(seed(any_engine, plan(calls=100, tickets=10, events=10), CITY))
    kept = sa.and_(calls.c.id == FACTS.call_id, calls.c.provider_id == FACTS.provider_id)
    assert many(any_engine, calls, kept) == 1


def test_more_tickets_than_calls_are_refused() -> None:
    """A call opens one ticket at most."""
    with pytest.raises(SeedRefused, match="more tickets than calls"):
        plan(calls=10, tickets=11)
