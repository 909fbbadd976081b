"""The HTTP API: the same verbs as the command, with tokens and roles."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from blacklist.record.prefix_replay import PrefixReplay
from blacklist.record.register import BlacklistRegister
from blacklist.record.reviews import open_review
from blacklist.verdict import Disposition
from call_handlers.prefix_replay import replay_prefix
from console.api.blueprint import ROUTES
from console.api.pages import written
from people.person import Role
from tests.fixtures.record import LINE, NUMBER, Clock
from tests.fixtures.spellings import MOBILE, SPELLINGS
from tests.integration.api.conftest import Ask

WRONG_QUERIES = ("limit=0", "limit=x", "limit=1&limit=2", "page=2", "after=", "after=x")
NO_PLACE = written(("0001-01-01T00:00:00+05:00", "x"))
BLOCK = {"number": "0501234567", "reason": "abuse", "days": 3, "note": "ليلاً"}


def said(answer: TestResponse) -> Any:
    """The JSON of an answer."""
    return answer.json


def test_a_number_is_added_shown_listed_and_removed(ask: Ask) -> None:
    """The life of an entry, in different spellings of one number."""
    added = ask("POST", json=BLOCK)
    assert added.status_code == 201
    assert added.json is not None
    assert (added.json["subject"], added.json["who"]) == (NUMBER, "manager")
    shown = ask("GET", "/00966501234567").json
    assert shown is not None
    assert shown["entry"]["note"] == "ليلاً"
    assert [entry["subject"] for entry in ask("GET").json or []] == [NUMBER]
    assert ask("DELETE", f"/{NUMBER}?why=mistake").status_code == 200
    assert ask("DELETE", f"/{NUMBER}").status_code == 404
    assert ask("GET", f"/{NUMBER}").status_code == 404
    history = ask("GET", f"/{NUMBER}/history").json or []
    assert [change["action"] for change in history] == ["lifted", "added"]


@pytest.mark.parametrize("spelling", SPELLINGS[::9])
def test_an_entry_is_found_by_any_spelling_of_its_number(ask: Ask, spelling: str) -> None:
    """In a body as in an address."""
    assert ask("POST", json=BLOCK | {"number": spelling}).status_code == 201
    shown = ask("GET", f"/{quote(spelling, safe='')}").json or {}
    assert shown["entry"]["subject"] == MOBILE


def test_strikes_prefixes_and_the_allowlist_are_reached(ask: Ask) -> None:
    """Every way in that the command has."""
    struck = ask("POST", f"/{NUMBER}/strikes", role="operator", json={"reason": "flood"})
    assert struck.status_code == 201
    assert (struck.json or {})["step"]["disposition"] == "warn"
    assert ask("PUT", f"/{NUMBER}/allow", json={"note": "hospital"}).status_code == 200
    assert ask("DELETE", f"/{NUMBER}/allow").status_code == 200
    prefix = {"number": "05012345", "reason": "flood", "days": 3}
    assert ask("POST", "/prefixes", name="maha", json=prefix).status_code == 201
    shown = ask("GET", "/prefixes/05012345", role="operator").json or {}
    assert (shown["approved_by"], shown["replay"]["with_rule"]["genuine"]) == (None, 0)
    assert ask("GET", "/prefixes/05012346").status_code == 404
    assert ask("POST", "/prefixes/05012345/approve", name="maha").status_code == 403
    assert ask("POST", "/prefixes/05012345/approve", name="nada").status_code == 200
    assert ask("POST", "/prefixes/05012345/approve", name="nada").status_code == 404
    assert ask("DELETE", "/prefixes/05012345").status_code == 200


def test_a_prefix_is_not_accepted_when_the_recorded_calls_cannot_be_read(
    ask: Ask, register: BlacklistRegister
) -> None:
    """503, and why: nobody knows whom it would stop."""

    def replays(prefix: str, disposition: Disposition, now: datetime) -> PrefixReplay:
        return replay_prefix(register.engine, register.policy, prefix, disposition, now)

    register.replays = replays
    with register.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE calls RENAME TO lost")
    refused = ask("POST", "/prefixes", json={"number": "05012345", "reason": "flood", "days": 3})
    assert refused.status_code == 503
    assert "not accepted" in (refused.json or {})["detail"]
    assert ask("GET", "/prefixes/05012345").status_code == 404


def test_a_review_is_accepted_or_refused(
    ask: Ask, register: BlacklistRegister, clock: Clock
) -> None:
    """Refusing needs a reason."""
    ask("POST", json=BLOCK)
    asked = open_review(
        register.engine,
        number=NUMBER,
        call_id="c1",
        recording_ref="r1",
        now=clock.now,
        answer_within=timedelta(days=3),
    )
    assert [review["id"] for review in ask("GET", "/reviews").json or []] == [asked.id]
    refuse = f"/reviews/{asked.id}/refuse"
    assert ask("POST", refuse, json={}).status_code == 422
    assert ask("POST", refuse, json={"why": "heard again"}).status_code == 200
    assert ask("POST", refuse, json={"why": "heard again"}).status_code == 404


def test_rebuild_verify_import_and_export(ask: Ask) -> None:
    """What the command does with files and the index."""
    source = b"number,reason\n0501234567,abuse\n940,abuse\n"
    refused = ask("POST", "/import?days=3", data=source, content_type="text/csv")
    assert refused.status_code == 422
    assert (refused.json or {})["errors"] == [
        "row 3: 940 is the hotline itself and is never blocked"
    ]
    assert ask("GET").json == []
    done = ask("POST", "/import?days=3", data=source[:31], content_type="text/csv")
    assert done.status_code == 200
    assert (done.json or {})["added"] == 1
    exported = ask("GET", "/export")
    assert "'+966501234567" in exported.get_data(as_text=True)
    again = ask("POST", "/import", data=exported.get_data(), content_type="text/csv")
    assert (again.json or {})["unchanged"] == 1
    assert (ask("POST", "/rebuild").json or {})["written"] == 1
    assert ask("GET", "/verify").json == {"agree": True, "differences": []}


@pytest.mark.parametrize(
    ("role", "method", "path", "body"),
    [
        ("operator", "POST", "", BLOCK),
        ("operator", "DELETE", f"/{NUMBER}", None),
        ("operator", "GET", "/reviews", None),
        ("supervisor", "POST", "", BLOCK | {"days": 31}),
        ("supervisor", "POST", "/import", None),
        ("supervisor", "GET", "/export", None),
        ("supervisor", "POST", "/prefixes/05012345/approve", None),
    ],
)
def test_a_role_does_what_it_may_and_no_more(
    ask: Ask, role: Role, method: str, path: str, body: object
) -> None:
    """403, and nothing was written."""
    more = {} if body is None else {"json": body}
    assert ask(method, path, role=role, **more).status_code == 403
    assert ask("GET").json == []


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer x", "Basic eDp4", "Bearer h940_" + "A" * 43, "ü" * 5000]
)
def test_without_a_good_token_nothing_is_told(client: FlaskClient, header: str | None) -> None:
    """401 with the scheme, for every way of not having one."""
    headers = {} if header is None else {"Authorization": header}
    answer = client.get("/api/v1/blacklist", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_ends_by_itself_and_is_not_kept(
    client: FlaskClient,
    register: BlacklistRegister,
    token: Callable[[str, Role], str],
    clock: Clock,
) -> None:
    """The database holds a hash only."""
    text = token("ali", "operator")
    headers = {"Authorization": f"Bearer {text}"}
    assert client.get("/api/v1/blacklist", headers=headers).status_code == 200
    with register.engine.begin() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM api_tokens").all()
    assert text not in repr(rows)
    clock.forward(days=91)
    assert client.get("/api/v1/blacklist", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"number": "940"}, 422),
        ({"number": "997"}, 422),
        ({"number": LINE}, 422),
        ({"number": "+9665"}, 422),
        ({"number": "x" * 65}, 422),
        ({"number": 501234567}, 422),
        ({"number": "0501234567\x00"}, 201),
        ({"number": "٠٥٠١٢٣٤٥٦٧"}, 201),
        ({"number": "050123\n4567"}, 422),
        ({"number": "=1+1"}, 422),
        ({"reason": "dislike"}, 422),
        ({"days": 0}, 422),
        ({"days": 1e9}, 422),
        ({"days": 300}, 422),
        ({"days": "NaN"}, 422),
        ({"until": "2026-12-31T23:59"}, 422),
        ({"until": "2026-12-31T23:59+03:00"}, 422),
        ({"note": "x" * 501}, 422),
        ({"note": "a\x00b"}, 422),
        ({"note": "a\u202eb\nc"}, 201),
        ({"disposition": "allow"}, 422),
        ({"calls": ["x"] * 51}, 422),
        ({"recordings": ["../../etc/passwd\n"]}, 422),
        ({"role": "manager"}, 422),
    ],
)
def test_bad_input_is_refused_and_says_why(
    ask: Ask, change: dict[str, object], status: int
) -> None:
    """The part that is wrong is named; the value is not repeated."""
    answer = ask("POST", json=BLOCK | change)
    assert answer.status_code == status, answer.json
    assert len(ask("GET").json or []) == (status == 201)
    if status == 422:
        assert {"type", "title", "status", "detail", "errors"} == set(answer.json or {})
        assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b"number=0501234567", "application/x-www-form-urlencoded", 415),
        (b'{"a":"' + b"x" * 70_000 + b'"}', "application/json", 413),
        (json.dumps({str(n): n for n in range(1000)}).encode(), "application/json", 422),
    ],
)
def test_a_body_that_is_none_is_refused(
    ask: Ask, body: bytes, content_type: str, status: int
) -> None:
    """A form in place of JSON, half of it, too much of it."""
    assert ask("POST", data=body, content_type=content_type).status_code == status
    assert ask("GET").json == []


@pytest.mark.parametrize("query", [*WRONG_QUERIES, f"after={NO_PLACE}"])
def test_a_query_that_is_wrong_is_refused(ask: Ask, query: str) -> None:
    """An unknown or repeated parameter is no silent default."""
    assert ask("GET", f"?{query}").status_code == 422


def test_the_document_names_every_operation_and_resolves(client: FlaskClient) -> None:
    """Every reference leads somewhere; every operation, and recordings, need the token."""
    told = client.get("/openapi.json").json
    assert told is not None
    assert told["openapi"].startswith("3.1")
    assert len({(p, m) for p, item in told["paths"].items() for m in item}) == len(ROUTES) + 1
    text = json.dumps(told)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in told["components"]["schemas"]
    assert told["security"] == [{"token": []}]


@pytest.mark.parametrize(
    "path",
    [
        *("/940", "/anonymous", "/%00", "/..%2f..%2fetc", "/%D9%A0", "/" + "5" * 300, "/=1+1"),
        "/+966501234567%0a%0d",
    ],
)
@pytest.mark.parametrize("verb", ["GET", "DELETE"])
def test_a_path_that_is_no_number_is_answered(ask: Ask, verb: str, path: str) -> None:
    """Refused, or nothing there; never a failure of ours."""
    answer = ask(verb, path)
    assert answer.status_code in (404, 422)


def test_a_database_that_is_away_is_told_as_such(
    ask: Ask, register: BlacklistRegister, client: FlaskClient
) -> None:
    """503, whatever is asked, even before the token can be looked up."""
    assert ask("GET").status_code == 200
    with register.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE api_tokens RENAME TO gone")
    assert ask("GET").status_code == 503


def test_the_list_and_the_audit_are_asked_by_parts(ask: Ask) -> None:
    """Over HTTP as by the command: a part of a number, an action, a person; in pages."""
    for number in (NUMBER, "+966555123400"):
        assert ask("POST", json={"number": number, "reason": "abuse"}).status_code == 201
    assert [entry["subject"] for entry in said(ask("GET", "?like=5512"))] == ["+966555123400"]
    assert ask("GET", "?like=amal").status_code == 422
    changes = ask("GET", "/audit?action=added&limit=1")
    assert [change["subject"] for change in said(changes)] == ["+966555123400"]
    assert 'rel="next"' in changes.headers["Link"]
    assert ask("GET", "/audit?made_by=nobody").json == []


def test_a_change_is_taken_back_over_http(ask: Ask) -> None:
    """By its number in the audit; a role below may not, and an import is a manager's."""
    assert ask("POST", json=BLOCK).status_code == 201
    (change,) = said(ask("GET", "/audit"))[:1]
    named = {"change": change["id"]}
    assert ask("POST", "/undo", json=named, role="operator").status_code == 403
    told = ask("POST", "/undo", json=named | {"dry_run": True}, role="supervisor")
    assert (told.status_code, said(told)["written"]) == (200, False)
    done = ask("POST", "/undo", json=named, role="supervisor")
    assert (said(done)["count"], ask("GET").json) == (1, [])
    assert said(ask("POST", "/undo", json=named))["already"]
    assert ask("POST", "/undo", json={}).status_code == 422
    assert ask("POST", "/undo", json={"change": 99999}).status_code == 404
