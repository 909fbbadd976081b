"""Whatever the network sends as a caller's number, made into E.164 or refused.

Everything here is pure and cheap (tens of microseconds): it stands on the path of every call.
Numbers are parsed by libphonenumber; what it leaves to the caller is done here: addresses of SIP
and `tel:` with their parameters, other scripts' digits, invisible characters, Saudi habits of
writing the country code, and withheld callers.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

REGION = "SA"
"""The region whose numbers may be written without a country code (ISO 3166)."""

LONGEST_RAW = 256
"""Characters beyond which nothing can be a number's address; longer input is not looked through."""

LONGEST_E164 = 16
"""Characters of a number with its plus (ITU-T E.164, 6.2.1: at most fifteen digits)."""

LONGEST_SHORT = 5
"""A national number of up to this many digits is a short code (940, 911, 19999), never a caller."""

WITHHELD_WORDS = frozenset(
    {"anonymous", "restricted", "unavailable", "unknown", "private", "withheld", "blocked"}
)
"""What networks put in place of a number that is not shown (RFC 3323 `anonymous`, Twilio, PBXs)."""

_KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
WITHHELD_NUMBERS = frozenset(word.translate(_KEYPAD) for word in WITHHELD_WORDS)
"""The same words as Twilio sends them: keyed on a keypad, as in `+266696687` for `anonymous`."""
_WITHHELD_HOST = "anonymous.invalid"
"""The host of an address that hides its user (RFC 3323, 4.1.1.3)."""

_MISTYPED = re.compile(r"\+966(?:0|[15][0-9]{9})")
"""A digit too few or too many: no Saudi number begins with 0, and only those of 800 have ten."""

_DIGITS = re.compile(r"\+?[0-9]{1,20}")
_SAUDI = re.compile(r"(?:\+966|00966|0?966|0)?([15][0-9]{8})")
"""Saudi mobiles and landlines as nearly all of them are written: libphonenumber would say the same,
and takes ten times as long."""
_PUNCTUATION = frozenset(
    " .()/[]~-\u2053\u2212\u223c\u30fc\uff08\uff09\uff0e\uff0f\uff3b\uff3d\uff5e"
)
"""What may stand between digits, as libphonenumber lists it, beside all blanks and dashes."""
_BETWEEN = frozenset({"Zs", "Pd"})
"""Unicode's categories of blanks and of dashes."""
_PLUS = "\uff0b\ufe62"
"""A plus in full width, and a small one."""
_BLANKS = " \t\r\n\v\f\0"
_EDGES = _BLANKS + "\"'`<>;,\u00ab\u00bb\u2018\u2019\u201c\u201d"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# `"Ali" <sip:…>;tag=…` (RFC 3261, name-addr): what stands between the brackets is the address.
_NAMED = re.compile(
    r'(?:"(?:[^"\\]|\\.)*"\s*|[^"<>]*)<((?:sips?|tel):[^<>]*)>[^<>]*', re.IGNORECASE
)
_HOST_ENDS = re.compile(r"[:;?]")
_PARAMETERS = re.compile(
    r"[A-Za-z][\w.-]*(?:=[^;,\s\"'<>]*)?(?:;[A-Za-z][\w.-]*(?:=[^;,\s\"'<>]*)?)*", re.ASCII
)
_CONTEXT = re.compile(r";phone-context=(\+[0-9][0-9.()-]*);", re.IGNORECASE)

Kind = Literal["full", "short", "withheld", "unusable"]


@dataclass(frozen=True, slots=True)
class CallerNumber:
    """A caller's number after cleaning.

    `e164` is set only for `kind == "full"`: a number that can be dialled, for its country's numbers
    are as long as this one. `short` is a service code or an extension, whose digits `short` holds;
    `unusable` is anything else. `hidden` is what the network sends of a caller who withholds the
    number (digits of E.164): it is for telling that caller from others, and for nothing else.
    """

    e164: str | None
    kind: Kind
    short: str = ""
    hidden: str = field(default="", repr=False, compare=False)

    @property
    def known(self) -> bool:
        """Whether libphonenumber knows the range of a full number to be in use: a note, no more.

        Ranges are opened before it hears of them, so nothing is refused for that.
        """
        return self.e164 is not None and phonenumbers.is_valid_number(phonenumbers.parse(self.e164))

    @property
    def withheld(self) -> bool:
        """Whether the caller (or their network) chose not to show a number."""
        return self.kind == "withheld"

    @property
    def unnumbered(self) -> bool:
        """Whether it is one of a class of callers, who are counted as one."""
        return self.kind in ("withheld", "unusable")

    @property
    def counted_as(self) -> str:
        """Whose calls its calls are: digits of E.164, `*911` for a short number, or its class."""
        if self.e164 is not None:
            return self.e164[1:]
        # No E.164 begins with a star: 44163 from inside is not a number that begins with +44163.
        return f"*{self.short}" if self.short else self.kind


WITHHELD = CallerNumber(None, "withheld")
UNUSABLE = CallerNumber(None, "unusable")


def normalise(raw: str | None, *, withheld: bool = False, region: str = REGION) -> CallerNumber:
    """Return the number that `raw` means; never raises, whatever `raw` holds.

    `withheld` is the network's own mark (Asterisk's `agi_callingpres`); a number that arrives with
    it was not meant to be seen: it stands in `hidden` alone. `region` reads numbers without a
    country code.
    """
    if not raw:
        return WITHHELD
    if withheld:
        meant = normalise(raw, region=region).e164
        return WITHHELD if meant is None else CallerNumber(None, "withheld", hidden=meant[1:])
    saudi = at_a_glance(raw) if region == REGION else None
    if saudi is not None:
        return CallerNumber(saudi, "full")
    if len(raw) > LONGEST_RAW:
        return UNUSABLE
    text = written(raw)
    if not text or text.casefold() in WITHHELD_WORDS:
        return WITHHELD
    if not _DIGITS.fullmatch(text):
        return UNUSABLE
    if text.removeprefix("+").removeprefix("00") in WITHHELD_NUMBERS:
        return WITHHELD
    return _parsed(text, region)


def at_a_glance(raw: str) -> str | None:
    """What `normalise` makes of a Saudi number as nearly all are written; None for others."""
    saudi = _SAUDI.fullmatch(raw)
    return None if saudi is None else f"+966{saudi[1]}"


def written(raw: str) -> str:
    """What `raw` says without its wrapping: of a number, ASCII digits after at most one plus.

    Takes a number or an address of it: `sip:+966…@host;user=phone` (RFC 3261), `tel:+966…;cpc=…`,
    `tel:0501234567;phone-context=+966` (RFC 3966), with a name before it in angle brackets or
    without. Of a withheld caller's address it is the word for that, or nothing. Whatever is no
    number comes back with its letters.
    """
    if _DIGITS.fullmatch(raw):  # as most are
        return raw[1:] if raw.startswith("+0") else raw
    visible = _visible(raw).strip(_BLANKS)
    text = visible.strip(_EDGES) if _CONTROL.search(visible) else _address(visible).strip(_EDGES)
    text = "".join(c for c in text if not _is_between(c))
    # A plus before a number without its country code means nothing: no code begins with 0.
    return text[1:] if text.startswith("+0") else text


def _address(text: str) -> str:
    """The user of a SIP address, the number of a `tel:` one, or the text as it is."""
    named = _NAMED.fullmatch(text)
    address = named[1] if named else text
    scheme, _, rest = address.partition(":")
    match scheme.casefold():
        case "tel":
            return _without_parameters(_visible(unquote(rest)))
        case "sip" | "sips":
            user, at, host = _visible(unquote(rest)).rpartition("@")
            if not at:  # a host alone is nobody's number, though it may be made of digits and dots
                alone = host.partition(";")[0]
                bare = "".join(c for c in alone if c == "." or not _is_between(c))
                user = host if _DIGITS.fullmatch(bare) else ""
            number = _of_host(user.partition(":")[0], host)  # a password may follow the user
            return number if user else text
        case _:
            user, at, host = text.rpartition("@")
            return _of_host(user, host) if user else _without_parameters(text)


def _of_host(user: str, host: str) -> str:
    """The number of a user at a host; nothing where the host says that it is hidden."""
    hidden = _HOST_ENDS.split(host)[0].casefold() == _WITHHELD_HOST
    return "" if hidden else _without_parameters(user)


def _without_parameters(text: str) -> str:
    """The number before its parameters (RFC 3966), whole where one of them says what precedes."""
    number, mark, parameters = text.partition(";")
    if not mark or not _PARAMETERS.fullmatch(parameters):
        return text
    context = _CONTEXT.search(f";{parameters};")
    return f"{context[1]}{number}" if context and not number.startswith("+") else number


def _visible(raw: str) -> str:
    """Without invisible characters; every script's decimal digits as ASCII.

    Format characters (right-to-left marks and overrides, zero-width) go wherever they stand.
    Control characters stay: one in the middle is no slip of the keyboard.
    """
    return "".join(_ascii(c) for c in raw if c.isascii() or unicodedata.category(c) != "Cf")


def _ascii(character: str) -> str:
    if character.isascii():
        return character
    if character in _PLUS:
        return "+"
    value = unicodedata.decimal(character, -1)
    return str(value) if value >= 0 else character


def _is_between(character: str) -> bool:
    if character.isascii():
        return character in _PUNCTUATION
    return character in _PUNCTUATION or unicodedata.category(character) in _BETWEEN


def _parsed(text: str, region: str) -> CallerNumber:
    if not text.startswith("+"):
        if len(text) <= LONGEST_SHORT:
            return CallerNumber(None, "short", text)
        text = _international(text, region)
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return UNUSABLE
    # What is dialled only inside an area lacks its beginning: nobody can be called back by it.
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return UNUSABLE
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if len(e164) > LONGEST_E164 or _MISTYPED.match(e164):
        return UNUSABLE
    # Zeros before a number of Italy's are part of it; elsewhere some would go at the next reading.
    if number.italian_leading_zero and phonenumbers.parse(e164) != number:
        return UNUSABLE
    return CallerNumber(e164, "full")


def _international(text: str, region: str) -> str:
    """Mend the two ways of writing a country code that libphonenumber does not take as one.

    `text` is what `written` gives. `00…` is the prefix that the networks of the region dial abroad;
    `0966…` is a habit of PBXs that put their trunk's 0 before a number already international.
    """
    if text.startswith("00"):
        return "+" + text[2:]
    code = str(phonenumbers.country_code_for_region(region))
    if text.startswith("0" + code) and len(text) > len(code) + 8:
        return "+" + text[1:]
    return text
