"""One attempt at a delivery, against the reference back office and against receivers that err."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from outbox.retry import RetryPolicy
from store.sql import database_now
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.tickets import NOW, SECRET, Backoffice, deliverer_to, new_ticket, pass_on
from tickets.delivery import Deliverer
from tickets.destinations.webhook import WebhookDestination
from tickets.health import read_health
from tickets.open import list_tickets, open_ticket
from tickets.outbox import Delivery, list_attempts, list_deliveries
from tickets.put_back import retry_delivery
from tickets.schema import deliveries

EAGER = RetryPolicy(base_s=0.000_001, cap_s=0.000_001, max_attempts=3)


def only(engine: sa.Engine) -> Delivery:
    """The one delivery there is."""
    (delivery,) = list_deliveries(engine)
    return delivery


def opened(engine: sa.Engine) -> Delivery:
    """A new ticket's delivery."""
    open_ticket(engine, new_ticket(), destinations=["backoffice"], now=NOW)
    return only(engine)


def test_a_ticket_reaches_the_back_office(any_engine: sa.Engine, backoffice: Backoffice) -> None:
    """The back office has what the caller said, once, and its number comes back."""
    delivery = opened(any_engine)
    deliverer = deliverer_to(any_engine, f"{backoffice.url}/tickets")
    assert deliverer.deliver(delivery.id) == "acknowledged"
    assert deliverer.deliver(delivery.id) == "skipped"
    (received,) = backoffice.tickets()
    assert received["service_request_id"] == delivery.service_request_id
    assert received["ticket"]["address"] == {"building_number": "7421", "postal_code": "23218"}
    assert received["ticket"]["requested_datetime"] == "2026-11-24T12:00:00+03:00"
    assert received["times_received"] == 1
    delivery = only(any_engine)
    assert delivery.state == "acknowledged"
    assert delivery.remote_id == received["id"]
    assert [a.outcome for a in list_attempts(any_engine, delivery.id)] == ["acknowledged"]


def test_a_lost_reply_makes_no_second_ticket(
    any_engine: sa.Engine, backoffice: Backoffice, httpserver: HTTPServer
) -> None:
    """When the answer is lost on its way the push is repeated, and the ticket is made once."""
    answers: list[int] = []

    def through(request: Request) -> Response:
        """A proxy that hands the push on and loses the first answer."""
        reply = pass_on(request, backoffice)
        answers.append(reply.status_code)
        return reply if len(answers) > 1 else Response("the way back is broken", status=502)

    httpserver.expect_request("/tickets").respond_with_handler(through)
    delivery = opened(any_engine)
    deliverer = deliverer_to(any_engine, httpserver.url_for("/tickets"), EAGER)
    assert deliverer.deliver(delivery.id) == "failed"
    assert deliverer.deliver(delivery.id) == "acknowledged"
    assert answers == [201, 200]
    (received,) = backoffice.tickets()
    assert received["times_received"] == 2


def test_the_last_failure_is_a_dead_letter_and_retry_revives_it(
    any_engine: sa.Engine, httpserver: HTTPServer
) -> None:
    """After its attempts a delivery waits for a human, who gives it all its attempts again."""
    httpserver.expect_ordered_request("/tickets").respond_with_data("", status=500)
    httpserver.expect_ordered_request("/tickets").respond_with_data("", status=503)
    httpserver.expect_ordered_request("/tickets").respond_with_data("", status=429)
    httpserver.expect_ordered_request("/tickets").respond_with_data("", status=500)
    httpserver.expect_ordered_request("/tickets").respond_with_json({"id": "A-1"}, status=201)
    delivery = opened(any_engine)
    deliverer = deliverer_to(any_engine, httpserver.url_for("/tickets"), EAGER)
    outcomes = [deliverer.deliver(delivery.id) for _ in range(4)]
    assert outcomes == ["failed", "failed", "dead", "skipped"]
    assert only(any_engine).last_status == 429
    assert retry_delivery(any_engine, delivery.id)
    assert only(any_engine).state == "pending"
    assert deliverer.deliver(delivery.id) == "failed"
    assert retry_delivery(any_engine, delivery.id)
    assert deliverer.deliver(delivery.id) == "acknowledged"
    assert not retry_delivery(any_engine, delivery.id)
    assert [a.status for a in list_attempts(any_engine, delivery.id)] == [500, 503, 429, 500, 201]


PAGE = "<!doctype html><title>maintenance</title>"


@pytest.mark.parametrize(
    ("status", "kind", "body", "outcome"),
    [
        (200, "text/plain", "", "acknowledged"),
        (203, "text/plain", "not json", "acknowledged"),
        (409, "application/json", '{"error": "already_exists"}', "acknowledged"),
        (410, "text/plain", "", "failed"),
        (409, "application/json", '{"error": "no", "idempotency_key": "KEY"}', "dead"),
        (422, "application/problem+json", '{"detail": "ticket REFERENCE: no such place"}', "dead"),
        (409, "application/json", "", "failed"),
        (409, "application/json", '{"error": {"code": "conflict"}}', "failed"),
        (409, "application/json", '{"error": ["duplicate"]}', "failed"),
        (409, "application/json", '{"error": "conflict", "id": "1REFERENCE"}', "failed"),
        (422, "application/json", '{"error": "closed until 6"}', "failed"),
        (422, "text/html; charset=utf-8", f"{PAGE}<p>Request KEY</p>", "failed"),
        (400, "application/json", '{"idempotency_key": "KEY"}', "failed"),
        *((status, "text/html", PAGE, "failed") for status in (301, 302, 303, 307, 308)),
        *((status, "text/html", PAGE, "failed") for status in (400, 401, 403, 404, 405, 406)),
        *((status, "text/html", PAGE, "failed") for status in (408, 411, 413, 414, 415, 422)),
        *((status, "text/html", PAGE, "failed") for status in (425, 429, 431, 500, 503)),
    ],
)
def test_what_an_answer_means(
    engine: sa.Engine, httpserver: HTTPServer, status: int, kind: str, body: str, outcome: str
) -> None:
    """Final is what a program says of this ticket; what any ticket would meet is tried again."""
    delivery = opened(engine)
    (ticket,) = list_tickets(engine)
    body = body.replace("KEY", ticket.idempotency_key)
    body = body.replace("REFERENCE", ticket.service_request_id)
    httpserver.expect_request("/tickets").respond_with_data(
        body,
        status=status,
        headers={"Location": httpserver.url_for("/elsewhere")},
        content_type=kind,
    )
    deliverer = deliverer_to(engine, httpserver.url_for("/tickets"))
    assert deliverer.deliver(delivery.id) == outcome
    assert only(engine).state == outcome
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    ("setting", "kind", "body", "outcome"),
    [
        ("json", "text/html", PAGE, "failed"),
        ("id", "application/json", '{"error": "closed"}', "failed"),
        ("id", "application/json", '{"id": "A-1"}', "acknowledged"),
        ("status=ok", "application/json", '{"status": "failure", "id": "A-1"}', "failed"),
    ],
)
def test_a_200_is_none_where_its_body_does_not_say_so(
    engine: sa.Engine,
    httpserver: HTTPServer,
    setting: str,
    kind: str,
    body: str,
    outcome: str,
) -> None:
    """Where the settings say what an acknowledgement looks like; it is tried again."""
    httpserver.expect_request("/tickets").respond_with_data(body, content_type=kind)
    delivery = opened(engine)
    url = httpserver.url_for("/tickets")
    deliverer = deliverer_to(engine, url, acknowledgement=setting)
    assert deliverer.deliver(delivery.id) == outcome
    assert only(engine).last_status == 200


def test_nobody_listening_is_a_failure_to_be_retried(engine: sa.Engine) -> None:
    """A refused connection leaves the delivery waiting, with its reason."""
    delivery = opened(engine)
    deliverer = deliverer_to(engine, f"http://127.0.0.1:{free_tcp_port()}/tickets")
    assert deliverer.deliver(delivery.id) == "failed"
    delivery = only(engine)
    assert (delivery.state, delivery.last_error) == ("failed", "ConnectError")


def test_a_silent_receiver_is_given_up_in_time(engine: sa.Engine, httpserver: HTTPServer) -> None:
    """A receiver that takes the push and says nothing holds a worker for its time-out only."""
    answer = threading.Event()

    def silent(_request: Request) -> Response:
        answer.wait(10)
        return Response("late")

    httpserver.expect_request("/tickets").respond_with_handler(silent)
    delivery = opened(engine)
    deliverer = deliverer_to(engine, httpserver.url_for("/tickets"), timeout_s=0.3)
    assert deliverer.deliver(delivery.id) == "failed"
    answer.set()
    assert only(engine).last_error == "ReadTimeout"


def test_a_wait_from_before_the_clock_was_set_back_is_not_waited_out(
    any_engine: sa.Engine, httpserver: HTTPServer
) -> None:
    """What began to wait at a moment that is yet to come is due, be it a minute or a year."""
    httpserver.expect_request("/tickets").respond_with_data("", status=200)
    delivery = opened(any_engine)
    deliverer = deliverer_to(any_engine, httpserver.url_for("/tickets"))
    for since, outcome in [(-0.1, "skipped"), (0.1, "acknowledged")]:
        with any_engine.begin() as connection:
            now = database_now(connection)
            waits = {"next_attempt_at": now + timedelta(hours=20)}
            waits["waits_from"] = now + timedelta(hours=since)
            connection.execute(deliveries.update().values(waits))
        assert deliverer.deliver(delivery.id) == outcome


def test_a_ticket_from_before_the_clock_was_set_back_is_due(
    any_engine: sa.Engine, httpserver: HTTPServer
) -> None:
    """It was opened three hours ahead, as on a machine whose clock shows local time as UTC."""
    httpserver.expect_request("/tickets").respond_with_data("", status=200)
    delivery = opened(any_engine)
    with any_engine.begin() as connection:
        moment = database_now(connection) + timedelta(hours=3)
        opened_then = {"created_at": moment, "next_attempt_at": moment}
        connection.execute(deliveries.update().values(opened_then))
    deliverer = deliverer_to(any_engine, httpserver.url_for("/tickets"))
    assert deliverer.deliver(delivery.id) == "acknowledged"


def test_a_destination_that_this_worker_does_not_know_is_waited_for(
    engine: sa.Engine, httpserver: HTTPServer
) -> None:
    """It may be new, and this worker older than the file; why it waits is told."""
    httpserver.expect_request("/tickets").respond_with_data("", status=200)
    open_ticket(engine, new_ticket(), destinations=["crm"], now=NOW)
    assert deliverer_to(engine, "http://127.0.0.1:1/").deliver(only(engine).id) == "failed"
    assert "not configured" in (only(engine).last_error or "")
    assert read_health(engine) == [], "it says nothing of how anybody does"
    with engine.begin() as connection:
        due = {"next_attempt_at": database_now(connection) - timedelta(seconds=1)}
        connection.execute(deliveries.update().values(due))
    office = WebhookDestination("crm", httpserver.url_for("/tickets"), lambda: [SECRET])
    knows = Deliverer(engine, {"crm": office}, RetryPolicy())
    assert knows.deliver(only(engine).id) == "acknowledged"


def held_until(engine: sa.Engine, shift: timedelta) -> None:
    """Make every delivery held until now plus `shift`, by the database's clock."""
    with engine.begin() as connection:
        moment = database_now(connection) + shift
        connection.execute(deliveries.update().values(state="sent", lease_until=moment))


@pytest.mark.parametrize(
    ("shift", "outcome"),
    [
        (timedelta(seconds=5), "skipped"),
        (timedelta(seconds=-1), "acknowledged"),
        (timedelta(hours=2), "acknowledged"),
    ],
)
def test_a_lease_holds_until_it_ends_and_not_for_ever(
    any_engine: sa.Engine, httpserver: HTTPServer, shift: timedelta, outcome: str
) -> None:
    """A held delivery is left alone; one whose worker died, or whose clock jumped, is taken."""
    httpserver.expect_request("/tickets").respond_with_data("", status=200)
    delivery = opened(any_engine)
    held_until(any_engine, shift)
    deliverer = deliverer_to(any_engine, httpserver.url_for("/tickets"))
    assert deliverer.deliver(delivery.id) == outcome


def test_a_destination_slower_than_its_lease_is_refused(engine: sa.Engine) -> None:
    """A push must end before its lease does."""
    with pytest.raises(ValueError, match="lease_s"):
        deliverer_to(engine, "http://127.0.0.1:1/", timeout_s=13.5)


def test_back_off_has_full_jitter_under_a_growing_ceiling() -> None:
    """Waits spread from nothing to a ceiling that doubles, never above the cap."""
    policy = RetryPolicy(base_s=1.0, cap_s=60.0)
    for attempt, ceiling in [(1, 1.0), (2, 2.0), (5, 16.0), (50, 60.0)]:
        waits = [policy.wait_s(attempt) for _ in range(300)]
        assert 0 <= min(waits) < ceiling / 4
        assert ceiling * 3 / 4 < max(waits) <= ceiling
    assert 30.0 <= policy.wait_s(1, 30.0) <= 31.0
    assert policy.wait_s(1, 10_000.0) == 60.0
