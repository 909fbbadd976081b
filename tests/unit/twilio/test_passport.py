"""What a PASSporT says of a call's origin; a strange one says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_handlers.twilio.arrival import arrival_of
from call_handlers.twilio.passport import LONGEST, origin_in
from tests.fixtures.passport import base64url, signed, token

ORIGID = "4f2c0a1e-0000-4000-8000-12345678abcd"
ORIGIN = "4f2c0a1e00004000800012345678abcd"
CLAIMS = {
    "attest": "A",
    "dest": {"tn": ["966126149940"]},
    "iat": 1795510800,
    "orig": {"tn": "966501234567"},
    "origid": ORIGID,
}


def test_a_token_names_the_origin_of_its_call() -> None:
    """As RFC 8588 has it, section 5."""
    assert origin_in(token(CLAIMS), "A") == ORIGIN
    parameters = ";info=<https://cert.example.org/a.pem>;alg=ES256;ppt=shaken"
    assert origin_in(token(CLAIMS) + parameters, "A") == ORIGIN


@pytest.mark.parametrize("found", ["B", ""])
def test_a_token_that_claims_what_was_not_verified_names_none(found: str) -> None:
    """It is another call's, or nobody has vouched for it."""
    assert origin_in(token(CLAIMS), found) == ""


def test_a_token_counts_only_beside_its_verification() -> None:
    """Twilio says in another field that the signature held."""
    form = {"CallSid": "CA1", "StirPassportToken": token(CLAIMS)}
    assert arrival_of(form | {"StirVerstat": "TN-Validation-Passed-A"}).origin == ORIGIN
    assert arrival_of(form | {"StirVerstat": "TN-Validation-Failed-A"}).origin == ""
    assert arrival_of(form).origin == ""


@pytest.mark.parametrize(
    "strange",
    [
        token([CLAIMS]),
        token("A"),
        token(CLAIMS | {"origid": [ORIGID]}),
        token(CLAIMS | {"origid": None}),
        token(CLAIMS | {"origid": "x" * 36}),
        token(CLAIMS | {"origid": "00000000-0000-0000-0000-000000000000"}),
        token(CLAIMS | {"more": "x" * LONGEST}),
        token({"attest": "A"}),
        signed(f'{{"attest":"A","origid":"{ORIGID}","origid":"{ORIGID}"}}'),
        signed(f'{{"attest":"A","origid":"{ORIGID}","iat":NaN}}'),
        signed(f'{{"attest":"A","origid":"{ORIGID}"'),
        signed(f'{{"attest":"A","iat":{"9" * 5000},"origid":"{ORIGID}"}}'),
        signed("[" * 5000),
        f"{token(CLAIMS)}.more",
        token(CLAIMS).replace(".", "=."),
        token(CLAIMS).rpartition(".")[0],
        f"{base64url(b'{}')}.{base64url(bytes([255, 254]))}.x",
        "..",
        "",
    ],
)
def test_a_token_of_another_form_names_none(strange: str) -> None:
    """It is no mistake either."""
    assert origin_in(strange, "A") == ""


@given(
    st.one_of(st.text(), st.text().map(signed), st.binary().map(lambda b: f"e.{base64url(b)}.s"))
)
def test_no_token_fails(text: str) -> None:
    """Whatever it holds."""
    assert origin_in(text, "A") == ""


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner)))
def test_no_value_of_a_claim_fails(value: object) -> None:
    """The claims are the calling network's to write."""
    assert origin_in(token(CLAIMS | {"origid": value, "attest": value}), "A") == ""
