"""What is not let in, and what is logged of it and of a whole call."""

import json
from typing import Any

import pytest
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from call_handlers.twilio.signature import Gate, signature
from tests.fixtures.calls import CALLER, House
from tests.fixtures.dialog import REPORT
from tests.fixtures.twilio import BASE, RECORDING, SID, STANDARD, TOKEN, TwilioClient, web_app

FORM = "application/x-www-form-urlencoded"
FIELDS = {**STANDARD, "Digits": "7421"}


def signed(path: str = "/twilio/voice", fields: dict[str, str] = FIELDS) -> dict[str, str]:
    """The header of a genuine request."""
    return {"X-Twilio-Signature": signature(TOKEN, BASE + path, fields)}


BAD: dict[str, dict[str, Any]] = {
    "no signature": {"data": FIELDS},
    "an empty signature": {"data": FIELDS, "headers": {"X-Twilio-Signature": ""}},
    "a wrong signature": {"data": FIELDS, "headers": {"X-Twilio-Signature": "A" * 28}},
    "another path's signature": {"data": FIELDS, "headers": signed("/twilio/status")},
    "a changed field": {"data": {**FIELDS, "Digits": "1"}, "headers": signed()},
    "one field more": {"data": {**FIELDS, "Zip": "1"}, "headers": signed()},
    "json": {"json": FIELDS, "headers": signed(fields={})},
    "json under a form's name": {
        "data": json.dumps(FIELDS),
        "content_type": FORM,
        "headers": signed(fields={}),
    },
    "several parts": {"data": FIELDS, "content_type": "multipart/form-data", "headers": signed()},
    "a query that was not signed": {
        "path": "/twilio/voice?a=1",
        "data": FIELDS,
        "headers": signed(),
    },
    "a thousand fields": {"data": {f"Field{n}": "1" for n in range(1500)}, "headers": signed()},
    "a body without end": {"data": b"Digits=" + b"1" * 100_000, "content_type": FORM},
    **{
        f"a length of {length!r}": {
            "data": FIELDS,
            "headers": signed(),
            "environ_overrides": {"CONTENT_LENGTH": length},
        }
        for length in ("", "0", "-1", "x", "9" * 30)
    },
    "a settings header": {
        "data": FIELDS,
        "headers": {
            **signed(),
            "X-Twilio-Webhooks-Signature-Settings": "key=k,algorithm=HMAC_SHA256",
        },
    },
    "a get": {"method": "GET", "query_string": FIELDS, "headers": signed()},
    "a field without its place": {
        "data": {**FIELDS, "Digit": "s7421"},
        "headers": signed(fields={**FIELDS, "Digit": "s7421"}),
    },
    **{
        method.lower(): {"method": method, "headers": headers}
        for method in ("OPTIONS", "HEAD", "DELETE", "PATCH", "TRACE")
        for headers in ({}, signed())
    },
    "a put": {"method": "PUT", "data": FIELDS, "headers": signed()},
}


@pytest.mark.parametrize("what", BAD)
def test_it_is_refused_with_an_empty_body_and_one_line(house: House, what: str) -> None:
    """403, whatever it is; the line has nothing of the request in it."""
    http = web_app(house.desk()).test_client()
    given = {"path": "/twilio/voice", "method": "POST", **BAD[what]}
    with capture_logs() as logs:
        answer: TestResponse = http.open(**given)
    assert (answer.status_code, answer.get_data()) == (403, b"")
    assert [line["event"] for line in logs] == ["webhook_refused"]
    assert not any(secret in json.dumps(logs) for secret in (CALLER, "7421", SID))
    assert house.client().keys("*") == []


@pytest.mark.parametrize("host", ["940.example.sa:99999999", "a:b:c", "evil.example", "[::1", ""])
def test_the_host_header_is_nobodys_word(house: House, host: str) -> None:
    """A bad one neither breaks anything nor makes a genuine request a forgery."""
    http = web_app(house.desk()).test_client()
    genuine = http.post("/twilio/voice", data=FIELDS, headers={**signed(), "Host": host})
    forged = http.post("/twilio/voice", data=FIELDS, headers={"Host": host})
    assert (genuine.status_code, forged.status_code) == (200, 403)


@pytest.mark.parametrize(
    "path",
    [
        "/twilio/",
        "/twilio/nothing",
        "/twilio/voice/",
        "/twilio/turn/x/1/2",
        f"/twilio/turn/{'0' * 32}/x",
        f"/twilio/turn/{'0' * 32}/{'9' * 5000}",
        f"/twilio/turn/{'0' * 32}/-1",
        f"/twilio/turn/{'0' * 32}/%D9%A1",
        "/twilio/turn/%2e%2e%2f/1%0a",
        "/twilio//voice",
    ],
)
def test_paths_that_we_never_gave_out_are_refused(house: House, path: str) -> None:
    """Signed or not: Twilio has them from nowhere."""
    http = web_app(house.desk()).test_client()
    for headers in (signed(path), {}):
        answer = http.post(path, data=FIELDS, headers=headers)
        assert (answer.status_code, answer.get_data()) == (403, b"")


def test_without_a_token_every_webhook_is_refused(house: House) -> None:
    """Also what is signed with the empty one."""
    http = web_app(house.desk(), gate=Gate(BASE, ["", ""])).test_client()
    for name in ("voice", "turn", "transfer", "wait", "recording", "status"):
        path = f"/twilio/{name}"
        for token in ("", TOKEN):
            headers = {"X-Twilio-Signature": signature(token, BASE + path, FIELDS)}
            assert http.post(path, data=FIELDS, headers=headers).status_code == 403


def test_a_recordings_address_is_never_used(house: House) -> None:
    """Only Twilio's identifier is noted: an address on a private network goes nowhere."""
    caller = TwilioClient(web_app(house.desk()))
    caller.dial()
    caller.press(*REPORT)
    caller.act(
        RecordingSid=RECORDING, RecordingDuration="3", RecordingUrl="http://169.254.169.254/latest"
    )
    assert caller.verbs == ["Gather"]
    state = house.client().hget(f"hotline:call:{caller.action.split('/')[-2]}:state", "state")
    assert b"169.254" not in (state or b"")


def test_no_log_line_has_anything_personal_in_it(house: House) -> None:
    """A whole call, with mistakes and refusals: neither the number nor the keys nor the words."""
    caller = TwilioClient(web_app(house.desk()))
    with capture_logs() as logs:
        caller.post("/twilio/voice", CallerName="Abu Fulan")
        caller.press(*REPORT[:5], "9931", "77001")
        caller.act(RecordingSid=RECORDING, RecordingDuration="3")
        caller.act(Digits="8", SpeechResult="my secret words")
        caller.press("8", "", "1", "")
        caller.post("/twilio/turn/x/1", Digits="9931")
        caller.status("completed")
        caller.status("completed")
        caller.http.post("/twilio/voice", data=caller.form(Digits="9931"))
        caller.http.post("/twilio/voice", data=b"\xff" * 70_000, content_type=FORM)
    house.flush()
    shown = json.dumps([line for line in logs if line["log_level"] != "debug"], default=repr)
    assert "call_ended" in shown
    assert "webhook_refused" in shown
    for personal in (CALLER, CALLER[4:], "9931", "77001", "Fulan", "secret", "JEDDAH"):
        assert personal not in shown
