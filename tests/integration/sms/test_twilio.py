"""The message goes out through Twilio once it is acknowledged, and never after that."""

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs
from werkzeug import Request, Response

from tests.fixtures.recordings import account
from tests.fixtures.sms import CALLER, delivery, opened, texting
from tests.fixtures.twilio_api import MESSAGE_SID, TwilioApi, error
from tickets.destinations.gateways import TwilioSms


def gateway(twilio: TwilioApi, sender: str = "Jeddah940") -> TwilioSms:
    """The account's own gateway."""
    return TwilioSms(account(twilio.url), sender)


def test_a_caller_reads_the_reference_and_the_time_in_the_language_of_the_call(
    engine: sa.Engine, twilio: TwilioApi
) -> None:
    """Asia/Riyadh, in one message of 70 letters."""
    found = opened(engine, language="ar")
    deliverer = texting(engine, gateway(twilio))
    assert deliverer.deliver(found.id) == "acknowledged"
    (sent,) = twilio.messages
    assert (sent["To"], sent["From"]) == (CALLER, "Jeddah940")
    assert found.service_request_id in sent["Body"]
    assert "27/11/2026 12:00" in sent["Body"]
    assert "بلاغكم" in sent["Body"]
    assert len(sent["Body"]) <= 70
    assert delivery(engine).remote_id == MESSAGE_SID


def test_english_calls_get_english_messages(engine: sa.Engine, twilio: TwilioApi) -> None:
    """And a ticket without a promised time names none."""
    found = opened(engine, language="en", target_hours=None)
    deliverer = texting(engine, gateway(twilio))
    deliverer.deliver(found.id)
    (sent,) = twilio.messages
    reference = found.service_request_id
    assert sent["Body"] == f"940: your report is recorded, reference {reference}."


def test_a_messaging_service_sends_where_one_is_named(engine: sa.Engine, twilio: TwilioApi) -> None:
    """MG… is a service, and no sender."""
    service = "MG" + "4" * 32
    deliverer = texting(engine, gateway(twilio, service))
    deliverer.deliver(opened(engine).id)
    (sent,) = twilio.messages
    assert sent["MessagingServiceSid"] == service
    assert "From" not in sent


def test_an_acknowledged_message_is_never_sent_again(engine: sa.Engine, twilio: TwilioApi) -> None:
    """However often the job comes."""
    found = opened(engine)
    deliverer = texting(engine, gateway(twilio))
    outcomes = [deliverer.deliver(found.id) for _ in range(3)]
    assert outcomes == ["acknowledged", "skipped", "skipped"]
    assert len(twilio.messages) == 1


def test_a_message_whose_answer_was_lost_is_sent_again(
    engine: sa.Engine, twilio: TwilioApi
) -> None:
    """At least once: two messages are better than none."""
    found = opened(engine)

    def lose(request: Request) -> Response:
        twilio.answer(request)
        return Response("", status=502)

    twilio.next_answer = lose
    deliverer = texting(engine, gateway(twilio))
    assert deliverer.deliver(found.id) == "failed"
    assert deliverer.deliver(found.id) == "acknowledged"
    assert len(twilio.messages) == 2


@pytest.mark.parametrize("code", [21211, 21610, 21614])
def test_a_number_that_takes_no_messages_is_not_tried_again(
    engine: sa.Engine, twilio: TwilioApi, code: int
) -> None:
    """What is kept and logged names Twilio's code, and not the number."""
    twilio.next_answer = lambda _request: error(400, code, f"The 'To' number {CALLER} is wrong")
    with capture_logs() as logs:
        assert texting(engine, gateway(twilio)).deliver(opened(engine).id) == "dead"
    assert delivery(engine).last_error == f"Twilio error {code}"
    assert CALLER not in str(logs)
    assert CALLER[4:] not in str(logs)


@pytest.mark.parametrize(("status", "code"), [(401, 20003), (429, 20429), (500, 20500)])
def test_trouble_at_twilio_or_in_the_configuration_is_waited_out(
    engine: sa.Engine, twilio: TwilioApi, status: int, code: int
) -> None:
    """It is mended without touching a ticket."""
    twilio.next_answer = lambda _request: error(status, code, "later")
    found = opened(engine)
    deliverer = texting(engine, gateway(twilio))
    assert deliverer.deliver(found.id) == "failed"
    assert deliverer.deliver(found.id) == "acknowledged"


def test_a_name_that_leads_to_a_private_address_gets_no_message(engine: sa.Engine) -> None:
    """Neither the token nor the number leave."""
    sender = TwilioSms(account("https://localhost:1"), "Jeddah940")
    deliverer = texting(engine, sender)
    assert deliverer.deliver(opened(engine).id) == "failed"
    assert "not public" in str(delivery(engine).last_error)
