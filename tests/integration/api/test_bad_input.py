"""Bad input over HTTP: refused with a clear result, logged once without personal data."""

import io
import json

import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from console.api.server import LONGEST_FILE
from tests.fixtures.record import LINE, NUMBER
from tests.fixtures.spellings import SPELLINGS
from tests.integration.api.conftest import Ask

HOSTILE = [
    '"\nEXEC System rm',
    "500&PJSIP/itsp/1900",
    "SIP/trunk/0501234567&Local/911",
    "<script>alert(1)</script>",
    "'; DROP TABLE calls; --",
    "=cmd|' /C calc'!A0",
    "0501\x00234567",
    "0501234567\n0509999999",
    "../../etc/passwd",
    "anonymous",
    "+266696687",
    " ",
    "",
    "-1",
    "9" * 9000,
]


@pytest.mark.parametrize("written", SPELLINGS)
def test_every_spelling_is_one_entry(ask: Ask, written: str) -> None:
    """Country codes, other scripts' digits, marks, line ends and zeros of whoever typed it."""
    ask("POST", json={"number": NUMBER, "reason": "flood", "days": 3})
    added = ask("POST", json={"number": written, "reason": "abuse", "days": 3})
    assert (added.status_code, (added.json or {})["subject"]) == (201, NUMBER)
    assert len(ask("GET").json or []) == 1


@pytest.mark.parametrize("number", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("path", ["", "/prefixes"])
def test_what_is_no_number_is_refused_and_logged_once_without_it(
    ask: Ask, path: str, number: str
) -> None:
    """The answer names the part, not what it held; nothing is kept."""
    ask("GET")
    with capture_logs() as logs:
        answer = ask("POST", path, json={"number": number, "reason": "abuse", "days": 3})
    assert answer.status_code == 422, answer.json
    assert [(line["event"], line["status"]) for line in logs] == [("api_refused", 422)]
    if len(number) > 2:
        assert json.dumps(number)[1:-1] not in answer.text + json.dumps(logs)
    assert ask("GET").json == []


def imported(ask: Ask, source: bytes) -> tuple[int, list[str], str]:
    """Import a file; the status, the errors and the message."""
    answer = ask("POST", "/import?days=3&reason=abuse", data=source, content_type="text/csv")
    told = answer.json or {}
    return answer.status_code, told.get("errors", []), told.get("detail", "")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("*", "prefix"),
        ("0*", "6 digits"),
        ("05*", "6 digits"),
        ("+*", "prefix"),
        ("940", "hotline itself"),
        ("940*", "hotline itself"),
        ("997", "Red Crescent"),
        (LINE, "hotline or an agency"),
        (f"{LINE[:-2]}*", "line of the hotline"),
        ("anonymous", "withheld"),
        ("=1+1", "full number"),
        ("\u202e", "withheld"),
        ("0501\x00234567", "control characters"),
        ("5" * 9000, "full number"),
    ],
    ids=range(14),
)
def test_a_row_that_would_stop_too_much_keeps_the_whole_file_out(
    ask: Ask, row: str, why: str
) -> None:
    """Everyone, the city, the hotline, an agency, nobody at all: with the row's number."""
    status, errors, _ = imported(ask, f"number\n0501234567\n{row}\n".encode())
    assert (status, len(errors)) == (422, 1)
    assert errors[0].startswith("row 3: ")
    assert why in errors[0]
    assert ask("GET").json == []


def test_a_spreadsheets_file_is_taken_and_its_formulas_are_text(ask: Ask) -> None:
    """A byte order mark, semicolons; what comes out again computes nothing."""
    source = "\ufeffNumber;Note\r\n٠٥٠١٢٣٤٥٦٧;=1+1\r\n".encode()
    assert imported(ask, source)[0] == 200
    (entry,) = ask("GET").json or []
    assert (entry["subject"], entry["note"]) == (NUMBER, "=1+1")
    assert "'=1+1" in ask("GET", "/export").text


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\x00\x01",
        b"PK\x03\x04",
        b"number,salary\n",
        b"number\n" + b"0" * 70_000,
        b'number\n"',
    ],
    ids=range(6),
)
def test_what_is_no_list_of_numbers_is_refused_as_a_whole(ask: Ask, source: bytes) -> None:
    """422 and what to do."""
    status, _, message = imported(ask, source)
    assert (status, bool(message)) == (422, True)


def test_a_file_that_is_too_large_names_the_other_way(ask: Ask) -> None:
    """413, before a byte of it is read."""
    status, _, message = imported(ask, b"number\n" + b"\n" * LONGEST_FILE)
    assert status == 413
    assert "hotline blacklist import" in message


def test_a_file_without_a_length_is_refused(ask: Ask) -> None:
    """Nobody could say that it is too large before it is there."""
    answer = ask(
        "POST",
        "/import",
        input_stream=io.BytesIO(b"7\r\nnumber\n\r\n0\r\n\r\n"),
        content_type="text/csv",
        environ_overrides={"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""},
    )
    assert answer.status_code == 411


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "TRACE", "PATCH", "PUT", "DELETE", "BREW"])
def test_no_method_succeeds_without_a_token(client: FlaskClient, method: str) -> None:
    """Not even one that only asks what there is."""
    for path in ("", f"/{NUMBER}", "/export", "/import", "/prefixes", "/verify"):
        assert client.open(f"/api/v1/blacklist{path}", method=method).status_code in (401, 405)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"number": "0501234567", "reason": "abuse", "days": 3, "days": 300}', "twice"),
        ('{"number": "0501234567", "reason": "abuse", "note": {"a": 1, "a": 2}}', "twice"),
        ("[" * 20_000, "nested too deep"),
        ('{"a":' * 10_000, "nested too deep"),
        ('{"number"', "is no JSON"),
    ],
    ids=["a name twice", "twice within", "lists", "objects", "half"],
)
def test_a_body_that_says_no_one_thing_is_refused_at_once(
    ask: Ask, body: str, message: str
) -> None:
    """Of two values for one name another program would take the other."""
    answer = ask("POST", data=body, content_type="application/json")
    assert (answer.status_code, (answer.json or {})["type"].rpartition("/")[2]) == (400, "no_json")
    assert message in (answer.json or {})["detail"]
    assert ask("GET").json == []


@pytest.mark.parametrize("days", [0.0000001, 0, -1])
def test_a_measure_that_would_be_over_at_once_is_refused(ask: Ask, days: float) -> None:
    """A minute is the least that somebody can mean."""
    refused = ask("POST", json={"number": NUMBER, "reason": "abuse", "days": days})
    assert refused.status_code == 422
