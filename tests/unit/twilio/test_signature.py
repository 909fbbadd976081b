"""What Twilio signed, and what it did not."""

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from call_handlers.twilio.fields import TABLES
from call_handlers.twilio.signature import Gate, Refused, signature
from tests.fixtures.twilio import ACCOUNT, BASE, SECOND, STANDARD, TOKEN

FIELDS = {**STANDARD, "Digits": "12"}
FORM = "application/x-www-form-urlencoded"
OPEN = Gate(BASE, [TOKEN, SECOND])


def check(
    gate: Gate = OPEN,
    path: str = "/twilio/voice",
    fields: dict[str, str] = FIELDS,
    *,
    body: bytes | None = None,
    signed: str | None = None,
    **headers: str | None,
) -> dict[str, str]:
    """A request at the gate, genuine but for what is changed."""
    given: dict[str, str | None] = {
        "X-Twilio-Signature": signature(TOKEN, BASE + path, fields) if signed is None else signed,
        "Content-Type": FORM,
    }
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    raw = urlencode(fields).encode() if body is None else body
    return gate.check(path, given.get, raw, TABLES["turn"])


def refusal(*args: Any, **changes: Any) -> str:
    """The reason for which it is refused."""
    with pytest.raises(Refused) as caught:
        check(*args, **changes)
    return str(caught.value)


@given(
    st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
)
def test_it_is_the_signature_that_twilios_own_library_makes(fields: dict[str, str]) -> None:
    """For any fields in any script."""
    expected = RequestValidator(TOKEN).compute_signature(BASE + "/x", fields)
    assert signature(TOKEN, BASE + "/x", fields) == expected


def test_a_genuine_request_gives_its_form() -> None:
    """With either token."""
    assert check() == FIELDS
    assert check(signed=signature(SECOND, BASE + "/twilio/voice", FIELDS)) == FIELDS


@pytest.mark.parametrize(
    "query", ["?a=%27", "?a=%7E&b=~", "?a=%C3%A9", "?a=b%2Fc+d", "?", "?a=1?b"]
)
def test_a_query_is_signed_as_it_was_written(query: str) -> None:
    """Nothing is decoded on the way: quotes, tildes and accents stay as they came."""
    assert check(path="/twilio/voice" + query) == FIELDS


@pytest.mark.parametrize(
    ("public", "signed"),
    [
        ("https://940.example.sa", "https://940.example.sa"),
        ("https://940.example.sa", "https://940.example.sa:443"),
        ("https://940.example.sa:8443", "https://940.example.sa:8443"),
        ("https://940.example.sa:8443", "https://940.example.sa"),
        ("https://940.example.sa/city/", "https://940.example.sa/city"),
        ("http://940.example.sa", "http://940.example.sa:80"),
    ],
)
def test_the_port_may_be_signed_or_not(public: str, signed: str) -> None:
    """Twilio has done both."""
    gate = Gate(public, [TOKEN])
    assert check(gate, signed=signature(TOKEN, signed + "/twilio/voice", FIELDS)) == FIELDS


@pytest.mark.parametrize(
    "signed", ["", "x", "é", "=" * 28, signature("a" * 32, BASE + "/twilio/voice", FIELDS)]
)
def test_any_other_signature_is_refused(signed: str) -> None:
    """Missing, of another length, not ASCII, of another token."""
    assert refusal(signed=signed) in ("no signature", "the signature is wrong")


def test_no_header_is_refused() -> None:
    """Twilio's own validator fails with a TypeError here."""
    assert refusal(X_Twilio_Signature=None) == "no signature"


@pytest.mark.parametrize("tokens", [[], [""], ["", ""], ["short"]])
def test_without_a_token_nobody_comes_in(tokens: list[str]) -> None:
    """Not even who signs with the empty one."""
    gate = Gate(BASE, tokens)
    assert not gate.open
    for token in ("", "short", TOKEN):
        signed = signature(token, BASE + "/twilio/voice", FIELDS)
        assert refusal(gate, signed=signed) == "no token is configured"


@pytest.mark.parametrize("public", ["", "940.example.sa", "ftp://940.example.sa", "https://"])
def test_without_a_public_url_nobody_comes_in(public: str) -> None:
    """There is nothing that could have been signed."""
    assert not Gate(public, [TOKEN]).open


def test_an_empty_token_does_not_weaken_the_other() -> None:
    """The second is unset most of the time."""
    gate = Gate(BASE, [TOKEN, ""])
    assert check(gate) == FIELDS
    signed = signature("", BASE + "/twilio/voice", FIELDS)
    assert refusal(gate, signed=signed) == "the signature is wrong"


@pytest.mark.parametrize("path", ["/twilio/turn/x/1", "/twilio/voice?", "/twilio/voice?a=1"])
def test_a_signature_is_good_for_one_url_only(path: str) -> None:
    """Path and query are signed."""
    signed = signature(TOKEN, BASE + "/twilio/voice", FIELDS)
    assert refusal(path=path, signed=signed) == "the signature is wrong"


def test_an_absolute_request_line_is_refused() -> None:
    """A proxy's form of request: its host is somebody else's claim."""
    assert refusal(path="https://evil.example/twilio/voice") == "not a path"


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "", None])
def test_only_forms_are_read(kind: str | None) -> None:
    """A JSON body would be signed by its hash alone, which nobody looks at."""
    assert refusal(Content_Type=kind) == "not a form"


def test_json_under_a_forms_name_is_refused() -> None:
    """What is no form signs as none."""
    signed = signature(TOKEN, BASE + "/twilio/voice", {})
    assert refusal(body=b'{"Digits": "1"}', signed=signed) == "a part is no field"


@pytest.mark.parametrize(
    ("settings", "taken"),
    [
        ("", True),
        ("algorithm=HMAC_SHA1", True),
        ("algorithm=HMAC_SHA256", False),
        ("key=webhooks_sharedkey_1,algorithm=HMAC_SHA1", False),
        ("key=webhooks_sharedkey_1", False),
        ("whatever", False),
    ],
)
def test_a_signature_of_another_kind_is_refused(settings: str, taken: bool) -> None:
    """What the header asks for and we do not do, we do not pretend to have done."""
    changes: Any = {"X_Twilio_Webhooks_Signature_Settings": settings}
    if taken:
        assert check(**changes) == FIELDS
    else:
        assert refusal(**changes) == "the signature is of another kind"


def test_another_account_is_refused() -> None:
    """A token may be shared by mistake; the account is not."""
    assert check(Gate(BASE, [TOKEN], ACCOUNT)) == FIELDS
    assert refusal(Gate(BASE, [TOKEN], f"AC{'1' * 32}")) == "another account"


@pytest.mark.parametrize(
    "body",
    [
        b"&".join(b"A%d=1" % n for n in range(1001)),
        b"Digits=1&Digits=2",
        b"Digits",
        b"Digits=1&&CallSid=x",
        b"\xff\xfe=1",
    ],
)
def test_a_body_that_is_no_form_of_twilios_is_refused(body: bytes) -> None:
    """Too many fields, one twice, none at all."""
    refusal(body=body)
