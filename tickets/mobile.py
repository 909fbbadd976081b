"""Which callers are told by a text message."""

import phonenumbers
from phonenumbers import PhoneNumberType

from tickets.model import NewTicket

SMS = "sms"
"""The name of the destination."""
KINDS = frozenset({"report", "complaint"})
"""Of which tickets the caller is told by a message."""

_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def wants_sms(new: NewTicket) -> bool:
    """Whether this caller is told by a message: a report, and a number that can receive one."""
    return new.kind in KINDS and new.phone is not None and is_mobile(new.phone)


def is_mobile(e164: str) -> bool:
    """Whether `e164` is a valid number that may be a mobile's."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in _MOBILE
