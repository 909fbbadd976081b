"""The one form of an origination identifier."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_handlers.facts import facts_never_led
from call_handlers.origin import origin_of
from tests.fixtures.calls import arrival
from tests.fixtures.dialog import FLOW

ORIGIN = "4f2c0a1e00004000800012345678abcd"


@pytest.mark.parametrize(
    "spelling",
    [
        "4f2c0a1e-0000-4000-8000-12345678abcd",
        "4F2C0A1E-0000-4000-8000-12345678ABCD",
        "{4F2C0A1E-0000-4000-8000-12345678ABCD}",
        ORIGIN,
    ],
)
def test_an_identifier_has_one_form_in_every_spelling(spelling: str) -> None:
    """Calls of one origin are known as such, however their network writes it."""
    assert origin_of(spelling, "A") == ORIGIN
    assert origin_of(spelling, "") == ""


@pytest.mark.parametrize(
    "other",
    [
        "",
        "0" * 32,
        f"{ORIGIN}0",
        ORIGIN[:-1],
        f"{ORIGIN}\n",
        f" {ORIGIN}",
        ORIGIN.replace("f", "g"),
        ORIGIN.replace("1", "\u0661"),
        ORIGIN.replace("0", "\uff10"),
        "my-switch",
    ],
)
def test_what_is_no_uuid_names_no_origin(other: str) -> None:
    """The nil UUID is what those send who know of none."""
    assert origin_of(other, "A") == ""


@given(st.text())
def test_an_origin_is_32_digits_or_nothing(text: str) -> None:
    """Whatever was sent."""
    assert origin_of(text, "C") == ""


@pytest.mark.parametrize(("attestation", "kept"), [("C", ORIGIN), ("", ""), ("D", "")])
def test_the_facts_of_a_call_have_an_origin_beside_an_attestation(
    attestation: str, kept: str
) -> None:
    """Without one nobody vouches for it."""
    came = arrival(attestation=attestation, origin=ORIGIN)
    assert facts_never_led(came, FLOW, 0).origin == kept
