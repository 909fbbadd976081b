"""Notes for the back office alone, and replies to callers by text message."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from people.person import NothingThere
from store.sql import reading
from tests.fixtures.sms import texting
from tests.fixtures.tickets import NOW, new_ticket
from tests.fixtures.working import (
    HUDA,
    LATER,
    OMAR,
    changes_of,
    now_of,
    office_of,
    opened,
    work,
)
from tickets.destination import PushResult
from tickets.mobile import SMS
from tickets.model import Ticket
from tickets.open import UNCONFIRMED, open_ticket, withdraw_ticket
from tickets.outbox import list_deliveries
from tickets.personal import personal_data
from tickets.schema import deliveries, ticket_replies
from tickets.working.refusals import CannotReply, SeenAnother, WrongText
from tickets.working.replying import find_reply, replies_of, reply
from tickets.working.status import set_priority
from tickets.working.writing import add_note, new_id, notes_of
from tickets.working.written import LONGEST_NOTE, LONGEST_REPLY, Note, Reply

SAID = "نأتي غداً {reference} {text}\nبين الثامنة والتاسعة"


class Gateway:
    """A gateway that answers as it is told, and keeps what it was given."""

    timeout_s = 1.0

    def __init__(self, result: PushResult | None = None) -> None:
        self.sent: list[tuple[str, str]] = []
        self.result = result or PushResult("acknowledged", 200)

    def send(self, to: str, text: str) -> PushResult:
        self.sent.append((to, text))
        return self.result


def noted(engine: sa.Engine, ticket: Ticket, text: str, **more: Any) -> Note:
    """A note of Huda's."""
    return add_note(office_of(engine), HUDA, ticket.service_request_id, text, now=LATER, **more)


def replied(engine: sa.Engine, ticket: Ticket, text: str = SAID, **more: Any) -> Reply:
    """A reply of Huda's, with a gateway."""
    return reply(office_of(engine), work(ticket), text, **{"gateway": True} | more)


def notes(engine: sa.Engine, ticket: Ticket) -> list[Note]:
    """Its notes."""
    with reading(engine) as connection:
        return notes_of(connection, ticket)


def texts_to(engine: sa.Engine, gateway: Gateway) -> list[str]:
    """What the gateway was given after every message on its way was tried, in its order."""
    deliverer = texting(engine, gateway)
    for _ in range(5):
        for one in list_deliveries(engine, destination=SMS, states=("pending", "failed")):
            deliverer.deliver(one.id)
    return [text for _, text in gateway.sent]


def test_a_note_is_the_back_offices_alone(engine: sa.Engine) -> None:
    """The ticket stays as it is, and nobody is told."""
    ticket = opened(engine)
    note = noted(engine, ticket, " the crew has\r\nno key \n")
    assert note.text == "the crew has\nno key"
    assert notes(engine, ticket) == [note]
    assert now_of(engine, ticket) == ticket
    assert len(list_deliveries(engine)) == 1


def test_the_audit_has_that_a_note_was_written_and_not_what(engine: sa.Engine) -> None:
    """What is written of people is in one place, which an erasure knows."""
    ticket = opened(engine)
    note = noted(engine, ticket, "ask Ahmad next door")
    sent = replied(engine, ticket, "we come tomorrow")
    second, first = changes_of(engine, ticket)
    assert (first.action, first.details) == ("ticket_noted", {"note": note.id, "characters": 19})
    assert (second.action, second.who) == ("ticket_replied", "huda")
    assert second.details == {"reply": sent.id, "delivery": sent.delivery_id, "characters": 16}


def test_a_form_that_is_sent_twice_writes_once(engine: sa.Engine) -> None:
    """It carries a number of its own; a second press of the button is no second note."""
    ticket, number, other = opened(engine), new_id(), new_id()
    first = noted(engine, ticket, "once", note_id=number)
    assert noted(engine, ticket, "once", note_id=number) == first
    sent = replied(engine, ticket, reply_id=other)
    assert replied(engine, ticket, reply_id=other) == sent
    assert len(notes(engine, ticket)) == 1
    assert len(list_deliveries(engine, destination=SMS)) == 1
    assert len(changes_of(engine, ticket)) == 2


@pytest.mark.parametrize("write", [noted, replied])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" \r\n ", "empty"),
        ("x\x00", "control characters"),
        ("x\x1b[31m", "control characters"),
        ("x\ud800", "control characters"),
        ("x" * (LONGEST_NOTE + 1), "cut it to"),
    ],
)
def test_a_text_that_cannot_stand_is_refused_and_not_repeated(
    engine: sa.Engine, write: Callable[..., object], text: str, why: str
) -> None:
    """With the mend; what was typed stands in no message that may be logged."""
    ticket = opened(engine)
    with pytest.raises(WrongText, match=why) as refused:
        write(engine, ticket, text)
    assert not text.strip() or text not in str(refused.value)
    assert changes_of(engine, ticket) == []


def test_a_forms_number_that_we_did_not_make_is_refused(engine: sa.Engine) -> None:
    """It would be found by others' numbers."""
    ticket = opened(engine)
    for number in ("", "%", "0" * 33, "../x"):
        with pytest.raises(WrongText, match="hexadecimal"):
            noted(engine, ticket, "x", note_id=number)


def test_a_note_needs_a_ticket(engine: sa.Engine) -> None:
    """There is none of this number."""
    with pytest.raises(NothingThere):
        add_note(office_of(engine), HUDA, "572400002", "x", now=LATER)


def test_a_reply_goes_out_as_a_text_message_of_the_outbox(engine: sa.Engine) -> None:
    """With the number of the ticket, and what was said exactly as it was said."""
    ticket, gateway = opened(engine), Gateway()
    replied(engine, ticket)
    number = ticket.service_request_id
    assert texts_to(engine, gateway) == [f"940: بخصوص معاملتكم {number}: {SAID}"]
    assert gateway.sent[0][0] == ticket.phone
    with reading(engine) as connection:
        (sent,) = replies_of(connection, ticket)
    assert (sent.reply.text, sent.reply.who, sent.state) == (SAID, "huda", "acknowledged")


def test_replies_come_in_their_order_behind_the_message_of_the_report(engine: sa.Engine) -> None:
    """Thursday, no, Friday: the second waits until the gateway has the first."""
    ticket = open_ticket(engine, new_ticket(), destinations=["backoffice", SMS], now=NOW)
    for day in ("Thursday", "no, Friday", "no, Saturday"):
        replied(engine, ticket, day)
    waiting = list_deliveries(engine, destination=SMS)
    away = Gateway(PushResult("retry", 500, "HTTP 500"))
    deliverer = texting(engine, away)
    for one in waiting:
        deliverer.deliver(one.id)
    assert len(away.sent) == 1
    with engine.begin() as connection:
        connection.execute(deliveries.update().values(early=True))
    texts = texts_to(engine, Gateway())
    assert [text.rpartition(": ")[2] for text in texts[1:]] == [
        "Thursday",
        "no, Friday",
        "no, Saturday",
    ]


@pytest.mark.parametrize(
    ("given", "gateway", "why"),
    [
        ({}, False, "no gateway"),
        ({"phone": None, "caller_id_withheld": True}, True, "left no number"),
        ({"phone": "+966126149999"}, True, "no mobile"),
    ],
)
def test_who_cannot_be_sent_a_message_is_sent_none(
    engine: sa.Engine, given: dict[str, Any], gateway: bool, why: str
) -> None:
    """And whoever writes is told why, before they believe that it was read."""
    ticket = opened(engine, **given)
    with pytest.raises(CannotReply, match=why):
        replied(engine, ticket, gateway=gateway)
    assert list_deliveries(engine, destination=SMS) == []
    assert changes_of(engine, ticket) == []


def test_a_reply_is_to_what_was_seen(engine: sa.Engine) -> None:
    """“We come tomorrow” is not sent about a ticket that somebody has just closed."""
    ticket = opened(engine)
    set_priority(office_of(engine), work(ticket, by=OMAR), "high")
    with pytest.raises(SeenAnother):
        replied(engine, ticket)
    with pytest.raises(WrongText, match="cut it to 480"):
        replied(engine, ticket, "x" * (LONGEST_REPLY + 1))


def test_a_reply_that_is_erased_is_not_sent(engine: sa.Engine) -> None:
    """Nor is the message of the report sent in its place."""
    ticket, gateway = opened(engine), Gateway()
    sent = replied(engine, ticket)
    with engine.begin() as connection:
        connection.execute(ticket_replies.delete())
    assert texts_to(engine, gateway) == []
    (found,) = list_deliveries(engine, destination=SMS)
    assert (found.id, found.state) == (sent.delivery_id, "dead")
    assert find_reply(engine, ticket.idempotency_key, sent.id[:14]) is None


def test_a_reply_that_cannot_be_read_now_is_tried_again(engine: sa.Engine) -> None:
    """Nothing has gone out: its attempts are not those of a message that may have been read."""
    ticket, gateway = opened(engine), Gateway()
    sent = replied(engine, ticket)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE ticket_replies RENAME TO away")
    try:
        assert texting(engine, gateway).deliver(sent.delivery_id) == "failed"
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO ticket_replies")
    assert gateway.sent == []
    assert len(texts_to(engine, gateway)) == 1


def test_what_was_written_of_a_person_is_told_to_them(engine: sa.Engine) -> None:
    """Their data has the notes and the replies, and none of another's."""
    ticket, other = opened(engine, 1), opened(engine, 2, phone="+966509999999")
    noted(engine, ticket, "mine")
    replied(engine, ticket, "to me")
    noted(engine, other, "another's")
    assert ticket.phone is not None
    with reading(engine) as connection:
        kept = personal_data(connection, ticket.phone)
    assert [row["text"] for row in kept["ticket_notes"]] == ["mine"]
    assert [row["text"] for row in kept["ticket_replies"]] == ["to me"]
    assert [row["department"] for row in kept["ticket_departments"]] == ["roads"]


def test_a_ticket_that_the_back_office_has_begun_to_work_is_not_taken_back(
    engine: sa.Engine,
) -> None:
    """An unconfirmed one vanishes with its caller only as long as nobody has touched it."""
    touches: tuple[Callable[..., object], ...] = (noted, replied)
    for number, touch in enumerate(touches):
        ticket = opened(engine, number, attributes={UNCONFIRMED: True})
        touch(engine, ticket, "looked at")
        assert not withdraw_ticket(engine, ticket.service_request_id)
        assert now_of(engine, ticket) == ticket
    untouched = opened(engine, 3, attributes={UNCONFIRMED: True})
    assert withdraw_ticket(engine, untouched.service_request_id)
