"""Answers that repeat what they were sent, at each place where one is kept."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug import Request, Response

from tests.fixtures import contract
from tests.fixtures.pushing import loaded
from tests.fixtures.small_server import small_server
from tests.fixtures.tickets import SECRET
from tickets.destination import Destination, Message
from tickets.destinations.drafts import DraftDestination
from tickets.destinations.webhook import WebhookDestination
from tickets.spoken import DRAFTED

TOKEN, PASSWORD, KEY = "AbC/dEf+gHi1234567&jKl", "pass/word+1", "Key/of+ours=1234567"
SESSION = "session/token+987"
LOOK = {"url": "URL/found?q={reference}", "match": {"title": "{mark}"}, "id": "id"}
KINDS: dict[str, dict[str, Any]] = {
    "webhook": {"url": "URL/t", "secrets": {"env": "SECRET"}, "acknowledgement": "id"},
    "open311": {"endpoint": "URL", "api_key": {"env": "KEY"}},
    "http": {
        "url": "URL/t",
        "headers": {"x": "{secret.a}", "authorization": "{basic.b}", "s": "{session}"},
        "secrets": {"a": {"env": "TOKEN"}, "b": {"env": "BASIC"}},
        "session": {"url": "URL/session", "token": "token"},
        "body": {"title": "{mark}"},
        "id": "id",
        "look": LOOK,
        "updates": "leave",
    },
}
SECRETS = {
    "webhook": (),
    "open311": (KEY,),
    "http": (TOKEN, PASSWORD, "some-user", "c29tZS11c2VyOnBhc3Mvd29yZCsx", SESSION),
}
TICKET = replace(
    contract.all_told(), phone="+966501234567", first_name="Amal", address_id="RHMA3184"
)
PERSONAL = ("Amal", "بدر", "RHMA3184", "حفرة أمام المدرسة", "+966501234567")
WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON of PHP": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "an address": lambda text: quote(text, safe=""),
}
CASES = [
    *((kind, "POST", status) for kind in KINDS for status in (200, 401, 422, 503)),
    *(("http", "GET", status) for status in (200, 401)),
]


def built(kind: str, url: str, folder: Path) -> Destination:
    """The destination of an entry of this kind."""
    entry = {"kind": kind, "private_addresses": True, **KINDS[kind]}
    text = json.dumps({"destinations": {"desk": entry}}).replace("URL", url)
    environ = {"SECRET": SECRET, "KEY": KEY, "TOKEN": TOKEN, "BASIC": f"some-user:{PASSWORD}"}
    return loaded(text, folder, **environ)["desk"]


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN.keys())
@pytest.mark.parametrize(("kind", "method", "status"), CASES)
def test_no_answer_is_kept_with_what_it_repeats(
    kind: str, method: str, status: int, written: Callable[[str], str], tmp_path: Path
) -> None:
    """Neither a secret that the request had, nor who has called, and what they have said."""
    repeated: list[str] = []

    def desk(request: Request) -> Response:
        if request.path == "/session":
            return Response(json.dumps({"token": SESSION}), content_type="application/json")
        if request.method != method:
            return Response("[]", content_type="application/json")
        text = f'{{"error": "nothing for {written(repeated[-1])} here"}}'
        return Response(text, status, content_type="application/json")

    with small_server(desk) as there:
        to = built(kind, there.url, tmp_path)
        for value in (*SECRETS[kind], *PERSONAL):
            repeated.append(value)
            result = to.push(Message(TICKET, repeated=method == "GET"))
            assert result.verdict == "retry"
            said = result.answer or ""
            assert said.startswith('{"error": "nothing for …'), said
            assert value not in said
            assert written(value) not in said


def test_a_token_s_answer_is_kept_without_what_it_repeats(tmp_path: Path) -> None:
    """An Open311 server that is asked what became of a request."""
    answers = [Response('["nothing for Amal"]'), Response("nothing for Amal", 500)]
    with small_server(lambda _request: answers.pop()) as there:
        to = built("open311", there.url, tmp_path)
        for _ in range(2):
            result = to.push(Message(TICKET, token="t-1"))
            assert (result.verdict, "nothing for …" in (result.answer or "")) == ("retry", True)


def test_what_a_machine_has_understood_is_not_kept_either(tmp_path: Path) -> None:
    """A draft is a caller's words."""
    draft = {"made_at": "2026-11-24T09:00:00+00:00", "text": "في شارعنا حفرة كبيرة"}
    found = {"id": "d-1", "recording_ref": "r-1", "machine_draft": draft}
    answer = Response("no: في شارعنا حفرة كبيرة", 422)
    with small_server(lambda _request: answer) as there:
        office = built("webhook", there.url, tmp_path)
        assert isinstance(office, WebhookDestination)
        drafts = DraftDestination(office, lambda _ticket, _name: found)
        assert drafts.push(Message(TICKET, f"{DRAFTED}:7")).answer == "no: …"
