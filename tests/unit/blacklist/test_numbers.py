"""What the network may send as a caller's number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blacklist.numbers import WITHHELD_NUMBERS, CallerNumber, _parsed, normalise
from tests.fixtures.spellings import MOBILE, SPELLINGS


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


@pytest.mark.parametrize(
    ("raw", "e164"),
    [
        ("0521234567", "+966521234567"),
        ("+966 52 123 4567", "+966521234567"),
        ("00966579912345", "+966579912345"),
        ("sip:0521234567@pbx.example", "+966521234567"),
        ("+20 10 9999999", "+20109999999"),
    ],
)
def test_a_range_that_opened_after_the_library_was_made_is_taken(raw: str, e164: str) -> None:
    """052 is in use since April 2026. What can be dialled is a number; the rest is a note."""
    assert normalise(raw) == CallerNumber(e164, "full")
    assert not normalise(raw).known
    assert normalise("0501234567").known


@pytest.mark.parametrize("raw", ["05012345678", "050123456", "6123456", "01261234567", "+966521"])
def test_a_number_that_is_too_long_or_too_short_is_none(raw: str) -> None:
    """What has a digit too many or too few, or lacks its area's code, can call nobody."""
    assert normalise(raw).kind == "unusable"


@pytest.mark.parametrize(
    ("raw", "e164"),
    [
        ("sip:+442079460123;phone-context=+966@example.com", "+442079460123"),
        ("tel:02079460123;phone-context=+44", "+442079460123"),
        ("tel:4567;phone-context=+96650123", "+966501234567"),
        ("tel:0501234567;phone-context=example.com", "+966501234567"),
        ('"+966507654321" <sip:+966501234567@example.com>', "+966501234567"),
        ('"A, \\"0507654321\\"" <sip:+966501234567@example.com>;tag=0507654321', "+966501234567"),
    ],
)
def test_an_address_is_read_as_its_specification_says(raw: str, e164: str) -> None:
    """RFC 3966: a context stands before a local number; RFC 3261: a name is no address."""
    assert normalise(raw).e164 == e164


@pytest.mark.parametrize(
    "raw", ["940", "911", "997", "112", "٩٤٠", "19999", "sip:940@example.com", "tel:911"]
)
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
        '"Anonymous" <sip:anonymous@anonymous.invalid>',
        "sip:anonymous@anonymous.invalid;user=phone",
        "anonymous@anonymous.invalid",
        "sip:+966501234567@anonymous.invalid",
        "sip:Restricted@203.0.113.5",
        "tel:anonymous",
        "sip:+266696687@sip.example",
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
        "sip:ali@example.com",
        "sip:@example.com",
        "sip:",
        "tel:+966501234567@example.com",
        "sip:0501234567@example.com\nEXEC System rm",
        "0501234567;DROP TABLE calls",
        "<b><sip:0501234567@example.com></b>",
        '"0507654321" <mailto:0501234567@example.com>',
        "mailto:0501234567@example.com",
        "0501234567,0507654321",
        "tel:1234567;phone-context=+966",
        "0501234567\n0509999999",
        "05012\n34567",
        "0501\0234567",
        "<b>0501234567</b>",
        "=1+1",
        "05012345²7",
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


@given(
    st.sampled_from(["", "0", "966", "+966", "00966", "0966", "+0", "+0966", "00"]),
    st.from_regex(r"[0-9]{7,11}", fullmatch=True),
)
def test_what_is_read_at_a_glance_is_what_libphonenumber_reads(before: str, digits: str) -> None:
    """The short way for Saudi numbers comes to the same; other regions never take it."""
    import phonenumbers

    number = normalise(before + digits)
    if number.e164 is not None:
        parsed = phonenumbers.parse(number.e164)
        assert phonenumbers.is_possible_number(parsed)
        assert (
            phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == number.e164
        )
        assert normalise(number.e164) == number
    if before != "00" and number.kind != "withheld":
        text = before + digits
        text = text[1:] if text.startswith("+0") else text
        assert number == _parsed(text, "SA")
