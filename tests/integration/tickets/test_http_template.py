"""HTTP by template: what an answer means, and what a file may not say."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug import Request, Response

from files.yaml_model import FileWrong
from tests.fixtures import contract
from tests.fixtures.examples import example
from tests.fixtures.pushing import Way, loaded
from tests.fixtures.receivers import ENDLESS, SAID_SO, Answer, receiver
from tests.fixtures.small_server import SmallServer, small_server
from tickets.destination import CannotAsk, Message
from tickets.destinations.http_template import HttpDestination
from tickets.model import UPDATED

Make = Callable[..., HttpDestination]
LOOK: dict[str, Any] = {"url": "URL/found?q={reference}", "match": {"title": "{mark}"}, "id": "id"}


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Builds a destination; `URL` in what is said stands for the address."""

    def made(url: str, **keys: Any) -> HttpDestination:
        entry = {"kind": "http", "url": "URL/t", "private_addresses": True, **keys}
        entry.setdefault("body", {"title": "{mark}", "text": "{description}"})
        entry = {"id": "id", "updates": "leave", **entry}
        text = json.dumps({"destinations": {"desk": entry}}).replace("URL", url)
        found = loaded(text, tmp_path, TOKEN="t-1")["desk"]
        assert isinstance(found, HttpDestination)
        return found

    return made


def message(**changes: Any) -> Message:
    """Of a pothole."""
    return Message(contract.pothole(), **changes)


TAKEN = '{"id": 7}'
PAGE = "<!doctype html><title>Welcome</title>"
JSON, HTML = "application/json", "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("keys", "status", "kind", "body", "verdict"),
    [
        ({}, 201, JSON, '{"id": 7}', "acknowledged"),
        ({}, 204, JSON, "", "retry"),
        ({"acknowledgement": "ok=true"}, 200, JSON, '{"ok": true}', "retry"),
        ({}, 200, HTML, PAGE, "retry"),
        ({"id": "id"}, 200, JSON, '{"error": "no such queue"}', "retry"),
        ({"id": "id"}, 200, HTML, PAGE, "retry"),
        ({"id": "a.0.id"}, 200, JSON, '{"a": [{"id": "7"}]}', "acknowledged"),
        ({"acknowledgement": "ok=true"}, 200, JSON, '{"ok": false, "id": 7}', "retry"),
        ({"acknowledgement": "ok=true"}, 200, JSON, '{"ok": true, "id": 7}', "acknowledged"),
        ({"success": [201]}, 200, JSON, '{"id": 7}', "retry"),
        ({}, 302, HTML, PAGE, "retry"),
        ({}, 401, JSON, '{"error": "token"}', "retry"),
        ({}, 422, JSON, '{"error": "title is missing"}', "retry"),
        ({}, 422, JSON, '{"error": "989036781: no"}', "refused"),
        ({}, 422, HTML, f"{PAGE}989036781", "retry"),
        ({}, 409, JSON, '{"error": "duplicate", "id": "7"}', "acknowledged"),
        ({}, 409, JSON, '{"error": {"code": "duplicate"}}', "retry"),
        ({}, 409, JSON, '{"error": ["duplicate"]}', "retry"),
        ({}, 410, JSON, "", "gone"),
        ({}, 500, HTML, PAGE, "retry"),
    ],
)
def test_what_an_answer_means(
    make: Make, keys: dict[str, Any], status: int, kind: str, body: str, verdict: str
) -> None:
    """Taken is what says so; unclear is what may have been done all the same."""
    answer = Response(body, status, content_type=kind)
    answer.headers["Location"] = "http://169.254.169.254/latest"
    with small_server(lambda _request: answer) as there:
        result = make(there.url, **keys).push(message())
        assert len(there.requests) == 1, "no redirect is followed"
    assert (result.verdict, result.status) == (verdict, status)
    assert result.unsure is (verdict == "retry" and status in (200, 204, 500))
    assert result.remote_id == ("7" if verdict == "acknowledged" else None)


@pytest.mark.parametrize("answer", [*ENDLESS.values(), *SAID_SO.values()])
def test_an_answer_without_an_end_is_given_up(answer: Answer, make: Make) -> None:
    """In time, whether it drips or floods; and it may have been done."""
    with receiver(answer) as there:
        url = there.url().removesuffix("/tickets")
        result = make(url, timeout="0.4s", id="id").push(message())
    assert (result.verdict, result.unsure) == ("retry", True)


@pytest.mark.parametrize("answer", [*ENDLESS.values(), *SAID_SO.values()])
def test_a_search_without_an_end_has_nothing_sent(answer: Answer, make: Make) -> None:
    """It has all of the attempt's time and no more."""
    with receiver(answer) as there:
        url = there.url().removesuffix("/tickets")
        result = make(url, timeout="0.4s", look=LOOK).push(message(repeated=True))
        assert there.bodies == [b""], "one question, and no ticket"
    assert (result.verdict, result.unsure) == ("retry", False)


@pytest.mark.parametrize(
    "answer",
    [
        Response("", 503, headers={"Retry-After": "60"}),
        Response("", 404),
        Response(PAGE, content_type=HTML),
        Response('{"error": "the index is being built"}', content_type=JSON),
        Response("[" * 100_000, content_type=JSON),
        Response('{"rows": [{"error": "the index is away"}]}', content_type=JSON),
        Response('{"rows": null, "count": false}', content_type=JSON),
    ],
)
def test_a_search_that_does_not_say_is_asked_again(answer: Response, make: Make) -> None:
    """Nothing is sent before it is known whether it is there."""
    with small_server(lambda _request: answer) as there:
        desk = make(there.url, look={**LOOK, "rows": "rows", "count": "count"})
        result = desk.push(message(repeated=True))
        assert (result.verdict, result.unsure) == ("retry", False)
        assert (result.error or "").startswith("asked whether it has this already: HTTP ")
        assert there.asked("POST") == []
        with pytest.raises(CannotAsk):
            list(desk.held(datetime.now(UTC), [message()]))


@pytest.mark.parametrize(
    ("found", "posts"),
    [
        ({"count": 0}, 1),
        ({"rows": []}, 1),
        ({"rows": None, "count": 0}, 1),
        ({"rows": [{"title": "about [940-989036781]", "id": 1}, "x", None]}, 1),
        ({"rows": [{"title": "[940-989036781/2] x", "id": 1}]}, 1),
        ({"rows": [{"title": " [940-989036781] x", "id": 1}]}, 0),
    ],
)
def test_what_is_found_is_not_sent_again(make: Make, found: Any, posts: int) -> None:
    """A row is the ticket where it begins with its mark."""
    answer = json.dumps({**found, "id": 7})
    with small_server(lambda _request: Response(answer, content_type=JSON)) as there:
        desk = make(there.url, look={**LOOK, "rows": "rows", "count": "count"})
        result = desk.push(message(repeated=True))
        assert result.verdict == "acknowledged"
        assert len(there.asked("POST")) == posts
        assert there.asked("GET")[0].args["q"] == "989036781"


@pytest.mark.parametrize(
    ("found", "posts"), [(989036781, 0), ("989036781", 0), (9890367812, 1), (True, 1)]
)
def test_a_reference_is_found_in_a_field_of_numbers(make: Make, found: Any, posts: int) -> None:
    """A row whose `match` is a number is as good as one of text."""
    answer = json.dumps([{"ref": found, "id": 7}])
    look = {**LOOK, "match": {"ref": "{reference}"}, "found_after": "0s"}
    with small_server(lambda request: Response(answer if request.method == "GET" else TAKEN,
                                               content_type=JSON)) as there:  # fmt: skip
        desk = make(there.url, look=look)
        assert desk.push(message(repeated=True)).remote_id == "7"
        assert len(there.asked("POST")) == posts
        held = list(desk.held(datetime.now(UTC), [message()]))
        assert len(held) == 1 - posts


def test_what_may_be_at_work_is_waited_for(make: Make) -> None:
    """A minute where the file says nothing else: a slow server is not sent the same beside it."""
    now = datetime.now(UTC)
    with small_server(
        lambda _request: Response('{"id": 7, "rows": []}', content_type=JSON)
    ) as there:
        desk = make(there.url, look={**LOOK, "rows": "rows"})
        lately = desk.push(message(repeated=True, unsure_at=now - timedelta(seconds=50)))
        assert (lately.verdict, lately.asked, there.asked("POST")) == ("retry", False, [])
        later = desk.push(message(repeated=True, unsure_at=now - timedelta(seconds=61)))
        assert later.verdict == "acknowledged"


def test_secrets_stand_in_headers(make: Make) -> None:
    """A token, a user and password; read at each push, and none where one is missing."""
    headers = {"X-Token": "t={secret.a}", "authorization": "{basic.a}", "x-of": "{reference}"}
    with small_server(lambda _request: Response(TAKEN, 201)) as there:
        desk = make(there.url, headers=headers, secrets={"a": {"env": "TOKEN"}})
        assert desk.push(message()).verdict == "acknowledged"
        (request,) = there.requests
    assert request.headers["x-token"] == "t=t-1"
    assert request.headers["authorization"] == "Basic dC0xOg=="
    assert request.headers["x-of"] == "989036781"


def test_a_secret_that_no_header_can_carry_is_found_before_any_ticket(
    make: Make, tmp_path: Path
) -> None:
    """By `destinations check`, and where it changes later no ticket is refused for it."""
    secret = tmp_path / "token"
    secrets, headers = {"a": {"file": "token"}}, {"x": "{secret.a}"}
    why = "secrets.a has what no header can carry"
    for unfit in ("abc\ndef", "سر"):
        secret.write_text(unfit, encoding="utf-8")
        with pytest.raises(FileWrong, match=f"destinations.desk: {why}"):
            make("https://x.example", headers=headers, secrets=secrets)
    with small_server(lambda _request: Response(TAKEN, 201)) as there:
        secret.write_text("abc", encoding="utf-8")
        desk = make(there.url, headers=headers, secrets=secrets)
        secret.write_text("abc\ndef", encoding="utf-8")
        result = desk.push(message())
        assert there.requests == []
    assert (result.verdict, result.error) == ("retry", why)


@pytest.mark.parametrize("before", ["no such user: ", "x" * 197])
def test_a_secret_that_is_repeated_is_not_told_on(make: Make, before: str) -> None:
    """Some servers say which token they do not know; also where what they say is cut."""
    headers = {"authorization": "{basic.a}", "x": "{secret.a}"}
    with small_server(lambda _request: Response(f"{before}t-1 dC0xOg==", 401)) as there:
        desk = make(there.url, headers=headers, secrets={"a": {"env": "TOKEN"}})
        told = desk.push(message()).answer or ""
    assert told.startswith(before)
    assert "t-1" not in told
    assert "dC0x" not in told


def test_a_ticket_that_is_gone_there_is_not_they_who_are(make: Make) -> None:
    """410 of what something is added to refuses that, and no other ticket."""
    updates = {"url": "URL/t/{remote_id}", "body": {"text": "{added}"}}
    with small_server(lambda _request: Response("", 410)) as there:
        desk = make(there.url, updates=updates)
        added = desk.push(message(event=UPDATED, version=2, remote_id="7"))
        assert (added.verdict, desk.push(message()).verdict) == ("refused", "gone")


def test_who_cannot_be_asked_is_sent_a_ticket_less_often(make: Make) -> None:
    """A repetition is seen by people where nothing finds it first; of an addition it may be."""
    updates = {"url": "URL/t/{remote_id}", "body": {"text": "{added}"}}
    url = "https://x.example"
    assert make(url).read_by_people
    assert make(url, updates={**updates, "look": LOOK}).read_by_people
    assert not make(url, look=LOOK, updates=updates).read_by_people
    assert not make(url, look=LOOK).read_by_people
    assert not make(url, look=LOOK, updates={**updates, "look": LOOK}).read_by_people


def test_a_ticket_that_is_looked_for_outlives_an_outage(any_engine: sa.Engine, make: Make) -> None:
    """Also where nothing looks for what is added to it: some 503 make no dead letter."""

    def desk(request: Request) -> Response:
        return Response("[]", 200 if request.method == "GET" else 503, content_type=JSON)

    updates = {"url": "URL/t/{remote_id}", "body": {"text": "{added}"}}
    with small_server(desk) as there:
        way = Way(any_engine, make(there.url, look={**LOOK, "found_after": "0s"}, updates=updates))
        way.open()
        assert [way.attempt() for _ in range(3)] == ["failed"] * 3
        assert [row.state for row in way.rows()] == ["failed"]
        assert len(there.asked("POST")) == 3


def test_a_header_that_cannot_be_written_refuses_the_ticket(make: Make) -> None:
    """A citizen's words may have what no header can carry."""
    ticket = contract.all_told()
    with small_server(lambda _request: Response("", 204)) as there:
        result = make(there.url, headers={"x-d": "{description}"}).push(Message(ticket))
        assert there.requests == []
    assert result.verdict == "refused"
    assert (ticket.description or "-") not in (result.error or "")


def test_a_private_address_is_asked_where_the_file_says_so(make: Make) -> None:
    """And nowhere else, whatever its name is."""
    with small_server(lambda _request: Response("", 204)) as there:
        for url in (there.url, f"http://localhost:{there.port}", f"http://[::1]:{there.port}"):
            result = make(url, private_addresses=False, look=LOOK).push(message(repeated=True))
            assert result.verdict == "retry"
            assert "private_addresses: true" in (result.error or "")
        assert there.requests == []


def test_what_has_no_updates_says_so(make: Make) -> None:
    """A later version is not told, and not tried for days."""
    result = make("https://x.example").push(message(event=UPDATED, version=2, remote_id="7"))
    assert (result.verdict, result.remote_id) == ("acknowledged", "7")
    assert "updates: leave" in (result.error or "")


GOOD = """destinations:
  desk:
    kind: http
    url: https://desk.example/t
    headers:
      authorization: Bearer {secret.token}
    secrets:
      token: {env: TOKEN}
    body:
      title: "{mark}"
      parts:
        - "{description}"
        - 1
    id: id
    look:
      url: https://desk.example/s?q={reference}
      match:
        title: "{mark}"
      id: id
    updates:
      url: https://desk.example/t/{remote_id}
      body: {text: "{added}"}
    session:
      url: https://desk.example/session
      token: token
"""


@pytest.mark.parametrize(
    ("good", "bad", "line", "key", "problem"),
    [
        ("{mark}\"\n      p", "{marc}\"\n      p", 10, "body.title", "{marc} is not known: {mark}"),
        ("{description}", "{descr}", 12, "body.parts.0", "{descr} is not known"),
        ("- 1", "- {secret.token}", 13, "body.parts.1", "{secret.token} in double quotes"),
        ("{description}", "{secret.token}", 12, "body.parts.0", "headers alone"),
        ("{description}", "{basic.token}", 12, "body.parts.0", "headers alone"),
        ("- 1", "- 2026-11-24", 13, "body.parts.1", "nothing that JSON has"),
        ("- 1", "- .nan", 13, "body.parts.1", "no number in JSON"),
        ("title: \"{mark}\"\n      p", "1: x\n      p", 10, "body.1", "no name in JSON"),
        ("desk.example/t\n", "desk.example/t?k={secret.token}\n", 4, "url", "headers alone"),
        ("desk.example/t\n", "{reference}.example/t\n", 4, "url", "host as it is"),
        ("https://desk.example/t\n", "ftp://desk.example/t\n", 4, "url", "must begin with https"),
        ("https://desk.example/t\n", "https://a:b@desk.example/t\n", 4, "url", "a password"),
        ("{secret.token}", "{secret.other}", 6, "headers.authorization", "headers alone, where"),
        ("authorization", "content-length", 6, "headers.content-length", "written by ourselves"),
        ("authorization", "\"a b\"", 6, "headers.a b", "match"),
        ("{env: TOKEN}", "abc", 8, "secrets.token", "is a secret"),
        ("s?q={reference}", "s?q={referenz}", 16, "look.url", "{referenz} is not known"),
        ("title: \"{mark}\"\n      id", "title: \"{x}\"\n      id", 18,
         "look.match.title", "{x} is not known"),
        ("{added}", "{session}", 22, "updates.body.text", "headers alone"),
        ("      token: token\n", "      headers: {x: \"{session}\"}\n      token: token\n", 25,
         "session.headers.x", "headers alone"),
        ("session\n      t", "session?{reference}\n      t", 24, "session.url", "is not known"),
        ("    session:", "    body_: 1\n    session:", 23, "body_", "is not known here"),
        ("      url: https://desk.example/s?", "      body: {a: 1}\n      url: https://desk.example/s?",
         16, "look.body", "no body"),
        ("    id: id\n    look", "    look", 2, "id", "is missing"),
        ("      id: id\n", "", 15, "look.id", "is missing"),
        ("title: \"{mark}\"\n      id", "title: \"940\"\n      id", 17, "look.match", "another's"),
        ("      url: https://desk.example/t/{remote_id}\n      body: {text: \"{added}\"}\n",
         "      soon\n", 20, "updates", "must be `leave`"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_told_by_line_and_key(
    tmp_path: Path, good: str, bad: str, line: int, key: str, problem: str
) -> None:
    """Before anything is sent, and with nothing of a secret."""
    assert loaded(GOOD, tmp_path, TOKEN="t-1")["desk"]
    assert GOOD.count(good) == 1, good
    with pytest.raises(FileWrong) as caught:
        loaded(GOOD.replace(good, bad), tmp_path, TOKEN="t-1")
    first = str(caught.value).splitlines()[0]
    assert first.startswith(f"{tmp_path / 'destinations.yaml'}:{line}: destinations.desk.{key}")
    assert problem in first


def test_the_guide_s_example_makes_a_ticket(tmp_path: Path) -> None:
    """All but where the system is, and that it is on this machine."""

    def desk(request: Request) -> Response:
        if request.method == "GET":
            return Response(json.dumps({"items": []}), content_type=JSON)
        return Response(json.dumps({"ticket": {"number": 7}}), 201, content_type=JSON)

    with small_server(desk) as server:
        text = example("http").replace("https://desk.example", server.url)
        there = loaded(f"{text}    private_addresses: true\n", tmp_path, DESK_TOKEN="d-1")["desk"]
        assert there.push(message(repeated=True)).remote_id == "7"
        again = message(event=UPDATED, version=2, remote_id="7", repeated=True)
        assert there.push(again).verdict == "acknowledged"
        assert [request.path for request in server.asked("GET")] == [
            "/api/tickets",
            "/api/tickets/7/notes",
        ]
        _opened(server)


def _opened(server: SmallServer) -> None:
    first, second = server.asked("POST")
    assert first.headers["authorization"] == "Bearer d-1"
    sent = json.loads(first.get_data())
    assert sent["subject"] == "[940-989036781] حفرة في الطريق"
    assert sent["position"] == {"lat": None, "long": None}
    assert sent["departments"] == ["roads"]
    assert second.path == "/api/tickets/7/notes"
