"""What no circuit does: repeat without end, or to people, hurry what waits, or hold up others."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import sqlalchemy as sa

from outbox.schedule import Schedule
from store.sql import database_now
from tests.fixtures.scripted_destination import AWAY, LATER, TAKEN, Office
from tests.fixtures.tickets import NOW, new_ticket
from tickets.circuit import enable, probe_once
from tickets.delivery import Deliverer
from tickets.destination import Message, PushResult
from tickets.health import read_health
from tickets.mobile import SMS
from tickets.open import open_ticket
from tickets.outbox import list_deliveries
from tickets.put_back import retry_all
from tickets.schema import deliveries, destinations

LOST = PushResult("retry", 502, "HTTP 502", unsure=True)


@dataclass
class ByTicket:
    """Answers one ticket always so, and takes all others; it keeps how often each came."""

    name: str
    bad: str
    answer: PushResult
    retry: Schedule = LATER
    timeout_s: float = 5.0
    read_by_people: bool = False
    came: Counter[str] = field(default_factory=Counter)

    def push(self, message: Message) -> PushResult:
        """By its origin's number."""
        origin = message.ticket.origin
        self.came[origin] += 1
        return self.answer if origin == self.bad else TAKEN


def opened(engine: sa.Engine, number: int, name: str = "crm") -> str:
    """A ticket's origin."""
    ticket = new_ticket(f"call:{number}:1")
    return open_ticket(engine, ticket, destinations=[name], now=NOW).origin


def attempt_all(engine: sa.Engine, deliverer: Deliverer) -> None:
    """An attempt at every row that is not done."""
    for row in list_deliveries(engine, limit=1000):
        if row.state not in ("acknowledged", "dead"):
            deliverer.deliver(row.id)


def outage_began(engine: sa.Engine, ago: timedelta) -> None:
    """Every destination has failed for so long, and the pause of each is over."""
    with engine.begin() as connection:
        now = database_now(connection)
        past = {"failing_since": now - ago}
        connection.execute(destinations.update().values(past))
        its = destinations.c.open_until.is_not(None)
        over = destinations.update().where(its).values(open_until=now - timedelta(seconds=1))
        connection.execute(over)


@pytest.mark.parametrize("name", ["crm", SMS])
@pytest.mark.parametrize("answer", [AWAY, LOST])
def test_what_fails_while_others_do_well_waits_its_own_time(
    any_engine: sa.Engine, name: str, answer: PushResult
) -> None:
    """It is at fault itself: another's success is no reason to send it again."""
    bad = opened(any_engine, 0, name)
    there = ByTicket(name, bad, answer, read_by_people=name == SMS)
    deliverer = Deliverer(any_engine, {name: there}, LATER)
    attempt_all(any_engine, deliverer)
    for number in range(1, 20):
        opened(any_engine, number, name)
        attempt_all(any_engine, deliverer)
    assert there.came[bad] == 1
    assert len(there.came) == 20


def test_tickets_that_break_their_receiver_are_not_sent_again_and_again(
    any_engine: sa.Engine,
) -> None:
    """Three open its circuit, another closes it: each of the three gets one attempt of that."""
    office = Office(any_engine, crm=[AWAY, AWAY, AWAY, TAKEN, AWAY])
    for _ in range(3):
        office.open("crm")
        office.deliver(lambda row: row.attempts == 0)
    office.open("crm")
    outage_began(any_engine, timedelta(seconds=2))
    probe_once(any_engine)
    assert office.deliver()["crm"].count("acknowledged") == 1
    for _ in range(10):
        office.deliver()
        outage_began(any_engine, timedelta(seconds=2))
        probe_once(any_engine)
    sent = Counter(message.ticket.origin for message in office.to["crm"].sent)
    assert sorted(sent.values()) == [1, 2, 2, 2]


@pytest.mark.parametrize("ago", [timedelta(seconds=5), timedelta(hours=5)])
def test_what_a_person_would_read_twice_is_tried_by_its_schedule_alone(
    any_engine: sa.Engine, ago: timedelta
) -> None:
    """Neither to see whether a destination is well, nor when it is: three attempts are all."""
    office = Office(any_engine, crm=[LOST])
    office.to["crm"].read_by_people = True
    for _ in range(3):
        office.open("crm")
        office.deliver(lambda row: row.attempts == 0)
    for _ in range(20):
        outage_began(any_engine, ago)
        assert probe_once(any_engine) == []
        office.deliver()
    assert len(office.to["crm"].sent) == 3
    for _ in range(20):
        with any_engine.begin() as connection:
            due = {"next_attempt_at": database_now(connection) - timedelta(seconds=1)}
            connection.execute(deliveries.update().values(due))
        outage_began(any_engine, ago)
        assert probe_once(any_engine) == [], "the circuit ends where nobody may try it"
        office.deliver()
    assert {row.state for row in office.rows("crm")} == {"dead"}
    assert all(
        (row.last_error or "").endswith("it may have gone out") for row in office.rows("crm")
    )
    assert set(Counter(m.ticket.origin for m in office.to["crm"].sent).values()) == {3}
    assert retry_all(any_engine) == 0, "a person asks for each of these by itself"


def test_who_cannot_be_asked_any_more_is_treated_as_who_never_could(any_engine: sa.Engine) -> None:
    """A list that is refused finds nothing: what is sent blind is sent three times at most."""
    blind = PushResult("retry", 502, "HTTP 502", unsure=True, blind=True)
    office = Office(any_engine, crm=[LOST, blind])
    office.open("crm")
    for _ in range(20):
        office.deliver()
        outage_began(any_engine, timedelta(hours=5))
        probe_once(any_engine)
        with any_engine.begin() as connection:
            due = {"next_attempt_at": database_now(connection) - timedelta(seconds=1)}
            connection.execute(deliveries.update().values(due))
    assert [row.state for row in office.rows("crm")] == ["dead"]
    assert len(office.to["crm"].sent) <= 4


def test_what_was_taken_at_last_has_no_error(any_engine: sa.Engine) -> None:
    """Though an attempt before it was lost."""
    office = Office(any_engine, crm=[LOST, TAKEN])
    office.to["crm"].read_by_people = True
    office.open("crm")
    office.deliver()
    with any_engine.begin() as connection:
        due = {"next_attempt_at": database_now(connection) - timedelta(seconds=1)}
        connection.execute(deliveries.update().values(due))
    office.deliver()
    (row,) = office.rows("crm")
    assert (row.state, row.last_error) == ("acknowledged", None)


def test_a_report_that_may_yet_be_confirmed_is_not_hurried(any_engine: sa.Engine) -> None:
    """Neither by an outage's end nor to see whether it has ended."""
    office = Office(any_engine, crm=[AWAY, AWAY, AWAY, TAKEN])
    for _ in range(3):
        office.open("crm")
        office.deliver(lambda row: row.attempts == 0)
    ticket = office.open("crm")
    with any_engine.begin() as connection:
        later = {"next_attempt_at": database_now(connection) + timedelta(seconds=5)}
        its = deliveries.c.ticket_id == ticket.idempotency_key
        connection.execute(deliveries.update().where(its).values(later))
    outage_began(any_engine, timedelta(hours=1))
    (tried,) = probe_once(any_engine)
    assert tried != office.rows("crm")[-1].id
    office.deliver()
    office.deliver()
    assert [row.state for row in office.rows("crm")] == ["acknowledged"] * 3 + ["pending"]


def test_an_answer_that_was_under_way_ends_no_peace_that_was_asked_for(
    any_engine: sa.Engine,
) -> None:
    """Another worker's ticket is taken just after; the wish is of the receiver as a whole."""
    asks = PushResult("retry", 429, "HTTP 429", retry_after_s=3600.0)
    office = Office(any_engine, crm=[asks, TAKEN])
    first = office.open("crm")
    office.deliver()
    with any_engine.begin() as connection:  # the other one had begun before
        its = destinations.update().values(open_until=None)
        held = connection.scalar(sa.select(destinations.c.open_until))
        connection.execute(its)
    office.open("crm")
    newest = office.rows("crm")[-1]

    class Meanwhile:
        """The wish comes while the other is asked."""

        name, retry, timeout_s, read_by_people = "crm", LATER, 5.0, False

        def push(self, _message: Message) -> PushResult:
            with any_engine.begin() as connection:
                connection.execute(destinations.update().values(open_until=held))
            return TAKEN

    assert Deliverer(any_engine, {"crm": Meanwhile()}, LATER).deliver(newest.id) == "acknowledged"
    (health,) = read_health(any_engine)
    assert health.open_until == held
    assert office.deliver() == {"crm": ["skipped"]}
    assert [m.ticket.origin for m in office.to["crm"].sent] == [first.origin]


def test_the_last_attempt_at_who_wants_no_more_is_not_the_tickets_last(
    any_engine: sa.Engine,
) -> None:
    """When a person has enabled it again the ticket goes out."""
    gone = PushResult("gone", 410, "HTTP 410: it wants no more")
    office = Office(any_engine, crm=[gone, TAKEN])
    office.to["crm"].retry = Schedule((0.0,))
    office.open("crm")
    assert office.deliver() == {"crm": ["failed"]}
    assert enable(any_engine, "crm") == 1
    assert office.deliver() == {"crm": ["acknowledged"]}


def test_a_token_that_is_forgotten_leaves_nothing_accepted(any_engine: sa.Engine) -> None:
    """It waits like any other ticket from then on, and is late when it is."""
    accepted = PushResult("accepted", 202, token="t-1")
    forgotten = PushResult("retry", 410, "HTTP 410", token="")
    office = Office(any_engine, crm=[accepted, forgotten])
    office.open("crm")
    office.deliver()
    with any_engine.begin() as connection:
        due = {"next_attempt_at": database_now(connection) - timedelta(seconds=1)}
        connection.execute(deliveries.update().values(due))
    office.deliver()
    (row,) = office.rows("crm")
    assert (row.state, row.accepted_at) == ("failed", None)


def test_a_fault_of_ours_is_no_worker_that_died(any_engine: sa.Engine) -> None:
    """It is tried again, why is told, and its destination is ill when it meets every ticket."""

    class Breaks:
        """A kind of destination with a fault."""

        name, retry, timeout_s, read_by_people = "crm", LATER, 5.0, False

        def push(self, _message: Message) -> PushResult:
            raise ZeroDivisionError("personal words")

    opened(any_engine, 1)
    (row,) = list_deliveries(any_engine, destination="crm")
    assert Deliverer(any_engine, {"crm": Breaks()}, LATER).deliver(row.id) == "failed"
    (row,) = list_deliveries(any_engine, destination="crm")
    assert row.last_error == "ZeroDivisionError in this house"
    assert read_health(any_engine)[0].failures == 1


def test_workers_that_settle_at_once_lose_no_result(any_engine: sa.Engine) -> None:
    """Some fail and some are taken: whatever was taken is acknowledged, by one attempt."""

    class Every:
        """Fails now and then, so that its circuit opens and closes all the time."""

        name, retry, timeout_s, read_by_people = "crm", LATER, 5.0, False

        def __init__(self) -> None:
            self.taken: Counter[str] = Counter()

        def push(self, message: Message) -> PushResult:
            number = int(message.ticket.origin.split(":")[1])
            if number % 3 == 0:
                return PushResult("retry", 503, "HTTP 503", retry_after_s=0.01)
            self.taken[message.ticket.idempotency_key] += 1
            return TAKEN

    there = Every()
    deliverer = Deliverer(any_engine, {"crm": there}, LATER)
    for number in range(60):
        opened(any_engine, number)
    mine = [row.id for row in list_deliveries(any_engine, destination="crm", limit=100)]
    errors: list[BaseException] = []

    def work(rows: list[str]) -> None:
        try:
            for one in rows:
                deliverer.deliver(one)
                probe_once(any_engine)
        except BaseException as error:  # told in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=work, args=(mine[first::3],)) for first in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    done = [row for row in list_deliveries(any_engine, destination="crm", limit=100)
            if row.state == "acknowledged"]  # fmt: skip
    assert len(done) == len(there.taken) > 0
    assert set(there.taken.values()) == {1}
