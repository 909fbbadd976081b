"""One ticket with all that belongs to it, by as many questions whatever there is."""

from typing import Any

import sqlalchemy as sa

from tests.fixtures.sms import texting
from tests.fixtures.working import HUDA, LATER, SERVICES, now_of, office_of, opened, work
from tickets.destination import PushResult
from tickets.mobile import SMS
from tickets.outbox import list_attempts, list_deliveries
from tickets.schema import reference_aliases
from tickets.working.merging import merge
from tickets.working.replying import reply
from tickets.working.status import set_status
from tickets.working.whole import whole_ticket
from tickets.working.writing import add_note


class Refusing:
    """A gateway that sends nobody anything."""

    timeout_s = 1.0

    def send(self, _to: str, _text: str) -> PushResult:
        return PushResult("retry", 503, "HTTP 503", answer="later")


def test_a_ticket_is_seen_with_all_that_belongs_to_it(engine: sa.Engine) -> None:
    """Notes, replies and what became of them, who changed what, every attempt, what repeats it."""
    office, ticket = office_of(engine), opened(engine, 1)
    number = ticket.service_request_id
    note = add_note(office, HUDA, number, "look twice", now=LATER)
    changed = set_status(office, work(ticket), "investigating", SERVICES)
    sent = reply(office, work(changed), "we come", gateway=True)
    texting(engine, Refusing()).deliver(sent.delivery_id)
    repeats = merge(office, work(opened(engine, 2)), number)
    found = whole_ticket(engine, number)
    assert found is not None
    assert found.ticket == changed
    assert found.notes == (note,)
    assert [(one.reply, one.state) for one in found.replies] == [(sent, "failed")]
    actions = [one.action for one in found.changes]
    assert actions == ["ticket_replied", "ticket_status", "ticket_noted"]
    assert found.duplicates == (repeats,)
    ways = {one.id: tries for one, tries in found.ways}
    assert set(ways) == {one.id for one in list_deliveries(engine, reference=number)}
    assert list(ways[sent.delivery_id]) == list_attempts(engine, sent.delivery_id)
    assert ways[sent.delivery_id][0].answer == "later"


def test_it_is_found_by_another_of_its_numbers_with_its_whole_history(engine: sa.Engine) -> None:
    """The audit knows it by its own."""
    ticket = opened(engine)
    other = {"reference": "572400002", "ticket_id": ticket.idempotency_key}
    with engine.begin() as connection:
        connection.execute(reference_aliases.insert(), other)
    set_status(office_of(engine), work(ticket), "for_triage", SERVICES)
    found = whole_ticket(engine, "572400002")
    assert found is not None
    assert found.ticket == now_of(engine, ticket)
    assert (len(found.changes), len(found.ways)) == (1, 2)
    assert whole_ticket(engine, "572400010") is None


def test_however_much_there_is_it_is_as_many_questions(engine: sa.Engine) -> None:
    """A page has a budget, and a ticket may have been tried for days."""
    office, ticket = office_of(engine, "backoffice", "crm"), opened(engine)
    asked = questions(engine, ticket.service_request_id)
    for number in range(5):
        ticket = set_status(office, work(now_of(engine, ticket)), *_STEPS[number], SERVICES)
        add_note(office, HUDA, ticket.service_request_id, "x", now=LATER)
    for one in list_deliveries(engine, destination=SMS):
        texting(engine, Refusing()).deliver(one.id)
    assert questions(engine, ticket.service_request_id) == asked == 7


_STEPS = (("for_triage",), ("investigating",), ("in_progress",), ("fixed",), ("reopen",))


def questions(engine: sa.Engine, reference: str) -> int:
    """How many statements one look takes."""
    asked: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    sa.event.listen(engine, "before_cursor_execute", count)
    assert whole_ticket(engine, reference) is not None
    sa.event.remove(engine, "before_cursor_execute", count)
    return len(asked)
