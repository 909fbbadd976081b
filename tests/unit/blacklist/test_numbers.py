"""What the network may send as a caller's number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blacklist.numbers import WITHHELD_NUMBERS, normalise

MOBILE = "+966501234567"

SPELLINGS = [
    "+966501234567",
    "966501234567",
    "00966501234567",
    "0966501234567",
    "+9660501234567",
    "009660501234567",
    "09660501234567",
    "0501234567",
    "501234567",
    "+966 50 123 4567",
    "(050) 123-4567",
    "٠٥٠١٢٣٤٥٦٧",
    "+٩٦٦٥٠١٢٣٤٥٦٧",
    "۰۵۰۱۲۳۴۵۶۷",
    "0501234567\n",
    "0501234567\r\n",
    "0501234567\0",
    '"0501234567"',
    "'0501234567'",
    "<0501234567>",
    "\u202e0501234567\u202c",
    "\u200f050\u200b1234567\ufeff",
]


@pytest.mark.parametrize("raw", SPELLINGS)
def test_every_spelling_of_a_number_is_one_number(raw: str) -> None:
    """However a network or a person writes a number, it is the same E.164."""
    assert normalise(raw).e164 == MOBILE


@pytest.mark.parametrize(
    ("raw", "e164"),
    [
        ("0126123456", "+966126123456"),
        ("920012345", "+966920012345"),
        ("8001234567", "+9668001234567"),
        ("+14155552671", "+14155552671"),
        ("0014155552671", "+14155552671"),
    ],
)
def test_landlines_unified_and_foreign_numbers_are_full(raw: str, e164: str) -> None:
    """Not only mobiles of the region call."""
    assert normalise(raw).e164 == e164


@pytest.mark.parametrize("raw", ["940", "911", "997", "112", "٩٤٠", "19999"])
def test_a_short_code_never_becomes_e164(raw: str) -> None:
    """940 as +966940 would be a nonsense that some entry could match."""
    assert normalise(raw).e164 is None
    assert normalise(raw).kind == "short"


@pytest.mark.parametrize("raw", ["+966940", "966940", "00966940", "0966940", "+966911", "0940"])
def test_a_short_code_behind_a_country_code_is_no_number(raw: str) -> None:
    """The hotline's own short code is not made callable by writing +966 before it."""
    assert normalise(raw).e164 is None


@pytest.mark.parametrize(
    "raw",
    [
        "",
        None,
        " ",
        "\n",
        "anonymous",
        "Anonymous",
        "ANONYMOUS",
        "Restricted",
        "unavailable",
        "Unknown",
        '"anonymous"',
        "+266696687",
        "266696687",
        "+7378742833",
    ],
)
def test_withheld_forms_of_twilio_and_asterisk_are_withheld(raw: str | None) -> None:
    """What networks send in place of a number is not a number."""
    assert normalise(raw).withheld
    assert normalise(raw).e164 is None


def test_a_number_marked_withheld_is_not_used() -> None:
    """A number that came along with the mark was not meant to be seen."""
    assert normalise("0501234567", withheld=True).e164 is None
    assert normalise("0501234567", withheld=True).withheld


def test_no_withheld_form_is_a_number_that_someone_could_have() -> None:
    """A real subscriber is never mistaken for a withheld caller."""
    import phonenumbers

    assert "266696687" in WITHHELD_NUMBERS
    for digits in WITHHELD_NUMBERS:
        assert not phonenumbers.is_valid_number(phonenumbers.parse("+" + digits))


@pytest.mark.parametrize(
    "raw",
    [
        '"\nEXEC System rm',
        "500&PJSIP/itsp/1900",
        "sip:0501234567@example.com",
        "0501234567\n0509999999",
        "05012\n34567",
        "0501\0234567",
        "<b>0501234567</b>",
        "=1+1",
        "05012345²7",
        "0521234567",
        "9" * 9000,
        "0" * 64,
        "+",
        "+++",
        "++966501234567",
        "-1",
    ],
)
def test_garbage_is_unusable_and_harmless(raw: str) -> None:
    """Injections, markup, absurd lengths and invalid ranges are refused as a whole."""
    assert normalise(raw).e164 is None
    assert not normalise(raw).withheld


@given(st.text(max_size=80))
def test_no_text_raises_and_e164_is_always_ascii_digits(raw: str) -> None:
    """Whatever comes, the answer is a clean number or none."""
    number = normalise(raw)
    if number.e164 is not None:
        assert number.e164.isascii()
        assert number.e164[0] == "+"
        assert 8 <= len(number.e164) <= 16
