"""While a destination fails it is left alone but for one attempt now and then."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from store.sql import database_now
from tests.fixtures.scripted_destination import AWAY, TAKEN, Office
from tests.fixtures.statements import explained
from tickets.circuit import (
    LATEST_S,
    OPEN_STATES,
    SOONEST_S,
    disable_by_hand,
    enable,
    pause_s,
    probe_once,
)
from tickets.destination import PushResult
from tickets.health import Health, read_health
from tickets.outbox import backlog, list_attempts
from tickets.put_back import retry_delivery
from tickets.schema import UNDONE, destinations

REFUSED = PushResult("refused", 422, "this ticket is refused")
GONE = PushResult("gone", 410, "HTTP 410: it wants no more")
UNRESOLVED = PushResult("retry", error="ConnectError")


def health(engine: sa.Engine, name: str = "crm") -> Health:
    """How a destination does."""
    return next(one for one in read_health(engine) if one.name == name)


def pause_over(engine: sa.Engine) -> None:
    """The pause of every circuit ends now."""
    with engine.begin() as connection:
        moment = database_now(connection) - timedelta(seconds=1)
        its = destinations.c.open_until.is_not(None)
        connection.execute(destinations.update().where(its).values(open_until=moment))


def failed_thrice(engine: sa.Engine, *then: PushResult) -> Office:
    """Three tickets have met a destination that is away."""
    office = Office(engine, crm=[AWAY, AWAY, AWAY, *then], mail=[TAKEN])
    for _ in range(3):
        office.open("crm")
        office.deliver(lambda row: row.attempts == 0)
    return office


def test_after_three_failures_a_destination_is_left_alone(any_engine: sa.Engine) -> None:
    """A new ticket waits, uncounted; another destination's goes out."""
    office = failed_thrice(any_engine, TAKEN)
    office.open()
    assert office.deliver(lambda row: row.attempts == 0) == {
        "crm": ["skipped"],
        "mail": ["acknowledged"],
    }
    assert len(office.to["crm"].sent) == 3
    assert office.rows("crm")[-1].attempts == 0
    assert health(any_engine).state == "ill"


def test_one_delivery_at_a_time_tries_whether_it_is_well_again(any_engine: sa.Engine) -> None:
    """The one that was tried least; nobody before the pause is over, and one then."""
    office = failed_thrice(any_engine, AWAY, TAKEN)
    newest = office.open("crm")
    assert probe_once(any_engine) == []
    pause_over(any_engine)
    (chosen,) = probe_once(any_engine)
    assert probe_once(any_engine) == []
    assert office.deliver()["crm"].count("failed") == 1
    assert office.to["crm"].sent[-1].ticket.idempotency_key == newest.idempotency_key
    assert chosen == office.rows("crm")[-1].id


def test_with_its_first_answer_all_that_waits_goes_out(any_engine: sa.Engine) -> None:
    """At once, though their schedule says in an hour."""
    office = failed_thrice(any_engine, TAKEN)
    pause_over(any_engine)
    (chosen,) = probe_once(any_engine)
    assert office.deliver(lambda row: row.id != chosen) == {"crm": ["skipped", "skipped"]}
    assert office.deliver(lambda row: row.id == chosen) == {"crm": ["acknowledged"]}
    assert office.deliver() == {"crm": ["acknowledged", "acknowledged"]}
    assert health(any_engine).state == "well"


def test_attempts_before_their_time_are_not_counted(any_engine: sa.Engine) -> None:
    """Each ticket keeps all its attempts, and the moment of the next, for the longest outage."""
    office = failed_thrice(any_engine, AWAY)
    before = {row.id: row.next_attempt_at for row in office.rows("crm")}
    for _ in range(30):
        pause_over(any_engine)
        probe_once(any_engine)
        office.deliver()
    rows = office.rows("crm")
    assert sum(row.attempts for row in rows) == 33
    assert max(row.attempts for row in rows) - min(row.attempts for row in rows) <= 1
    assert {row.state for row in rows} == {"failed"}
    assert {row.id: row.next_attempt_at for row in rows} == before


def test_a_ticket_that_breaks_its_receiver_stops_no_other(any_engine: sa.Engine) -> None:
    """It is not the one by which the destination is tried again and again."""
    office = Office(any_engine, crm=[AWAY, AWAY, AWAY, TAKEN])
    office.open()
    for _ in range(3):
        office.deliver()
        retry_delivery(any_engine, office.rows("crm")[0].id)
    assert health(any_engine).state == "ill"
    other = office.open()
    pause_over(any_engine)
    probe_once(any_engine)
    office.deliver(lambda row: row.attempts == 0)
    assert office.to["crm"].sent[-1].ticket.idempotency_key == other.idempotency_key
    assert health(any_engine).state == "well"


def test_a_pause_is_a_tenth_of_the_trouble() -> None:
    """A second at least, five minutes at most."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    pauses = {s: pause_s(now - timedelta(seconds=s), now) for s in (0, 5, 60, 600, 3000, 1e6)}
    assert pauses == {0: SOONEST_S, 5: 1.0, 60: 6.0, 600: 60.0, 3000: 300.0, 1e6: LATEST_S}
    assert pause_s(None, now) == SOONEST_S


@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_for_peace_is_left_alone_for_so_long(any_engine: sa.Engine, status: int) -> None:
    """All of its tickets, from the first such answer on."""
    wish = PushResult("retry", status, f"HTTP {status}", retry_after_s=1800.0)
    office = Office(any_engine, crm=[wish, TAKEN])
    office.open()
    office.deliver()
    office.open()
    assert office.deliver()["crm"] == ["skipped", "skipped"]
    until = health(any_engine).open_until
    with any_engine.connect() as connection:
        left = (until - database_now(connection)).total_seconds() if until else 0.0
    assert 1700 < left <= 1800
    row = office.rows("crm")[0]
    assert row.next_attempt_at >= row.created_at + timedelta(seconds=1800)


def test_an_answer_about_a_ticket_keeps_the_circuit_closed(any_engine: sa.Engine) -> None:
    """A refusal too: whoever reads a ticket is there."""
    office = Office(any_engine, crm=[AWAY, AWAY, REFUSED, UNRESOLVED, AWAY, TAKEN])
    for _ in range(6):
        office.open()
    came = office.deliver()["crm"]
    assert came == ["failed", "failed", "dead", "failed", "failed", "acknowledged"]


def test_who_has_answered_410_is_sent_nothing_until_a_person_says_so(
    any_engine: sa.Engine,
) -> None:
    """It is told loudly; nothing is given up, and all of it goes out at once afterwards."""
    office = Office(any_engine, crm=[GONE, TAKEN], mail=[TAKEN])
    office.open()
    with capture_logs() as logs:
        assert office.deliver() == {"crm": ["failed"], "mail": ["acknowledged"]}
    told = [one["log_level"] for one in logs if one["event"] == "destination_disabled"]
    assert told == ["critical"]
    office.open()
    for _ in range(12):
        pause_over(any_engine)
        assert probe_once(any_engine) == []
        assert "skipped" in office.deliver()["crm"]
    assert len(office.to["crm"].sent) == 1
    assert health(any_engine).state == "disabled"
    assert "hotline destinations enable crm" in str(health(any_engine))
    assert enable(any_engine, "crm") == 2
    assert enable(any_engine, "crm") is None
    assert office.deliver() == {"crm": ["acknowledged", "acknowledged"]}
    assert health(any_engine).state == "well"


def test_a_person_may_disable_a_destination_that_has_never_failed(any_engine: sa.Engine) -> None:
    """While its owner is at work on it, say."""
    office = Office(any_engine, crm=[TAKEN])
    office.open()
    assert disable_by_hand(any_engine, "crm")
    assert not disable_by_hand(any_engine, "crm")
    assert office.deliver() == {"crm": ["skipped"]}
    assert enable(any_engine, "crm") == 1
    assert office.deliver() == {"crm": ["acknowledged"]}


def test_a_pause_from_before_the_clock_was_set_back_is_over(any_engine: sa.Engine) -> None:
    """It would last for as long as the clock was wrong."""
    failed_thrice(any_engine)
    with any_engine.begin() as connection:
        ahead = database_now(connection) + timedelta(days=3)
        values = {"open_until": ahead, "failing_since": ahead - timedelta(hours=1)}
        connection.execute(destinations.update().values(values))
    assert len(probe_once(any_engine)) == 1


def test_what_waits_is_told_by_destination_and_costs_nothing_of_what_is_delivered(
    any_engine: sa.Engine,
) -> None:
    """How many, the oldest, what was given up."""
    office = Office(any_engine, crm=[REFUSED, AWAY], mail=[TAKEN])
    for _ in range(3):
        office.open()
    office.deliver()
    with explained(any_engine) as plans:
        found = {(row.destination, row.state): row.count for row in backlog(any_engine)}
    assert found == {("crm", "dead"): 1, ("crm", "failed"): 2}
    assert f"state IN {(*OPEN_STATES, 'dead')}" == UNDONE
    weighed = any_engine.dialect.name == "postgresql"  # which of few rows may take another way
    assert all(weighed or "COVERING INDEX ix_deliveries_undone" in plan for plan in plans), plans
    assert all(row.oldest_s >= 0 and row.accepted == 0 for row in backlog(any_engine))


def test_an_attempt_that_finds_a_circuit_closed_again_is_one_attempt(any_engine: sa.Engine) -> None:
    """Each is written down, those before their time too."""
    office = failed_thrice(any_engine, TAKEN)
    pause_over(any_engine)
    (chosen,) = probe_once(any_engine)
    office.deliver()
    outcomes = [one.outcome for one in list_attempts(any_engine, chosen)]
    assert outcomes == ["failed", "acknowledged"]
