"""Reference numbers: nine digits that a caller hears, writes down and keys in again.

Eight random digits (the first is not 0) and a Damm check digit. Damm finds every wrong single
digit and every exchange of two neighbours. Numbers are not in sequence, so one caller's number
says nothing about another's.
"""

import re
import secrets

from stdnum import damm

LENGTH = 9
_PATTERN = re.compile(r"[1-9][0-9]{8}")


def new_reference() -> str:
    """A new reference number. The database's unique constraint decides whether it is free."""
    digits = str(10_000_000 + secrets.randbelow(90_000_000))
    return digits + damm.calc_check_digit(digits)


def is_reference(text: str) -> bool:
    """Whether `text` is nine ASCII digits with a right check digit. Says nothing of a ticket."""
    return _PATTERN.fullmatch(text) is not None and damm.is_valid(text)
