"""Letters by the outbox: what waits, what is settled, and what a lost answer makes of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from store.sql import database_now
from tests.fixtures.mail import Mailbox, mail_server, mail_to, polite, scripted
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.tickets import new_ticket
from tickets.delivery import Deliverer
from tickets.destinations.mail.destination import EmailDestination
from tickets.open import open_ticket
from tickets.outbox import list_deliveries
from tickets.put_back import retry_delivery
from tickets.schema import deliveries, delivery_attempts

SAID = {"to": ["a@jeddah.example", "b@jeddah.example"], "timeout": 1.0}


def opened(engine: sa.Engine) -> str:
    """The delivery of a new ticket to `roads`."""
    open_ticket(engine, new_ticket(), destinations=["roads"], now=datetime.now(UTC))
    (delivery,) = list_deliveries(engine)
    return delivery.id


def deliver(engine: sa.Engine, to: EmailDestination, delivery_id: str) -> str:
    """An attempt whose time has come."""
    with engine.begin() as connection:
        now = database_now(connection)
        connection.execute(deliveries.update().values(next_attempt_at=now, lease_until=None))
    assert to.retry is not None
    return Deliverer(engine, {"roads": to}, to.retry).deliver(delivery_id)


def test_who_was_put_off_gets_the_letter_later_and_nobody_twice(
    any_engine: sa.Engine, server: Mailbox, tmp_path: Path
) -> None:
    """It is settled when all have it."""
    server.to_recipients = {"b@jeddah.example": "450 4.2.0 greylisted"}
    made, delivery = mail_to(server.port, tmp_path, **SAID), opened(any_engine)
    assert deliver(any_engine, made, delivery) == "accepted"
    assert deliver(any_engine, made, delivery) == "accepted"
    server.to_recipients = {}
    assert deliver(any_engine, made, delivery) == "acknowledged"
    assert deliver(any_engine, made, delivery) == "skipped"
    assert [one.rcpt_tos for one in server.letters] == [SAID["to"][:1], SAID["to"][1:]]  # type: ignore[index]  # the addresses
    (known,) = list_deliveries(any_engine)
    assert (known.state, known.last_status) == ("acknowledged", 250)


def ago(engine: sa.Engine, hours: float) -> None:
    """Let that much time pass since all that has happened so far."""
    with engine.begin() as connection:
        past = database_now(connection) - timedelta(hours=hours)
        connection.execute(delivery_attempts.update().values(started_at=past))
        had = deliveries.c.accepted_at.is_not(None)
        connection.execute(deliveries.update().where(had).values(accepted_at=past))


def test_after_an_outage_who_is_put_off_is_waited_for_as_ever(
    any_engine: sa.Engine, server: Mailbox, tmp_path: Path
) -> None:
    """Greylisting takes minutes: nobody goes without because the first attempt was long ago."""
    made, delivery = mail_to(server.port, tmp_path, **SAID), opened(any_engine)
    server.to_data = "451 4.3.0 later"
    assert deliver(any_engine, made, delivery) == "failed"
    ago(any_engine, 2)
    server.to_data = None
    server.to_recipients = {"b@jeddah.example": "451 4.7.1 greylisted"}
    assert deliver(any_engine, made, delivery) == "accepted"
    server.to_recipients = {}
    assert deliver(any_engine, made, delivery) == "acknowledged"
    assert [one.rcpt_tos for one in server.letters] == [SAID["to"][:1], SAID["to"][1:]]  # type: ignore[index]  # the addresses


def test_what_a_person_puts_back_is_waited_for_anew(
    any_engine: sa.Engine, server: Mailbox, tmp_path: Path
) -> None:
    """For who has not got it yet, and for nobody else."""
    made, delivery = mail_to(server.port, tmp_path, **SAID), opened(any_engine)
    server.to_recipients = {"b@jeddah.example": "451 4.7.1 greylisted"}
    assert deliver(any_engine, made, delivery) == "accepted"
    ago(any_engine, 2)
    away = mail_to(free_tcp_port(), tmp_path, **SAID)
    assert deliver(any_engine, away, delivery) == "failed"
    assert retry_delivery(any_engine, delivery)
    assert deliver(any_engine, made, delivery) == "accepted"
    server.to_recipients = {}
    assert deliver(any_engine, made, delivery) == "acknowledged"
    assert [one.rcpt_tos for one in server.letters] == [SAID["to"][:1], SAID["to"][1:]]  # type: ignore[index]  # the addresses


def test_a_lost_answer_makes_the_same_letter_once_more(
    any_engine: sa.Engine, tmp_path: Path
) -> None:
    """Nobody knows whether it went out: it goes again as the same letter, which is shown once."""
    delivery = opened(any_engine)
    with scripted(lambda told, peer: polite(peer, told, "dot", lambda _: None)) as lost:
        assert deliver(any_engine, mail_to(lost.port, tmp_path, **SAID), delivery) == "failed"
        (first,) = lost.bodies
    with mail_server() as server:
        made = mail_to(server.port, tmp_path, **SAID)
        assert deliver(any_engine, made, delivery) == "acknowledged"
        (letter,) = server.messages()
    assert f"Message-ID: {letter['Message-ID']}\r\n".encode() in first
