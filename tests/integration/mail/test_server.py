"""What a mail server does and answers, and what follows from it for the ticket."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.fixtures import contract
from tests.fixtures.mail import (
    PASSWORD,
    USER,
    Certificates,
    Mailbox,
    lines,
    mail_server,
    mail_to,
    make_certificates,
    polite,
    scripted,
)
from tests.fixtures.receivers import Receiver
from tickets.destination import Message

TICKET = Message(contract.pothole())
THREE = ["a@jeddah.example", "b@jeddah.example", "c@jeddah.example"]
LOGIN = {"user": USER, "password": {"env": "MAIL"}}


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_letter_goes_encrypted_and_by_its_login(
    security: str, certificates: Certificates, tmp_path: Path
) -> None:
    """By a server whose certificate an authority of the office's own vouches for."""
    implicit = security == "tls"
    with mail_server(certificates, implicit=implicit, auth=True) as server:
        changes = {"security": security, "host": "localhost", "private_addresses": True, **LOGIN}
        result = mail_to(server.port, tmp_path, ca=str(certificates.authority), **changes).push(
            TICKET
        )
        assert result.verdict == "acknowledged", result
        assert (server.encrypted, len(server.letters)) == ([True], 1)
        assert server.logins == [(USER.encode(), PASSWORD.encode())]


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("fault", ["nobody vouches", "another's name"])
def test_a_server_that_may_be_anybodys_gets_nothing(
    security: str, fault: str, certificates: Certificates, tmp_path: Path
) -> None:
    """Neither the letter nor the password; what is wrong with its certificate is told."""
    shown = certificates
    changes: dict[str, Any] = {"security": security, "host": "localhost", **LOGIN}
    if fault == "another's name":
        shown = make_certificates(tmp_path, "DNS:mail.example")
        changes["ca"] = str(shown.authority)
    with mail_server(shown, implicit=security == "tls", auth=True) as server:
        result = mail_to(server.port, tmp_path, private_addresses=True, **changes).push(TICKET)
        assert (result.verdict, result.unsure, server.logins) == ("retry", False, [])
        assert "certificate" in (result.error or "")


def test_nothing_is_said_in_the_clear_where_tls_was_meant(tmp_path: Path) -> None:
    """A server, or who sits before it, that offers no STARTTLS gets no letter and no password."""
    with mail_server() as server:
        changes = {"security": "starttls", "private_addresses": True, **LOGIN}
        result = mail_to(server.port, tmp_path, **changes).push(TICKET)
        assert (result.verdict, server.letters) == ("retry", [])
        assert result.error == "the server offers no STARTTLS"


def test_what_is_said_before_tls_counts_no_more(certificates: Certificates, tmp_path: Path) -> None:
    """Replies that somebody has put behind the server's are not heard as its own."""

    def inject(_told: Receiver, peer: socket.socket) -> None:
        peer.sendall(b"220 test\r\n")
        for line in lines(peer):
            if line.upper().startswith("EHLO"):
                peer.sendall(b"250-test\r\n250 STARTTLS\r\n")
            if line.upper().startswith("STARTTLS"):
                peer.sendall(b"220 go\r\n250-test\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 OK\r\n")
                with certificates.server.wrap_socket(peer, server_side=True) as tls:
                    heard.append(tls.recv(100))
                return

    heard: list[bytes] = []
    with scripted(inject) as server:
        changes = {"security": "starttls", "host": "localhost", "private_addresses": True}
        made = mail_to(server.port, tmp_path, ca=str(certificates.authority), **changes, **LOGIN)
        result = made.push(TICKET)
    assert result.verdict == "retry"
    assert heard[0].upper().startswith(b"EHLO")


def test_a_login_that_is_refused_is_no_tickets_fault(tmp_path: Path) -> None:
    """It is tried again, and says where it stopped; the password is in nothing that is told."""
    with mail_server(auth=True) as server:
        made = mail_to(server.port, tmp_path, user="somebody", password={"env": "MAIL"})
        result = made.push(TICKET)
        assert (result.verdict, result.status, server.letters) == ("retry", 535, [])
        assert result.error == "SMTP 535 5.7.8 at AUTH"
        assert PASSWORD not in repr((result, made))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "::1"])
def test_private_addresses_are_not_asked_unless_that_is_meant(host: str, tmp_path: Path) -> None:
    """Wherever the name leads."""
    with mail_server() as server:
        made = mail_to(server.port, tmp_path, host=host, security="starttls")
        result = made.push(TICKET)
        assert (result.verdict, server.letters) == ("retry", [])
        assert "private_addresses" in (result.error or "")


Then = Callable[[Receiver, Any], None]


def hang(told: Receiver, _peer: Any) -> None:
    """Nothing more."""
    told.over.wait(60)


def drip(told: Receiver, peer: Any) -> None:
    """A reply without an end, letter by letter."""
    peer.sendall(b"250-")
    told.drip(peer, b"a")


def endless(told: Receiver, peer: Any) -> None:
    """A reply without an end, line by line, as fast as it goes."""
    told.drip(peer, b"250-and more of it\r\n" * 500, 0)


def reset(_told: Receiver, peer: Any) -> None:
    """The connection ends."""
    peer.shutdown(socket.SHUT_RDWR)


def riddle(_told: Receiver, peer: Any) -> None:
    """No SMTP."""
    peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    peer.shutdown(socket.SHUT_RDWR)


AT = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot"]


@pytest.mark.parametrize("then", [hang, drip, endless, reset, riddle])
@pytest.mark.parametrize("at", AT)
def test_a_server_that_stops_answering_ends_in_time(at: str, then: Then, tmp_path: Path) -> None:
    """Wherever it stops. It may have the letter only from the last dot on, and then all of it."""
    with scripted(lambda told, peer: polite(peer, told, at, lambda p: then(told, p))) as server:
        result = mail_to(server.port, tmp_path, timeout=0.7).push(TICKET)
        assert (result.verdict, result.status) == ("retry", None)
        assert result.unsure == (at == "dot")
        assert [b"X-940-Reference: 989036781" in one for one in server.bodies] == (
            [True] if at == "dot" else []
        )


def answering(at: str, reply: bytes) -> Then:
    """A server that says this at that step."""
    return lambda told, peer: polite(peer, told, at, lambda p: p.sendall(reply + b"\r\n"))


@pytest.mark.parametrize(
    ("at", "reply", "verdict"),
    [
        *((at, b"421 4.3.2 shutting down", "retry") for at in AT),
        ("greeting", b"554 no service for you", "retry"),
        ("MAIL", b"550 5.7.1 sender rejected", "retry"),
        ("MAIL", b"552 5.3.4 too big", "refused"),
        ("RCPT", b"550 5.1.1 <roads@jeddah.example>: no such mailbox", "retry"),
        ("RCPT", b"552 5.2.2 mailbox full", "retry"),
        ("DATA", b"554 5.5.1 no valid recipients", "retry"),
        ("dot", b"451 4.7.1 try again later", "retry"),
        ("dot", b"452 4.3.1 out of room", "retry"),
        ("dot", b"550 5.7.1 policy", "retry"),
        ("dot", b"554 rejected", "retry"),
        ("dot", b"552 message too large", "refused"),
        ("dot", b"552 5.2.2 mailbox full", "retry"),
        ("dot", b"554 5.6.0 content not allowed", "refused"),
        ("dot", b"552 5.3.4 message too big", "refused"),
    ],
)
def test_an_answer_is_about_the_server_unless_it_says_that_it_is_about_the_letter(
    at: str, reply: bytes, verdict: str, tmp_path: Path
) -> None:
    """What another ticket would meet too is tried again; nobody's address is in what is told."""
    with scripted(answering(at, reply)) as server:
        result = mail_to(server.port, tmp_path).push(TICKET)
        code = int(reply[:3])
        assert (result.verdict, result.status, result.unsure) == (verdict, code, False)
        assert str(code) in (result.error or "")
        assert result.answer is not None
        assert "jeddah.example" not in f"{result.error}{result.answer}"


def test_a_letter_larger_than_the_server_takes_is_refused_unsent(tmp_path: Path) -> None:
    """By the limit that it tells itself (RFC 1870)."""
    with mail_server(data_size_limit=1500) as server:
        result = mail_to(server.port, tmp_path).push(TICKET)
        assert (result.verdict, server.letters) == ("refused", [])
        assert "1500 bytes" in (result.error or "")


def test_who_is_put_off_is_tried_again_alone(server: Mailbox, tmp_path: Path) -> None:
    """Who has the letter does not get it again; the next attempt is by a token that names them."""
    server.to_recipients = {"b@jeddah.example": "450 4.2.0 greylisted"}
    made = mail_to(server.port, tmp_path, to=THREE)
    first = made.push(TICKET)
    assert (first.verdict, first.status) == ("accepted", 250)
    assert server.letters[0].rcpt_tos == [THREE[0], THREE[2]]
    assert "jeddah.example" not in f"{first.error}{first.token}{first.answer}"
    now = datetime.now(UTC)
    again = Message(TICKET.ticket, token=first.token, repeated=True, accepted_at=now)
    second = made.push(again)
    assert (second.verdict, second.token, len(server.letters)) == ("accepted", first.token, 1)
    server.to_recipients = {}
    assert made.push(again).verdict == "acknowledged"
    assert [one.rcpt_tos for one in server.letters[1:]] == [[THREE[1]]]
    ids = {message["Message-ID"] for message in server.messages()}
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("ago", "verdict"),
    [
        (timedelta(minutes=59), "accepted"),
        (timedelta(minutes=61), "acknowledged"),
        (timedelta(minutes=-2), "accepted"),
        (timedelta(days=-2), "acknowledged"),
    ],
)
def test_who_is_put_off_is_waited_for_an_hour_since_the_others_have_it(
    ago: timedelta, verdict: str, server: Mailbox, tmp_path: Path
) -> None:
    """However long it took until they had; the database's clock may be a little before ours."""
    server.to_recipients = {"b@jeddah.example": "451 4.7.1 greylisted"}
    made, now = mail_to(server.port, tmp_path, to=THREE), datetime.now(UTC)
    first = made.push(Message(TICKET.ticket, first_sent_at=now - timedelta(days=2)))
    assert first.verdict == "accepted"
    again = Message(
        TICKET.ticket,
        token=first.token,
        first_sent_at=now - timedelta(days=2),
        accepted_at=now - ago,
    )
    assert made.push(again).verdict == verdict


def test_who_is_refused_holds_the_letter_back_from_no_other(
    server: Mailbox, tmp_path: Path
) -> None:
    """Nobody gets it twice for them; that they go without is said loudly, by no address."""
    server.to_recipients = {"b@jeddah.example": "550 5.1.1 no such mailbox"}
    with capture_logs() as logs:
        result = mail_to(server.port, tmp_path, to=THREE).push(TICKET)
    assert (result.verdict, result.status, result.remote_id) == ("acknowledged", 250, "4F2A1")
    assert server.letters[0].rcpt_tos == [THREE[0], THREE[2]]
    (told,) = [one for one in logs if one["event"] == "mail_recipients_refused"]
    assert (told["log_level"], told["refused"], told["of"]) == ("error", 1, 3)
    assert "example" not in str(logs)


def test_who_is_refused_later_ends_it_too(server: Mailbox, tmp_path: Path) -> None:
    """First put off, then refused: the others have it."""
    server.to_recipients = {"b@jeddah.example": "450 4.2.0 greylisted"}
    made = mail_to(server.port, tmp_path, to=THREE)
    token = made.push(TICKET).token
    server.to_recipients = {"b@jeddah.example": "550 5.1.1 no such mailbox"}
    result = made.push(Message(TICKET.ticket, token=token, first_sent_at=datetime.now(UTC)))
    assert (result.verdict, result.status, len(server.letters)) == ("acknowledged", 550, 1)


def test_a_password_that_is_gone_is_told_and_waited_for(server: Mailbox, tmp_path: Path) -> None:
    """A file of it that was taken away; it is read for each letter, so a new one is used."""
    path = tmp_path / "mail"
    path.write_text(PASSWORD, encoding="utf-8")
    with mail_server(auth=True) as asked:
        made = mail_to(asked.port, tmp_path, user=USER, password={"file": "mail"})
        assert made.push(TICKET).verdict == "acknowledged"
        path.unlink()
        result = made.push(TICKET)
        assert (result.verdict, len(asked.letters)) == ("retry", 1)
        assert "cannot be read" in (result.error or "")
        path.write_text(PASSWORD, encoding="utf-8")
        assert made.push(TICKET).verdict == "acknowledged"
