"""Whatever the network sends as a caller's number, made into E.164 or refused.

Everything here is pure and cheap (tens of microseconds): it stands on the path of every call.
Numbers are parsed by libphonenumber; what it leaves to the caller is done here: other scripts'
digits, invisible characters, Saudi habits of writing the country code, and withheld callers.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

REGION = "SA"
"""The region whose numbers may be written without a country code (ISO 3166)."""

LONGEST_RAW = 64
"""Characters beyond which nothing can be a number; longer input is not even looked through."""

LONGEST_SHORT = 5
"""A national number of up to this many digits is a short code (940, 911, 19999), never a caller."""

WITHHELD_WORDS = frozenset(
    {"anonymous", "restricted", "unavailable", "unknown", "private", "withheld", "blocked"}
)
"""What networks put in place of a number that is not shown (RFC 3323 `anonymous`, Twilio, PBXs)."""

_KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
WITHHELD_NUMBERS = frozenset(word.translate(_KEYPAD) for word in WITHHELD_WORDS)
"""The same words as Twilio sends them: keyed on a keypad, as in `+266696687` for `anonymous`."""

_DIGITS = re.compile(r"\+?[0-9]{1,20}")
_SEPARATORS = str.maketrans("", "", " -.()/\u00a0\u2010\u2011\u2012\u2013\u2014")
_EDGES = " \t\r\n\v\f\0\"'`<>;,"

Kind = Literal["full", "short", "withheld", "unusable"]


@dataclass(frozen=True, slots=True)
class CallerNumber:
    """A caller's number after cleaning.

    `e164` is set only for `kind == "full"`: a number that exists in its country's plan and can be
    called back. `short` is a service code such as 940 or 911; `unusable` is anything else.
    """

    e164: str | None
    kind: Kind

    @property
    def withheld(self) -> bool:
        """Whether the caller (or their network) chose not to show a number."""
        return self.kind == "withheld"


WITHHELD = CallerNumber(None, "withheld")
SHORT = CallerNumber(None, "short")
UNUSABLE = CallerNumber(None, "unusable")


def normalise(raw: str | None, *, withheld: bool = False, region: str = REGION) -> CallerNumber:
    """Return the number that `raw` means; never raises, whatever `raw` holds.

    `withheld` is the network's own mark (Asterisk's `agi_callingpres`); a number that arrives with
    it was not meant to be seen and is dropped. `region` reads numbers without a country code.
    """
    if withheld or not raw:
        return WITHHELD
    if len(raw) > LONGEST_RAW:
        return UNUSABLE
    text = plain(raw)
    if not text or text.casefold() in WITHHELD_WORDS:
        return WITHHELD
    text = text.translate(_SEPARATORS)
    if not _DIGITS.fullmatch(text):
        return UNUSABLE
    if text.removeprefix("+") in WITHHELD_NUMBERS:
        return WITHHELD
    return _parsed(text, region)


def plain(raw: str) -> str:
    """Drop wrapping and invisible characters; turn every script's decimal digits into ASCII.

    Format characters (right-to-left marks and overrides, zero-width) go wherever they stand.
    Control characters go only at the ends: one in the middle is no slip of the keyboard.
    """
    visible = "".join(_ascii_digit(c) for c in raw if c.isascii() or not _is_format(c))
    return visible.strip(_EDGES)


def _is_format(character: str) -> bool:
    return unicodedata.category(character) == "Cf"


def _ascii_digit(character: str) -> str:
    if character.isascii():
        return character
    value = unicodedata.decimal(character, -1)
    return str(value) if value >= 0 else character


def _parsed(text: str, region: str) -> CallerNumber:
    if not text.startswith("+"):
        if len(text) <= LONGEST_SHORT:
            return SHORT
        text = _international(text, region)
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return UNUSABLE
    if not phonenumbers.is_valid_number(number):
        return UNUSABLE
    return CallerNumber(phonenumbers.format_number(number, PhoneNumberFormat.E164), "full")


def _international(text: str, region: str) -> str:
    """Mend the two ways of writing a country code that libphonenumber does not take as one.

    `00…` is the prefix that the networks of the region dial abroad; `0966…` is a habit of PBXs
    that put their trunk's 0 before a number already international.
    """
    if text.startswith("00"):
        return "+" + text[2:]
    code = str(phonenumbers.country_code_for_region(region))
    if text.startswith("0" + code) and len(text) > len(code) + 8:
        return "+" + text[1:]
    return text
