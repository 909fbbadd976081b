"""What an answer repeats is not kept: secrets, and what is personal, in whatever form it comes."""

import html
import json
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures import contract
from tickets.destinations.answer import first_line
from tickets.destinations.untold import secret_parts, untold_of

Written = Callable[[str], str]
WRITTEN: dict[str, Written] = {
    "as it is": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON of PHP": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "an address": lambda text: quote(text, safe=""),
    "an address twice": lambda text: quote(quote(text, safe=""), safe=""),
    "a form": quote_plus,
    "HTML": html.escape,
    "HTML by numbers": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "JSON by numbers": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "capitals": str.upper,
}
AROUND = (
    *("no such key: {}", '{{"error": "no key {}!"}}', '{{"error": "no key {}!"'),
    "<?xml version='1.0'?>\n<e>no key {}</e>",
)
SECRETS = ("sk-live-AbCdEf1234567GhIjKlMn", "AbC/dEf+gHi&jKl=1", "a b'c\"d\\e/f<g>h", "سر كبير/1")
TICKET = replace(
    contract.all_told(),
    phone="+966501234567",
    first_name="Amal",
    address_id="RHMA3184",
    address={"street": "Falastin St.", "short_address": "RHMA3184", "building_number": "7421"},
    description='حفرة أمام المدرسة\nand "another" one/two',
    attributes={"short_keys": "74623184"},
)
PERSONAL = (
    *("Amal", "بدر", "RHMA3184", "Falastin St.", "7421", "حفرة أمام المدرسة", "74623184"),
    *('and "another" one/two', "+966501234567", "21.5433", TICKET.address_string or ""),
)


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN.keys())
@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("value", [*SECRETS, *PERSONAL])
def test_what_is_repeated_is_left_out_in_every_form(
    value: str, around: str, written: Written
) -> None:
    """And the rest of what is said stands."""
    body = around.format(written(value))
    said = first_line(body.encode(), untold=untold_of(TICKET, secret_parts(SECRETS))) or ""
    assert value.lower() not in said.lower(), said
    assert "no " in said
    assert "…" in said


@given(
    st.text(alphabet="aB1/+&<;%\\\"'=~ué٣u0#", min_size=6, max_size=30),
    st.sampled_from(list(WRITTEN.values())),
    st.text(alphabet="ab%&\\ ", max_size=3),
)
def test_no_secret_stays_whatever_its_letters(secret: str, written: Written, before: str) -> None:
    """Also one that looks like an escape itself."""
    said = first_line(f"{before} {written(secret)} x".encode(), untold=[secret])
    assert secret.lower() not in (said or "").lower()


@pytest.mark.parametrize("cut", [12, 20, 28])
def test_a_secret_that_is_cut_is_left_out(cut: int) -> None:
    """As far as it goes."""
    secret = SECRETS[0]
    said = first_line(f"key {secret[:cut]}... is unknown".encode(), untold=[secret])
    assert said == "key …... is unknown"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (rb'{"phone": "\u0660\u0665\u0660\u0661\u0662\u0663\u0664\u0665"}', '{"phone": "…"}'),
        ("هاتف ٠٥٠١٢٣٤٥٦٧".encode(), "هاتف …"),
        (rb'{"phone": "+966\/50\/1234"}', '{"phone": "…"}'),
        (rb'{"mail": "user\u0040x.sa"}', '{"mail": "…"}'),
        (b"mail user%40x.sa, user&#64;x.sa", "mail … …"),
        ("call +966\u201050\u201012\u20113".encode(), "call …"),
        (b'{\n  "code": 4,\n  "why": "no\\nqueue"\n}', '{"code": 4, "why": "no queue"}'),
        (b'"closed"', '"closed"'),
        (b"C:\\new\\tickets", "C:\\new\\tickets"),
        (b"50% of &c", "50% of &c"),
        (b"&#" + b"9" * 15_000 + b"; odd", "odd"),
        (b"\\" * 16_000, None),
    ],
)
def test_persons_are_found_behind_escapes(body: bytes, line: str | None) -> None:
    """Numbers of any script, and addresses of mail; JSON is told on one line."""
    told = first_line(body)
    assert told == line if line is not None else len(told or "") <= 200


def test_what_is_short_stands_in_many_words() -> None:
    """A name of two letters would leave little of an answer."""
    ticket = replace(contract.pothole(), first_name="in")
    assert first_line(b"invalid input", untold=untold_of(ticket)) == "invalid input"
