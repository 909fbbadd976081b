"""What a destination accepts and settles later is asked for, and never sent twice."""

import socket
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from store.sql import database_now
from tests.fixtures import contract
from tests.fixtures.receivers import Receiver, receiver
from tests.fixtures.scripted_destination import AWAY, TAKEN, Office
from tests.fixtures.tickets import NOW, SECRET, deliverer_to, new_ticket
from tickets.delivery import ACCEPTED_FOR
from tickets.destination import Message, PushResult
from tickets.destinations.webhook import WebhookDestination
from tickets.open import open_ticket
from tickets.outbox import Delivery, list_deliveries, oldest_waiting
from tickets.put_back import retry_delivery
from tickets.schema import deliveries

ACCEPTED = PushResult("accepted", 202, token="t-1")
LOST = PushResult("retry", 404, "HTTP 404", token="")


def due(engine: sa.Engine) -> None:
    """Whatever waits does so no longer."""
    with engine.begin() as connection:
        moment = database_now(connection) - timedelta(seconds=1)
        connection.execute(deliveries.update().values(next_attempt_at=moment))


def test_what_is_accepted_is_asked_for_until_it_is_settled(any_engine: sa.Engine) -> None:
    """By its token, which is kept: also a fault in between makes no second push."""
    office = Office(any_engine, crm=[ACCEPTED, ACCEPTED, AWAY, ACCEPTED, TAKEN])
    office.open()
    assert office.deliver() == {"crm": ["accepted"]}
    (row,) = office.rows("crm")
    assert (row.state, row.accepted_at is not None) == ("sent", True)
    assert oldest_waiting(any_engine) is None, "the destination has it: nobody waits"
    assert office.deliver() == {"crm": ["skipped"]}
    outcomes = []
    for _ in range(4):
        due(any_engine)
        outcomes += office.deliver()["crm"]
    assert outcomes == ["accepted", "failed", "accepted", "acknowledged"]
    assert [message.token for message in office.to["crm"].sent] == [None, *["t-1"] * 4]
    assert office.rows("crm")[0].remote_id == "A-1"


def test_questions_come_seldom_and_are_no_failures(any_engine: sa.Engine) -> None:
    """However many are asked; each after half of the time that it took so far, an hour at most."""
    office = Office(any_engine, crm=[ACCEPTED])
    office.open()
    for _ in range(40):
        due(any_engine)
        assert office.deliver() == {"crm": ["accepted"]}
    with any_engine.begin() as connection:
        now = database_now(connection)
        connection.execute(deliveries.update().values(accepted_at=now - timedelta(hours=1)))
    due(any_engine)
    office.deliver()
    wait = (office.rows("crm")[0].next_attempt_at - now).total_seconds()
    assert 1700 < wait < 1900


def test_what_is_never_settled_is_looked_after_by_a_person(any_engine: sa.Engine) -> None:
    """After two weeks; who puts it back asks again, and sends nothing twice."""
    office = Office(any_engine, crm=[ACCEPTED])
    office.open()
    office.deliver()
    with any_engine.begin() as connection:
        long_ago = database_now(connection) - ACCEPTED_FOR
        connection.execute(deliveries.update().values(accepted_at=long_ago))
    due(any_engine)
    assert office.deliver() == {"crm": ["dead"]}
    assert retry_delivery(any_engine, office.rows("crm")[0].id)
    office.deliver()
    assert office.to["crm"].sent[-1].token == "t-1"


def test_what_the_destination_knows_nothing_of_any_more_is_sent_again(
    any_engine: sa.Engine,
) -> None:
    """It has lost it."""
    office = Office(any_engine, crm=[ACCEPTED, LOST, TAKEN])
    office.open()
    outcomes = []
    for _ in range(3):
        due(any_engine)
        outcomes += office.deliver()["crm"]
    assert outcomes == ["accepted", "failed", "acknowledged"]
    assert [message.token for message in office.to["crm"].sent] == [None, "t-1", None]


class Monitor:
    """A receiver that says 202 and where it tells more."""

    def __init__(self, server: HTTPServer, location: str) -> None:
        self.server, self.location = server, location
        self.posts = 0
        self.asked: list[dict[str, str]] = []
        self.done = threading.Event()
        server.expect_request("/tickets", method="POST").respond_with_handler(self._post)
        server.expect_request("/jobs/7", method="GET").respond_with_handler(self._tell)

    def _post(self, _request: Request) -> Response:
        self.posts += 1
        return Response("", 202, headers={"Location": self.location, "Retry-After": "40"})

    def _tell(self, request: Request) -> Response:
        self.asked.append(dict(request.headers))
        if not self.done.is_set():
            return Response("", 202)
        return Response('{"id": "CRM-7"}', content_type="application/json")


def only(engine: sa.Engine) -> Delivery:
    """The one delivery there is."""
    (delivery,) = list_deliveries(engine)
    return delivery


def test_a_202_is_asked_where_it_says_that_it_tells(
    any_engine: sa.Engine, httpserver: HTTPServer
) -> None:
    """Signed like a push; what it tells at last is the answer."""
    monitor = Monitor(httpserver, "/jobs/7")
    open_ticket(any_engine, new_ticket(), destinations=["backoffice"], now=NOW)
    deliverer = deliverer_to(any_engine, httpserver.url_for("/tickets"))
    assert deliverer.deliver(only(any_engine).id) == "accepted"
    due(any_engine)
    assert deliverer.deliver(only(any_engine).id) == "accepted"
    monitor.done.set()
    due(any_engine)
    assert deliverer.deliver(only(any_engine).id) == "acknowledged"
    assert (monitor.posts, len(monitor.asked)) == (1, 2)
    assert only(any_engine).remote_id == "CRM-7"
    assert all(told["Webhook-Signature"].startswith("v1,") for told in monitor.asked)


@pytest.mark.parametrize(
    "location",
    [
        *("", "http://127.0.0.1:1/jobs/7", "https://elsewhere.example/jobs/7", "//evil.example/7"),
        *("ftp://127.0.0.1/x", "file:///etc/passwd", "/" + "x" * 600),
    ],
)
def test_a_202_that_names_another_server_is_an_acknowledgement(
    engine: sa.Engine, httpserver: HTTPServer, location: str
) -> None:
    """Nobody is asked elsewhere because an answer says so."""
    Monitor(httpserver, location)
    open_ticket(engine, new_ticket(), destinations=["backoffice"], now=NOW)
    deliverer = deliverer_to(engine, httpserver.url_for("/tickets"))
    assert deliverer.deliver(only(engine).id) == "acknowledged"


@pytest.mark.parametrize(
    "location", [b"http://[::1", b"//[", b"http://[::1]x/7", b"http://127.0.0.1:port/7"]
)
def test_a_202_that_names_no_address_is_an_acknowledgement(location: bytes) -> None:
    """The receiver has it, whatever its header says."""

    def accepts(_receiver: Receiver, peer: socket.socket) -> None:
        head = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nlocation: %s\r\n\r\n"
        peer.sendall(head % location)

    with receiver(accepts) as there:
        office = WebhookDestination("crm", there.url(), lambda: [SECRET])
        assert office.push(Message(contract.pothole())).verdict == "acknowledged"


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(405, "acknowledged"), (501, "acknowledged"), (401, "accepted"), (403, "accepted"),
     (302, "accepted"), (404, "retry"), (500, "retry")],
)  # fmt: skip
def test_an_address_that_tells_nothing_makes_no_office_ill(
    httpserver: HTTPServer, status: int, verdict: str
) -> None:
    """It has accepted the ticket: what its address says is of that address."""
    httpserver.expect_request("/status").respond_with_data("", status=status)
    office = WebhookDestination("crm", httpserver.url_for("/tickets"), lambda: [SECRET])
    token = httpserver.url_for("/status")
    result = office.push(Message(contract.pothole(), token=token))
    assert (result.verdict, result.status) == (verdict, status)
    assert result.token == {"accepted": token, "retry": "" if status == 404 else None}.get(verdict)
    assert [request.method for request, _ in httpserver.log] == ["GET"]
