"""Any gateway that takes one POST: JSON or a form, a token or a password."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
import sqlalchemy as sa
from pytest_httpserver import HTTPServer

from tests.fixtures.processes import free_tcp_port
from tests.fixtures.sms import CALLER, delivery, opened, texting
from tickets.destinations.acknowledgement import parse_acknowledgement
from tickets.destinations.gateways import HttpSms
from tickets.outbox import list_attempts


def sent(httpserver: HTTPServer) -> Any:
    """The one request that came."""
    ((request, _response),) = httpserver.log
    return request


def test_a_json_gateway_gets_its_own_shape_and_a_bearer_token(
    engine: sa.Engine, httpserver: HTTPServer
) -> None:
    """The template is filled part by part, however deep."""
    httpserver.expect_request("/send", method="POST").respond_with_data("", status=202)
    template = '{"messages": [{"dst": "{to}", "src": "{sender}", "body": "{text}"}], "v": 2}'
    gateway = HttpSms(httpserver.url_for("/send"), template, sender="940", bearer="t0ken")
    deliverer = texting(engine, gateway)
    assert deliverer.deliver(opened(engine).id) == "acknowledged"
    request = sent(httpserver)
    body = json.loads(request.get_data())
    assert body["v"] == 2
    assert (body["messages"][0]["dst"], body["messages"][0]["src"]) == (CALLER, "940")
    assert "بلاغكم" in body["messages"][0]["body"]
    assert request.headers["authorization"] == "Bearer t0ken"
    assert request.headers["content-type"] == "application/json; charset=utf-8"


def test_a_form_gateway_gets_escaped_values_and_a_password(
    engine: sa.Engine, httpserver: HTTPServer
) -> None:
    """A plus in a form is a blank: numbers begin with one."""
    httpserver.expect_request("/send", method="POST").respond_with_data("", status=200)
    gateway = HttpSms(
        httpserver.url_for("/send"),
        "mobile={to}&msg={text}&unicode=1",
        format="form",
        basic="user:p:w",
    )
    deliverer = texting(engine, gateway)
    assert deliverer.deliver(opened(engine).id) == "acknowledged"
    request = sent(httpserver)
    form = parse_qs(request.get_data(as_text=True))
    assert form["mobile"] == [CALLER]
    assert form["unicode"] == ["1"]
    assert "بلاغكم" in form["msg"][0]
    assert (request.authorization.username, request.authorization.password) == ("user", "p:w")


def test_only_the_statuses_that_were_named_say_that_it_was_taken(
    engine: sa.Engine, httpserver: HTTPServer
) -> None:
    """A gateway may answer 200 with an error inside; its operator names what counts."""
    httpserver.expect_ordered_request("/send").respond_with_data("", status=200)
    httpserver.expect_ordered_request("/send").respond_with_data("", status=201)
    gateway = HttpSms(httpserver.url_for("/send"), '{"a": "{to}{text}"}', success=(201,))
    found = opened(engine)
    deliverer = texting(engine, gateway)
    assert deliverer.deliver(found.id) == "failed"
    assert deliverer.deliver(found.id) == "acknowledged"
    assert delivery(engine).attempts == 2


def test_a_200_that_says_failure_inside_is_none_where_its_operator_says_so(
    engine: sa.Engine, httpserver: HTTPServer
) -> None:
    """The message has not gone out, and is sent again."""
    for body in ('{"code": "M0002"}', '{"code": "1"}'):
        httpserver.expect_ordered_request("/send").respond_with_data(body)
    wanted = parse_acknowledgement("code=1")
    gateway = HttpSms(httpserver.url_for("/send"), '{"a": "{to}{text}"}', acknowledgement=wanted)
    found = opened(engine)
    deliverer = texting(engine, gateway, attempts=60)
    assert deliverer.deliver(found.id) == "failed"
    assert deliverer.deliver(found.id) == "acknowledged"
    assert [a.outcome for a in list_attempts(engine, found.id)] == ["failed", "acknowledged"]


def test_a_gateway_that_is_away_is_waited_for(engine: sa.Engine) -> None:
    """And what is written down names neither its address nor the number."""
    gateway = HttpSms(f"http://127.0.0.1:{free_tcp_port()}/send", '{"a": "{to}{text}"}')
    deliverer = texting(engine, gateway)
    assert deliverer.deliver(opened(engine).id) == "failed"
    assert delivery(engine).last_error == "ConnectError"


def test_a_redirect_gets_no_message(engine: sa.Engine, httpserver: HTTPServer) -> None:
    """The number goes where it was meant to go."""
    headers = {"location": httpserver.url_for("/elsewhere")}
    httpserver.expect_request("/send").respond_with_data("", status=307, headers=headers)
    gateway = HttpSms(httpserver.url_for("/send"), '{"a": "{to}{text}"}')
    deliverer = texting(engine, gateway)
    assert deliverer.deliver(opened(engine).id) == "failed"
    assert sent(httpserver).path == "/send"


def test_a_value_is_never_read_as_a_part_of_the_template(httpserver: HTTPServer) -> None:
    """Quotes, braces, ampersands and line ends in a text stay text."""
    httpserver.expect_request("/send").respond_with_data("", status=200)
    text = '"},{"to":"{to}&to=1\r\n{sender}'
    for form, template in (("json", '{"n":"{to}","t":"{text}"}'), ("form", "n={to}&t={text}")):
        gateway = HttpSms(httpserver.url_for("/send"), template, format=form)  # type: ignore[arg-type]  # one of both
        assert gateway.send(CALLER, text).verdict == "acknowledged"
    (first, _), (second, _) = httpserver.log
    assert json.loads(first.get_data()) == {"n": CALLER, "t": text}
    assert parse_qs(second.get_data(as_text=True)) == {"n": [CALLER], "t": [text]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://gateway"},
        {"template": '{"to": "{to}"}'},
        {"template": "to={to}&text={text}"},
        {"bearer": "a", "basic": "b:c"},
    ],
)
def test_a_gateway_that_could_never_work_is_told_at_once(wrong: dict[str, Any]) -> None:
    """Not at the first report."""
    given = {"url": "https://gateway", "template": '{"t": "{to}{text}"}'} | wrong
    with pytest.raises(ValueError, match="the gateway"):
        HttpSms(**given)


def test_secrets_stand_in_no_text_of_the_gateway() -> None:
    """A repr lands in logs."""
    gateway = HttpSms("https://gateway", '{"t": "{to}{text}"}', bearer="t0ken")
    assert "t0ken" not in repr(gateway)
