"""Which callers are told by a text message."""

import phonenumbers
from phonenumbers import PhoneNumberType, ValidationResult

from tickets.model import NewTicket

SMS = "sms"
"""The name of the destination."""
KINDS = frozenset({"report", "complaint"})
"""Of which tickets the caller is told by a message."""

_SAUDI = 966
_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def wants_sms(new: NewTicket) -> bool:
    """Whether this caller is told by a message: a report, and a number that can receive one."""
    return new.kind in KINDS and new.phone is not None and is_mobile(new.phone)


def is_mobile(e164: str) -> bool:
    """Whether `e164` can be dialled and may be a mobile's.

    Ranges are in use before libphonenumber hears of them (052 was): a number that it knows nothing
    of is a mobile's by its length, and in this country by its 5 (the numbering plan's).
    """
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return False
    if phonenumbers.is_valid_number(number):
        return phonenumbers.number_type(number) in _MOBILE
    possible = phonenumbers.is_possible_number_for_type_with_reason(number, PhoneNumberType.MOBILE)
    if possible != ValidationResult.IS_POSSIBLE:
        return False
    return number.country_code != _SAUDI or str(number.national_number).startswith("5")
