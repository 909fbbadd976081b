"""Whatever is asked of the API, by its own document or against it, is answered as that says."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_args
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from blacklist.record.register import BlacklistRegister
from blacklist.record.reviews import open_review
from people.person import Role
from tests.fixtures.openapi import Schema, faults, values
from tests.fixtures.record import LINE, NUMBER, OTHER

EXAMPLES = 3000
ROLES: tuple[Role, ...] = get_args(Role)
FORGED = (None, "", "Bearer", "Bearer x", "Basic eDp4", "bearer  ", f"Bearer h940_{'A' * 43}")
NAMES = ("", ".", "..", "export", "import", "prefixes", "rebuild", "reviews", "verify")
"""What is no number in a path: these are paths of their own."""
NUMBERS = (
    *(NUMBER, OTHER, LINE, "0501234567", "966501234567", "00966501234567", "0966501234567"),
    *("+9660501234567", "٠٥٠١٢٣٤٥٦٧", " 050 123 4567 ", "0501234567\n", "\u202e0501234567"),
    *("940", "997", "911000", "+966940", "anonymous", "+266696687", "05012345", "05012345*"),
    *("=1+1", "0501234567&Local/911", '"\nEXEC System rm', "050\x0012", "x" * 64, "x" * 65),
    *("5" * 300, "-1", "", "+7", "'; DROP TABLE calls; --", "<script>"),
)
FILES = (
    b"number,reason\n0501234567,abuse\n940,abuse\n",
    b"\xef\xbb\xbfNumber;Note;\r\n0507654321;=1+1;\r\n",
    b"number\n0502222222\n+966503333*\n",
    b"number,salary\n",
    b"number\n" + b"0" * 70_000,
    b'number,note\n0501234567,"open\n',
    b"\x00\x01",
    b"",
)
KINDS = ("application/json", "text/plain", "application/x-www-form-urlencoded")
few = st.text(max_size=9)
numbers = st.sampled_from(NUMBERS) | st.text(min_size=1, max_size=70)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | few | numbers,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(few, inner, max_size=3),
    max_leaves=6,
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, and what its sender knows of it. `role` is None without a good token."""

    told: Schema
    method: str
    path: str
    role: Role | None
    header: str | None
    body: bytes | None
    content_type: str | None


def requests(document: Schema) -> st.SearchStrategy[Request]:
    """Requests to all of the document's operations: as it says, or not."""
    return st.one_of(
        [
            _requests(path, method, told, document)
            for path, item in document["paths"].items()
            for method, told in item.items()
        ]
    )


def _requests(path: str, method: str, told: Schema, document: Schema) -> st.SearchStrategy[Request]:
    role = st.sampled_from([None, "manager", "manager", *ROLES])
    return st.builds(
        lambda where, query, role, forged, body: Request(
            told,
            method.upper(),
            f"{where}?{query}" if query else where,
            role,
            forged if role is None else None,
            *body,
        ),
        _paths(path),
        _queries(told, document),
        role,
        st.sampled_from(FORGED),
        _bodies(told, document),
    )


def _paths(path: str) -> st.SearchStrategy[str]:
    name = re.search(r"\{(\w+)\}", path)
    if name is None:
        return st.just(path)
    parts = numbers.filter(lambda part: part not in NAMES and "/" not in part)
    if name[1] == "review":
        parts = st.integers(1, 2).map(str) | st.integers(-2, 2**70).map(str) | parts
    return parts.map(lambda part: path.replace(name[0], quote(part, safe="", errors="replace")))


def _queries(told: Schema, document: Schema) -> st.SearchStrategy[str]:
    """The parameters with right values, some wrong, some twice, some unknown."""
    names = {p["name"]: p["schema"] for p in told["parameters"] if p["in"] == "query"}
    pairs = [
        st.tuples(st.just(name), values(schema, document).map(_as_text) | few)
        for name, schema in names.items()
    ]
    pairs.append(st.tuples(few, few))
    given = st.lists(st.one_of(pairs), max_size=3) if names else st.just([])
    return given.map(lambda query: urlencode(query, errors="replace"))


def _bodies(told: Schema, document: Schema) -> st.SearchStrategy[tuple[bytes | None, str | None]]:
    content = told.get("requestBody", {}).get("content", {})
    if "text/csv" in content:
        kind = st.sampled_from(["text/csv", "text/csv", *KINDS])
        return st.tuples(st.sampled_from(FILES) | st.binary(max_size=200), kind)
    if not content:
        return st.just((None, None))
    schema = content["application/json"]["schema"]
    right = values(schema, document)
    if "number" in schema["properties"]:
        right = st.builds(lambda body, number: body | {"number": number}, right, numbers)
    wrong = st.sampled_from([*schema["properties"], "role"])
    changed = st.builds(lambda body, name, value: body | {name: value}, right, wrong, junk)
    written = (right | right | changed | junk).map(lambda body: json.dumps(body).encode())
    return st.tuples(written, st.just(KINDS[0])) | st.tuples(
        st.binary(max_size=80), st.sampled_from(KINDS)
    )


def _as_text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def broken(request: Request, answer: TestResponse, document: Schema) -> Iterator[str]:
    """The promises that an answer breaks."""
    status, told = str(answer.status_code), request.told
    if status not in told["responses"]:
        yield f"{status} is not in the document: {answer.text}"
        return
    if status == "503":
        yield "no store is away"
    for_roles = re.search(r"For the roles ([a-z, ]+)\.", told["description"])
    assert for_roles is not None
    if request.role is None:
        if (status, answer.headers.get("WWW-Authenticate")) != ("401", "Bearer"):
            yield "it has no token"
    elif request.role not in for_roles[1].split(", ") and status != "403":
        yield f"it is for the roles {for_roles[1]}"
    ((kind, media),) = told["responses"][status]["content"].items()
    if answer.mimetype != kind:
        yield f"{answer.mimetype} in place of {kind}"
    value = answer.json if kind.endswith("json") else answer.text
    yield from faults(media["schema"], value, document)


House = tuple[FlaskClient, dict[Role, str], Schema]


@pytest.fixture
def house(
    register: BlacklistRegister, client: FlaskClient, token: Callable[[str, Role], str]
) -> House:
    """A client, a token for each role, the document; two requests for review wait."""
    for call, number in (("c1", NUMBER), ("c2", OTHER)):
        open_review(
            register.engine,
            number=number,
            call_id=call,
            recording_ref="r",
            now=register.now(),
            answer_within=timedelta(days=3),
        )
    document: Schema = client.get("/openapi.json").json or {}
    return client, {role: token(role, role) for role in ROLES}, document


def test_every_answer_is_as_the_document_says(house: House) -> None:
    """No failure of ours, nothing without a token or above one's role, no undocumented answer."""
    client, tokens, document = house
    met: set[tuple[str, int]] = set()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # what came before matters, so a failure cannot be made smaller
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(requests(document))
    def answered(request: Request) -> None:
        header = request.header if request.role is None else f"Bearer {tokens[request.role]}"
        answer = client.open(
            request.path,
            method=request.method,
            data=request.body,
            content_type=request.content_type,
            headers={} if header is None else {"Authorization": header},
        )
        assert list(broken(request, answer, document)) == [], request
        met.add((request.told["operationId"], answer.status_code // 100))

    answered()
    names = {told["operationId"] for item in document["paths"].values() for told in item.values()}
    assert {name for name, kind in met if kind == 4} == names
    assert len({name for name, kind in met if kind == 2}) > len(names) // 2


def test_the_checker_finds_what_is_not_in_the_document(house: House) -> None:
    """It is no yes-man: a missing, a wrong, and an unknown part of an answer."""
    client, tokens, document = house
    headers = {"Authorization": f"Bearer {tokens['manager']}"}
    body = {"number": NUMBER, "reason": "abuse"}
    entry = client.post("/api/v1/blacklist", json=body, headers=headers).json or {}
    schema = {"$ref": "#/components/schemas/RecordedEntry"}
    assert list(faults(schema, entry, document)) == []
    for change in ({"subject": 5}, {"until": "soon"}, {"kind": "all"}, {"more": 1}):
        assert list(faults(schema, entry | change, document)) != []
    del entry["who"]
    assert list(faults(schema, entry, document)) == [".who is missing"]
